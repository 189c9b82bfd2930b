import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ROOT_ID } from '../../../src/kernel/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { ADA, ANA } from '../../support/seeds.js';
import { openPopulatedPages, signIn, tokenOf } from './pages-app.js';

const bench = sqliteBench();
const open = async () => openPopulatedPages(await bench.open());

/** The row's own figure: what 1,000 rows weigh uncompressed, bytes. */
const UNCOMPRESSED = 940_000;

describe('compression', () => {
  it('makes a page of a folder of 1,000 rows a tenth of their 940 kB at most, and of itself a fifth (F-56)', async () => {
    const pages = await open();
    const person = pages.principalOf(pages.ana);
    for (let count = 0; count < 1_000; count += 1) {
      await pages.tree.makeFolder(person, ROOT_ID, `Notes of week ${String(count)}`);
    }
    const browser = await signIn(pages, ANA);
    const { text, headers } = await browser.get('/files').set('Accept-Encoding', 'gzip');
    expect(text).toMatch(/Notes of week 0.*Notes of week 99/s);
    expect([headers['content-encoding'], headers['vary']]).toEqual(['gzip', 'Accept-Encoding']);
    const weight = gzipSync(text).length;
    console.info(`F-56: ${String(text.length)} characters are ${String(weight)} bytes on the wire`);
    expect(weight).toBeLessThan(Math.min(UNCOMPRESSED / 10, text.length / 5));
    const plain = await browser.get('/files').set('Accept-Encoding', 'identity');
    expect(plain.headers['content-encoding']).toBeUndefined();
  });

  it('is never for contents, answers to forms, refusals and pages whose address is a secret (F-56)', async () => {
    const pages = await open();
    const browser = await signIn(pages, ADA);
    const link = await pages.room.links.issue(pages.ana.id);
    for (const path of [`/account/password/${link}`, '/invitations/unknown', '/nothing']) {
      const { headers } = await browser.get(path).set('Accept-Encoding', 'gzip, br');
      expect([path, headers['content-encoding']]).toEqual([path, undefined]);
    }
    const posted = await browser.post('/login').set('Accept-Encoding', 'gzip').type('form').send({ token: 'wrong' });
    expect(posted.headers['content-encoding']).toBeUndefined();
  });

  it('never meets the same form token twice, and all of them are good (F-56)', async () => {
    const pages = await open();
    const browser = await signIn(pages, ANA);
    const [one, other] = [(await browser.get('/account')).text, (await browser.get('/account')).text];
    const tokens = [tokenOf(one, '/logout'), tokenOf(other, '/logout')];
    expect(new Set(tokens).size).toBe(2);
    const halves = tokens.flatMap((token) => [token.slice(0, 42), token.slice(44)]);
    expect(new Set(halves).size).toBe(4);
    const [first = ''] = tokens;
    const forged = `${first.slice(0, -2)}${first.endsWith('AA') ? 'BB' : 'AA'}`;
    expect((await browser.post('/logout').type('form').send({ token: forged })).status).toBe(403);
    expect((await browser.post('/logout').type('form').send({ token: first })).status).toBe(303);
  });
});
