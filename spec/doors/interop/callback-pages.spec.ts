import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../../src/kernel/index.js';
import { send, type Answer } from '../../journeys/support/wire.js';
import { openManor, present, type Manor, type Presented } from './support/manor.js';
import type { Foreigner } from './support/outpost.js';
import { exchange } from './support/raw-http.js';

describe('a browser at the callback', () => {
  let manor: Manor;
  let quill: Foreigner;

  beforeAll(async () => {
    manor = await openManor();
    ({ quill } = manor);
  });
  beforeEach(async () => {
    await manor.settle();
    await manor.forgetLimits();
  });
  afterAll(() => manor.close());

  const url = (): string => manor.alder.url;
  const decision = ({ shareId }: Presented): Fields => [
    ['share_id', shareId],
    ['accepted', 'true'],
  ];

  it('may bring more in its query, as long as that is signed', async () => {
    const share = await present(manor);
    expect((await quill.voice.get(share.callback, [['lang', 'de'], ...decision(share), ['lang', 'en']])).status).toBe(
      200,
    );
  });

  it('WEB-11 is not decided by a browser that looks ahead, nor by HEAD or another method', async () => {
    const share = await present(manor);
    const target = quill.voice.target(share.callback, decision(share));
    await manor.unmoved(async () => {
      for (const header of ['sec-purpose', 'purpose', 'x-moz']) {
        for (const value of ['prefetch', 'prefetch;prerender', 'prefetch;anonymous-client-ip', 'Prefetch']) {
          expect([header, value, (await send(url() + target, { headers: { [header]: value } })).status]).toEqual([
            header,
            value,
            503,
          ]);
        }
      }
      for (const method of ['HEAD', 'POST', 'PUT', 'DELETE'] as const) {
        const { status, headers } = await send(url() + target, { method });
        expect([method, status, headers.allow]).toEqual([method, 405, 'GET']);
      }
    });
    expect((await send(url() + target)).status).toBe(200);
  });

  it('is answered in plain text, in JSON or on a page, as is asked', async () => {
    const share = await present(manor);
    const as = (accept: string): Promise<Answer> =>
      quill.voice.get(share.callback, decision(share), { headers: { accept } });
    expect([(await as('text/plain')).text, (await as('application/json')).json()]).toEqual([
      'Proposal was accepted',
      { accepted: true },
    ]);
    const page = await as('text/html,*/*;q=0.8');
    expect([page.headers['content-type'], page.headers['x-frame-options']]).toEqual([
      'text/html; charset=utf-8',
      'DENY',
    ]);
  });

  it('leads an accepting browser to the page that the peer registered, nowhere else', async () => {
    const home = `${quill.url}/shares`;
    await manor.alder.services.neighbours.peers.set('Quill', { returnUrl: home });
    const share = await present(manor);
    const target = quill.voice.target(share.callback, [...decision(share), ['return', 'https://evil.example']]);
    const page = await send(url() + target, { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.location]).toEqual([303, home]);
    await manor.alder.services.neighbours.peers.set('Quill', { returnUrl: null });
  });

  it('OAU-04 OAU-08 OAU-12 is as strict about signatures as every other route', async () => {
    const share = await present(manor);
    const other = await present(manor);
    const { host } = new URL(url());
    const target = quill.voice.target(share.callback, decision(share));
    const header = quill.voice.header('GET', target);
    const nonce = 'spent-on-another-share';
    expect((await quill.voice.get(other.callback, decision(other), { nonce })).status).toBe(200);
    await manor.settle();
    await manor.unmoved(async () => {
      expect((await quill.voice.get(share.callback, decision(share), { nonce })).status).toBe(401);
      expect((await quill.voice.get(share.callback, decision(share), { signatureMethod: 'PLAINTEXT' })).status).toBe(
        400,
      );
      for (const [status, ...lines] of [
        [421, 'Host: evil.example'],
        [400, `Host: ${host}`, 'Host: evil.example'],
        [400, `Host: ${host}`, `Authorization: ${header}`],
        [400, `Host: ${host}`, 'Authorization: Basic cXVpbGw6c2VjcmV0'],
      ] as const) {
        expect((await exchange(manor.alder, [`GET ${target} HTTP/1.1`, ...lines])).status).toBe(status);
      }
    });
    expect((await exchange(manor.alder, [`GET ${target} HTTP/1.1`, `Host: ${host}`])).status).toBe(200);
  });
});
