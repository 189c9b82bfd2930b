import { describe, expect, it } from 'vitest';
import type { EntryRule } from '../../../src/doors/pages/frame/entries.js';
import { dump } from '../../accounts/support.js';
import { sqliteBench } from '../../support/each-database.js';
import { ADA } from '../../support/seeds.js';
import { invitationView, proposalView } from './agreements.js';
import { openPopulatedPages, signIn, type Browser } from './pages-app.js';

const bench = sqliteBench();

/** Apps post here too, without a form of ours: spec/doors/oauth/authorize.spec.ts tells them apart. */
const AUTHORIZE = '/oauth/authorize';

/** Pages with something behind every address, and an administrator who may do everything. */
async function open() {
  const pages = await openPopulatedPages(await bench.open());
  pages.agreements.invitations.set('1', invitationView());
  pages.agreements.proposals.set('1', proposalView());
  pages.agreements.recipients.add(pages.ada.id);
  return { pages, browser: await signIn(pages, ADA) };
}

/** Posts what would pass but for the token; files for the form that takes files. */
function post(browser: Browser, path: string, token: string | undefined, headers: Record<string, string> = {}) {
  const address = path.replace(/:\w+/g, '1');
  const request = browser.post(address).set(headers);
  if (path.endsWith('/upload')) {
    if (token !== undefined) request.field('token', token);
    return request.attach('files', Buffer.from('text'), 'notes.txt');
  }
  const fields = { cloud: 'peer-birch', answer: 'accept', digest: 'digest-1', email: 'x@alder.example', name: 'x' };
  return request.type('form').send({ ...fields, ...(token !== undefined && { token }) });
}

/** The posts that are heard without a form of ours, each with a spec of its own. */
const WITHOUT_FORM = {
  // spec/doors/oauth/authorize.spec.ts
  [AUTHORIZE]: 'an app that took the password itself brings it, and no session',
  // spec/doors/pages/letters.spec.ts
  '/letters/:token': 'a mail program posts one click to an address that only the reader of the letter knows (RFC 8058)',
};

describe('the rows of the pages', () => {
  it('WEB-01 say of every POST that its token is checked, and where somebody is heard without one', async () => {
    const { pages } = await open();
    const posts = pages.rows
      .filter(({ method }) => method !== 'GET')
      .map(({ path, asks }) => ({ path, token: (asks as EntryRule | undefined)?.token }));
    expect(posts.filter(({ token }) => token === undefined)).toEqual([]);
    const excused = posts.flatMap(({ path, token }) => (token?.unless === undefined ? [] : [[path, token.unless]]));
    expect(Object.fromEntries(excused)).toEqual(WITHOUT_FORM);
  });

  it('ADM-01 let none but administrators act under /admin, and only on a fresh password where people and peers are changed', async () => {
    const { pages } = await open();
    const acts = pages.rows.filter(({ method, path }) => method === 'POST' && path.startsWith('/admin'));
    expect(acts.length).toBeGreaterThan(15);
    for (const { path, asks } of acts) {
      expect(asks, path).toMatchObject({ who: 'administrator' });
      if (/^\/admin\/(?:people|peers|apps)/.test(path)) expect(asks, path).toMatchObject({ isRecent: true });
    }
  });

  it('WEB-02 PRO-10 change nothing when they are only looked at', async () => {
    const { pages, browser } = await open();
    const before = await dump(pages.room.database);
    for (const { method, path } of pages.rows) if (method === 'GET') await browser.get(path.replace(/:\w+/g, '1'));
    expect(await dump(pages.room.database)).toBe(before);
  });
});

describe('every form', () => {
  it('WEB-01 WEB-02 ADM-01 is refused with 403 without a token, with a stranger’s or from another site, and nothing changes', async () => {
    const { pages, browser } = await open();
    const paths = pages.rows
      .filter(({ method, path }) => method === 'POST' && path !== AUTHORIZE)
      .map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(25);
    const before = await dump(pages.room.database);
    for (const path of paths) {
      const answers = [
        await post(browser, path, undefined),
        await post(browser, path, 'f'.repeat(64)),
        await post(browser, path, undefined, { origin: 'https://evil.example' }),
      ];
      expect(
        answers.map(({ status }) => status),
        path,
      ).toEqual([403, 403, 403]);
    }
    expect(await dump(pages.room.database)).toBe(before);
    expect(pages.agreements.calls).toEqual([]);
  });

  it('ADM-01 of the administrator is 404 to everybody else, whatever token they bring', async () => {
    const { pages } = await open();
    const browser = await signIn(pages, pages.bo);
    const page = await browser.get('/account');
    const token = /name="token" value="(\w+)"/.exec(page.text)?.[1];
    const paths = pages.rows.filter(({ method, path }) => method === 'POST' && path.startsWith('/admin'));
    for (const { path } of paths) expect((await post(browser, path, token)).status, path).toBe(404);
    expect(pages.agreements.calls).toEqual([]);
  });

  it('WEB-12 does what its path says: a method override is data', async () => {
    const { pages, browser } = await open();
    const answer = await browser
      .post('/files')
      .set('X-HTTP-Method-Override', 'GET')
      .type('form')
      .send({ _method: 'GET' });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('GET, HEAD');
    expect(pages.agreements.calls).toEqual([]);
  });

  it('WEB-12 answers odd verbs with 405', async () => {
    const { browser } = await open();
    for (const verb of ['put', 'delete', 'patch', 'options'] as const) {
      expect((await browser[verb]('/files')).status, verb).toBe(405);
    }
  });

  it('is refused as something other than a form', async () => {
    const { browser } = await open();
    const answer = await browser.post('/account/addresses').send({ email: 'x@alder.example' });
    expect(answer.status).toBe(415);
  });
});
