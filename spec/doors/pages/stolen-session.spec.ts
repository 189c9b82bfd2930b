import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../../src/kernel/index.js';
import { dump } from '../../accounts/support.js';
import { sqliteBench } from '../../support/each-database.js';
import { ANA } from '../../support/seeds.js';
import { proposalView } from './agreements.js';
import { openBrowserAt, openPopulatedPages, PASSWORD, signIn, submit, tokenOf } from './pages-app.js';

const bench = sqliteBench();
const THIEF = 'thief@evil.example';

/** Every form that changes who may come in, but those that hold the password themselves. */
const TOUCHY = [
  ['/account/addresses', { email: THIEF }],
  ['/account/addresses/prove', { email: THIEF, code: '12345678' }],
  ['/account/addresses/primary', { email: THIEF }],
  ['/account/addresses/remove', { email: THIEF }],
  ['/account/apps/disconnect', { app: 'app-1' }],
  ['/account/app-passwords', { name: 'Laptop' }],
  ['/account/app-passwords/withdraw', { password: 'password-1' }],
  ['/interop/proposals/one/code', { email: THIEF }],
  ['/interop/proposals/one/prove', { email: THIEF, code: '12345678' }],
] as const;

async function open() {
  const pages = await openPopulatedPages(await bench.open());
  pages.agreements.proposals.set('one', proposalView());
  return { ...pages, browser: await signIn(pages, ANA) };
}

describe('a session that somebody may have stolen', () => {
  it.each(TOUCHY)(
    'changes nothing by %s without the password of the last ten minutes (F-65, AUT-12)',
    async (path, fields) => {
      const { browser, room, agreements } = await open();
      room.clock.advance(10 * MINUTE);
      const token = tokenOf((await browser.get('/account')).text, '/account/letters');
      const before = await dump(room.database);
      const answer = await browser
        .post(path)
        .type('form')
        .send({ token, ...fields });
      expect(answer.status).toBe(303);
      expect(answer.headers['location']).toMatch(/^\/login\/confirm\?back=%2F(?:account|interop%2Fproposals%2Fone)/);
      expect(await dump(room.database)).toBe(before);
      expect(room.letters).toEqual([]);
      expect(agreements.calls).toEqual([]);
    },
  );

  it('is asked for the password before anything is typed in, and led back (F-65)', async () => {
    const { browser, room } = await open();
    room.clock.advance(10 * MINUTE);
    for (const path of ['/account', '/interop/proposals/one']) {
      const { text } = await browser.get(path);
      expect(text).not.toContain('name="email" type="text"');
      const [, confirm = ''] = /href="(\/login\/confirm\?back=[^"]+)"/.exec(text) ?? [];
      const answer = await submit(browser, confirm, '/login/confirm', { password: PASSWORD });
      expect(answer.headers['location']).toBe(path);
      expect((await browser.get(path)).text).toContain('name="email" type="text"');
      room.clock.advance(10 * MINUTE);
    }
  });

  it('becomes no account: the owner undoes what it did by the link of a mail, after a click (F-65)', async () => {
    const { browser: thief, room, ana, ...pages } = await open();
    await submit(thief, '/account', '/account/addresses', { email: THIEF });
    const code = room.letters.at(-1);
    const page = `/account/addresses/prove?email=${encodeURIComponent(THIEF)}`;
    const digits = code?.letter === 'address-code' ? code.data.code : '';
    await submit(thief, page, '/account/addresses/prove', { email: THIEF, code: digits });
    await submit(thief, '/account', '/account/addresses/primary', { email: THIEF });
    const told = room.letters.find(({ letter }) => letter === 'account-changed');
    expect(told?.to).toBe(ANA.email);
    const link = `/account/undo/${told?.letter === 'account-changed' ? told.data.token : ''}`;

    const owner = openBrowserAt(pages);
    const before = await dump(room.database);
    const question = await owner.get(link);
    expect(question.text).toContain(`The address ${THIEF} was added.`);
    expect(await dump(room.database)).toBe(before);
    expect((await owner.post(link).type('form').send({})).status).toBe(403);
    const undone = await owner
      .post(link)
      .type('form')
      .send({ token: tokenOf(question.text) });
    expect(undone.headers['location']).toMatch(/^\/account\/password\/\w{43}$/);
    expect((await thief.get('/files')).headers['location']).toBe('/login?back=%2Ffiles');
    expect((await room.addresses.list(ana.id)).map(({ email }) => email)).toEqual([ANA.email]);
    const chosen = await owner.get(String(undone.headers['location']));
    expect(chosen.text).toContain('Choose a password');
    expect((await owner.get(link)).status).toBe(404);
  });
});
