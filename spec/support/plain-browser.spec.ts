import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openPlainBrowser } from './plain-browser.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

interface Site {
  readonly url: string;
  /** Everything that was asked of it. */
  readonly asked: { readonly request: IncomingMessage; readonly body: string }[];
}

/** A site that answers every request with what `answer` writes. */
async function openSite(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Site> {
  const asked: Site['asked'] = [];
  const server = createServer((request, response) => {
    void request.toArray().then((chunks: Buffer[]) => {
      asked.push({ request, body: Buffer.concat(chunks).toString() });
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      answer(request, response);
    });
  });
  servers.push(server);
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return { url: `http://localhost:${String((server.address() as AddressInfo).port)}`, asked };
}

const FORM = `<!doctype html><title>Two &amp; more</title><form method=post action="/take">
<input type=hidden name=token value="a&quot;b"><textarea name=note>
kept</textarea><label><input type=radio name=cloud value=1>Alder</label><label><input type=radio name=cloud value=2 checked>Birch</label>
<button name=answer value=accept>Accept</button><button name=answer value=decline>Decline</button></form>`;

describe('the plain browser', () => {
  it('sends a form as it stands: hidden fields, what was chosen beforehand, the button that was pressed', async () => {
    const site = await openSite((_request, response) => response.end(FORM));
    const browser = openPlainBrowser();
    expect((await browser.visit(site.url)).title).toBe('Two & more');
    await browser.submit('/take', { note: 'a\nb' }, { button: 'Decline' });
    expect(site.asked.at(-1)?.body).toBe('token=a%22b&note=a%0D%0Ab&cloud=2&answer=decline');
    expect(site.asked.at(-1)?.request.headers).toMatchObject({ origin: site.url, 'sec-fetch-site': 'same-origin' });
  });

  it('refuses what the form does not offer', async () => {
    const site = await openSite((_request, response) => response.end(FORM));
    const browser = openPlainBrowser();
    await browser.visit(site.url);
    await expect(browser.submit('/take', { token: 'mine' })).rejects.toThrow('nothing to enter token into');
    await expect(browser.submit('/take', { cloud: '3' })).rejects.toThrow('cloud offers 1, 2');
    await expect(browser.submit('/other')).rejects.toThrow('no form /other');
  });

  it('sends cookies to every port of a host, and the post of a page that hides its address as from nowhere', async () => {
    const other = await openSite((_request, response) => response.end(FORM));
    const site = await openSite((_request, response) => {
      response.setHeader('Set-Cookie', ['a=1; Path=/; HttpOnly; SameSite=Lax', '__Host-b=2; Path=/; Secure']);
      response.setHeader('Referrer-Policy', 'no-referrer');
      response.end(FORM);
    });
    const browser = openPlainBrowser();
    await browser.visit(site.url);
    await browser.visit(other.url);
    expect(other.asked[0]?.request.headers.cookie).toBe('a=1');
    await browser.visit(site.url);
    await browser.submit('/take');
    expect(site.asked.at(-1)?.request.headers).toMatchObject({ origin: 'null', 'sec-fetch-site': 'same-origin' });
    expect(site.asked.at(-1)?.request.headers.referer).toBeUndefined();
  });

  it('follows a redirect after a post by GET, says that it crossed sites, and stops where it is told', async () => {
    const other = await openSite((_request, response) => response.end('there'));
    const site = await openSite((request, response) => {
      if (request.method === 'POST') response.writeHead(303, { Location: `${other.url}/callback` }).end();
      else response.end(FORM);
    });
    const browser = openPlainBrowser();
    await browser.visit(site.url);
    const kept = await browser.submit('/take', {}, { follow: () => false });
    expect([kept.status, kept.headers.location, other.asked]).toEqual([303, `${other.url}/callback`, []]);
    await browser.visit(site.url);
    const page = await browser.submit('/take');
    expect(page.hops.map(({ method, status }) => `${method} ${String(status)}`)).toEqual(['POST 303', 'GET 200']);
    expect(other.asked[0]?.request.headers['sec-fetch-site']).toBe('same-site');
  });

  it('keeps a form from leading where form-action does not allow, redirects included', async () => {
    const other = await openSite((_request, response) => response.end('there'));
    const site = await openSite((request, response) => {
      response.setHeader('Content-Security-Policy', "default-src 'none'; form-action 'self'; base-uri 'none'");
      if (request.method === 'POST') response.writeHead(303, { Location: other.url }).end();
      else response.end(FORM);
    });
    const browser = openPlainBrowser();
    await browser.visit(site.url);
    await expect(browser.submit('/take')).rejects.toThrow('does not let its forms lead to');
    expect(other.asked).toEqual([]);
  });

  it('gives up on a circle of redirects', async () => {
    const site = await openSite((_request, response) => response.writeHead(302, { Location: '/' }).end());
    await expect(openPlainBrowser().visit(site.url)).rejects.toThrow('in circles');
  });
});
