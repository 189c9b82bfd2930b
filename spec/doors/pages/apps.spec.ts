import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../../src/kernel/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { ADA, ANA } from '../../support/seeds.js';
import { openPopulatedPages, signIn, submit, tokenOf } from './pages-app.js';

const bench = sqliteBench();
const PATH = '/admin/apps';

async function open() {
  const pages = await openPopulatedPages(await bench.open());
  return { ...pages, browser: await signIn(pages, ADA) };
}

describe('the administrator’s page about apps', () => {
  it('ADM-01 does not exist for anybody else', async () => {
    const pages = await open();
    const ana = await signIn(pages, ANA);
    expect((await ana.get(PATH)).status).toBe(404);
    expect((await ana.post(PATH).type('form').send({ name: 'Mine' })).status).toBe(404);
    expect(await pages.clients.list()).toEqual([]);
  });

  it('ADM-01 asks for the password again after ten minutes, and changes nothing before', async () => {
    const { browser, room, clients } = await open();
    const token = tokenOf((await browser.get(PATH)).text, PATH);
    room.clock.advance(10 * MINUTE);
    const answer = await browser.post(PATH).type('form').send({ token, name: 'Desktop' });
    expect(answer.headers['location']).toBe('/login/confirm?back=%2Fadmin%2Fapps');
    expect((await browser.get(PATH)).headers['location']).toBe('/login/confirm?back=%2Fadmin%2Fapps');
    expect(await clients.list()).toEqual([]);
  });

  it('ADM-02 registers an app and shows its secret once', async () => {
    const { browser, clients } = await open();
    const callback = 'https://desktop.example/back';
    expect((await browser.get(PATH)).text).not.toContain('undefined');
    const answer = await submit(browser, PATH, PATH, { name: 'Desktop', callback });
    const client = await clients.byName('Desktop');
    expect(client).toMatchObject({ callback, firstParty: false });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(`<code id="secret">${String(client?.consumerSecret)}</code>`);
    const { text } = await browser.get(PATH);
    expect(text).toContain(callback);
    expect(text).toContain(client?.consumerKey);
    expect(text).not.toContain(client?.consumerSecret);
  });

  it('takes every option of the command', async () => {
    const { browser, clients } = await open();
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }));
    const boxes = { firstParty: 'yes', delegated: 'yes', forbiddenAs400: 'yes' };
    await submit(browser, PATH, PATH, { name: 'House', publicKey: pem.replaceAll('\n', '\r\n'), ...boxes });
    expect(await clients.list()).toMatchObject([
      { name: 'House', callback: undefined, firstParty: true, delegated: true, forbiddenAs400: true },
    ]);
    const { text } = await browser.get(PATH);
    for (const words of ['May take passwords itself', 'May sign with its own key', 'people copy a word']) {
      expect(text).toContain(words);
    }
  });

  it('says beside the form what is wrong with it, and keeps what was typed', async () => {
    const { browser, clients } = await open();
    await clients.add('Desktop');
    for (const [fields, status, words] of [
      [{ name: '' }, 400, 'The name is missing.'],
      [{ name: 'Desktop', callback: 'https://other.example/' }, 409, 'There is an app named Desktop already.'],
      [{ name: 'Other', callback: 'javascript:alert(1)' }, 400, 'The callback must be an absolute http or https'],
      [{ name: 'Other', publicKey: 'no key' }, 400, 'The public key must be an RSA public key'],
    ] as const) {
      const answer = await submit(browser, PATH, PATH, fields);
      expect(answer.status).toBe(status);
      expect(answer.text).toContain(words);
      expect(answer.text).toContain(`value="${fields.name}"`);
    }
    expect(await clients.list()).toHaveLength(1);
  });

  it('removes an app, and with it what people gave it', async () => {
    const { browser, clients, tokens, ana } = await open();
    await clients.add('Desktop');
    await tokens.add(ana.id, 'Desktop');
    const answer = await submit(browser, PATH, `${PATH}/remove`, { name: 'Desktop' });
    expect(answer.headers['location']).toBe(PATH);
    expect((await browser.get(PATH)).text).toContain('Desktop is removed.');
    expect([await clients.list(), await tokens.list()]).toEqual([[], []]);
  });
});
