import { describe, expect, it } from 'vitest';
import { sqliteBench } from '../../support/each-database.js';
import { ANA } from '../../support/seeds.js';
import { openPopulatedPages, PASSWORD, signIn, submit } from './pages-app.js';

const bench = sqliteBench();

async function open() {
  const pages = await openPopulatedPages(await bench.open());
  return { ...pages, browser: await signIn(pages, ANA) };
}

describe('the account page', () => {
  it('adds an address by a mailed code, makes it the main one and removes the other', async () => {
    const { browser, room, ana } = await open();
    const email = 'ana@work.example';
    const asked = await submit(browser, '/account', '/account/addresses', { email });
    expect(asked.headers['location']).toBe('/account/addresses/prove?email=ana%40work.example');
    const letter = room.letters.at(-1);
    const code = letter?.letter === 'address-code' ? letter.data.code : '';
    const page = '/account/addresses/prove?email=ana%40work.example';
    const wrong = await submit(browser, page, '/account/addresses/prove', { email, code: '00000000' });
    expect(wrong.status).toBe(400);
    const proven = await submit(browser, page, '/account/addresses/prove', {
      email,
      code: `${code.slice(0, 4)} ${code.slice(4)}`,
    });
    expect(proven.headers['location']).toBe('/account');
    await submit(browser, '/account', '/account/addresses/primary', { email });
    await submit(browser, '/account', '/account/addresses/remove', { email: ANA.email });
    expect((await room.addresses.list(ana.id)).map((address) => address.email)).toEqual([email]);
  });

  it('says beside the form why an address cannot be added', async () => {
    const { browser } = await open();
    for (const [email, status] of [
      ['nonsense', 400],
      [ANA.email, 409],
    ] as const) {
      const answer = await submit(browser, '/account', '/account/addresses', { email });
      expect(answer.status).toBe(status);
      expect(answer.text).toContain('role="alert"');
    }
  });

  it('changes the password only with the current one, typed twice alike and long enough', async () => {
    const { browser } = await open();
    const next = 'four loud stone bridges';
    for (const [fields, status, words] of [
      [{ current: 'something else entirely', password: next, repeat: next }, 401, 'not right'],
      [{ current: PASSWORD, password: next, repeat: `${next}!` }, 400, 'not the same'],
      [{ current: PASSWORD, password: 'short', repeat: 'short' }, 400, 'at least 8 characters'],
    ] as const) {
      const answer = await submit(browser, '/account', '/account/password', fields);
      expect(answer.status).toBe(status);
      expect(answer.text).toContain(words);
    }
  });

  it('tells that a new password leaves connected apps connected', async () => {
    const { browser } = await open();
    expect((await browser.get('/account')).text).toContain('Connected apps stay connected');
  });

  it('lists connected apps and disconnects them', async () => {
    const { browser, agreements, ana } = await open();
    expect((await browser.get('/account')).text).toContain('Desk');
    await submit(browser, '/account', '/account/apps/disconnect', { app: 'app-1' });
    expect(agreements.calls).toEqual([['disconnect', ana.id, 'app-1']]);
  });

  it('tells the address for WebDAV, to be copied, and what Windows wants of it', async () => {
    const { browser } = await open();
    const { text } = await browser.get('/account');
    expect(text).toContain('<code id="dav-address">http://localhost:4000/dav/</code>');
    expect(text).toContain('data-copy="dav-address"');
    expect(text).toContain('Windows does not connect to this address');
  });

  it('makes an app password that is shown once with all that a program asks for, and withdraws it', async () => {
    const { browser, appPasswords, room, ana } = await open();
    const made = await submit(browser, '/account', '/account/app-passwords', { name: 'Laptop <1>' });
    expect(made.status).toBe(200);
    expect(made.headers['cache-control']).toContain('no-store');
    const [, password = ''] = /<code id="password">([^<]+)</.exec(made.text) ?? [];
    for (const shown of ['http://localhost:4000/dav/', 'ana@alder.example', 'Laptop &lt;1&gt;'])
      expect(made.text).toContain(shown);
    const proof = { user: 'ana@alder.example', password, address: '192.0.2.1' };
    const key = await appPasswords.prove(proof);
    expect(key?.accountId).toBe(ana.id);
    const page = (await browser.get('/account')).text;
    expect(page).toContain('Laptop &lt;1&gt;');
    expect(page).not.toContain(password);
    expect(room.letters.at(-1)).toMatchObject({
      data: { change: expect.stringContaining('app password named “Laptop <1>”') },
    });
    await submit(browser, '/account', '/account/app-passwords/withdraw', { password: key?.id ?? '' });
    expect(await appPasswords.prove(proof)).toBeUndefined();
  });

  it('says beside the form why an app password cannot be made', async () => {
    const { browser, appPasswords } = await open();
    const answer = await submit(browser, '/account', '/account/app-passwords', { name: ' ' });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('role="alert"');
    expect(await appPasswords.list()).toEqual([]);
  });
});
