import { describe, expect, it } from 'vitest';
import { sqliteBench } from '../../support/each-database.js';
import { ANA } from '../../support/seeds.js';
import { openBrowserAt, openPopulatedPages, signIn } from './pages-app.js';

const bench = sqliteBench();

async function open() {
  return openPopulatedPages(await bench.open());
}

describe('refusals', () => {
  it('are calm pages that say what was wrong and what to do', async () => {
    const pages = await open();
    const { status, text } = await (await signIn(pages, ANA)).get('/files/folder/99999');
    expect(status).toBe(404);
    expect(text).toContain('<h1>There is nothing here</h1>');
    expect(text).toContain('Go to your files');
  });

  it('are JSON or plain text for whoever prefers that', async () => {
    const browser = openBrowserAt(await open());
    const json = await browser.get('/nowhere').set('Accept', 'application/json');
    expect(json.body).toEqual({ error: 'not-found', message: 'There is no page at this address.' });
    const text = await browser.get('/files').set('Accept', 'text/plain');
    expect([text.status, text.text]).toEqual([401, 'Please sign in first.\n']);
  });

  it('SEC-04 tell nothing of an inner error but the number under which the log knows it', async () => {
    const pages = await open();
    const browser = await signIn(pages, ANA);
    pages.agreements.services.sharing.outgoingPage = async () => {
      throw new Error('SELECT secret FROM /var/lib/rows');
    };
    const { status, text, headers } = await browser.get('/shares');
    expect(status).toBe(500);
    expect(text).not.toMatch(/SELECT|\/var\/lib|at .*\.ts/);
    const id = String(headers['x-request-id']);
    expect(text).toContain(id);
    expect(pages.logged.some((line) => line.includes(id) && line.includes('SELECT secret'))).toBe(true);
  });

  it('SEC-04 survive an address that cannot be decoded', async () => {
    const { status, text } = await openBrowserAt(await open()).get('/files/folder/%zz');
    expect(status).toBe(400);
    expect(text).not.toContain('URIError');
  });
});
