import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { LETTER_KINDS } from '../../../src/mail/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { ANA, BO } from '../../support/seeds.js';
import { openBrowserAt, openPopulatedPages, signIn, submit } from './pages-app.js';

const bench = sqliteBench();

async function open() {
  const pages = await openPopulatedPages(await bench.open());
  const { letterWishes, ana } = pages;
  const token = letterWishes.tokenFor({ kind: 'letters', accountId: ana.id, letters: 'endings' });
  const invitations = letterWishes.tokenFor({ kind: 'invitations', to: BO.email });
  return { ...pages, path: `/letters/${token}`, invitationsPath: `/letters/${invitations}` };
}

describe('the page behind the foot of a letter', () => {
  it('PRO-10 changes nothing by being opened, and needs nobody to sign in', async () => {
    const { app, path, letterWishes, ana } = await open();
    for (let look = 0; look < 5; look += 1) {
      const { status, text, headers } = await request(app).get(path);
      expect([status, headers['referrer-policy'], headers['cache-control']]).toEqual([200, 'no-referrer', 'no-store']);
      expect(text).toContain('You get mails from Alder when a folder is no longer shared between you and somebody.');
      expect(text).not.toContain('<script>');
    }
    expect(await letterWishes.wantedBy(ana.id)).toEqual(LETTER_KINDS);
  });

  it('stops the letters by its button, and sends them again by the next', async () => {
    const pages = await open();
    const { path, letterWishes, ana } = pages;
    const browser = openBrowserAt(pages);
    const page = await browser.get(path);
    const token = /name="token" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const stopped = await browser.post(path).type('form').send({ token });
    expect(stopped.text).toContain('No more of these mails');
    expect(await letterWishes.wantedBy(ana.id)).not.toContain('endings');
    const again = await browser.post(path).type('form').send({ token, again: 'yes' });
    expect(again.text).toContain('Fewer mails');
    expect(await letterWishes.wantedBy(ana.id)).toContain('endings');
  });

  it('stops them for mail programs that post by themselves, in both forms (RFC 8058)', async () => {
    for (const send of [
      (post: request.Test) => post.type('form').send({ 'List-Unsubscribe': 'One-Click' }),
      (post: request.Test) => post.field('List-Unsubscribe', 'One-Click'),
    ]) {
      const { app, path, letterWishes, ana } = await open();
      expect((await send(request(app).post(path))).status).toBe(200);
      expect(await letterWishes.wantedBy(ana.id)).not.toContain('endings');
    }
  });

  it('WEB-01 takes nothing else that did not come from the page', async () => {
    const { app, path, letterWishes, ana } = await open();
    const posts = [
      request(app).post(path).type('form').send({}),
      request(app).post(path).type('form').send({ token: 'made up' }),
      request(app).post(path).type('form').send({ 'List-Unsubscribe': 'Yes' }),
      request(app).post(path).type('text/plain').send('List-Unsubscribe=One-Click'),
      request(app).post(path).set('Origin', 'https://evil.example').type('form').send({ token: 'x' }),
    ];
    for (const post of posts) expect((await post).status).toBe(403);
    expect(await letterWishes.wantedBy(ana.id)).toEqual(LETTER_KINDS);
  });

  it('PRO-09 answers words that were made up like any page that is not there, and 429 after twenty', async () => {
    const { app, path } = await open();
    const altered = `${path.slice(0, -3)}AAA`;
    for (let miss = 0; miss < 20; miss += 1) {
      const target = miss % 2 === 0 ? altered : '/letters/none';
      const one = request(app).post(target).type('form').send({ 'List-Unsubscribe': 'One-Click' });
      expect((await (miss < 10 ? request(app).get(target) : one)).status).toBe(404);
    }
    expect((await request(app).get(path)).status).toBe(429);
  });

  it('lets an address without an account do without invitations', async () => {
    const { app, invitationsPath, letterWishes } = await open();
    expect((await request(app).get(invitationsPath)).text).toContain(
      'You get invitations from Alder to bo@birch.example.',
    );
    await request(app).post(invitationsPath).type('form').send({ 'List-Unsubscribe': 'One-Click' });
    expect(await letterWishes.isStopped({ kind: 'invitations', to: BO.email })).toBe(true);
  });
});

describe('the mails on the account page', () => {
  it('are chosen kind by kind, and say which are always sent', async () => {
    const pages = await open();
    const browser = await signIn(pages, ANA);
    const { text } = await browser.get('/account');
    expect(text.match(/name="(?:arrivals|changes|endings|answers|troubles)" value="yes" checked/g)).toHaveLength(5);
    expect(text).toContain('are always sent');
    const saved = await submit(browser, '/account', '/account/letters', { troubles: 'yes', changes: 'yes' });
    expect(saved.headers['location']).toBe('/account');
    expect(await pages.letterWishes.wantedBy(pages.ana.id)).toEqual(['changes', 'troubles']);
    expect(await pages.letterWishes.wantedBy(pages.bo.id)).toEqual(LETTER_KINDS);
  });
});
