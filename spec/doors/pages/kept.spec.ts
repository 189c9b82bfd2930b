import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { DAY, ROOT_ID, type ItemId } from '../../../src/kernel/index.js';
import { namesIn, textOf } from '../../files/files-bench.js';
import { sqliteBench } from '../../support/each-database.js';
import { ANA, BO } from '../../support/seeds.js';
import { openPopulatedPages, signIn, submit, tokenOf } from './pages-app.js';

const bench = sqliteBench();

async function open() {
  const pages = await openPopulatedPages(await bench.open());
  const me = pages.principalOf(pages.ana);
  const bytes = (text: string) => ({ body: Readable.from([Buffer.from(text)], { objectMode: false }) });
  const put = (name: string, text: string, parent: ItemId = ROOT_ID) =>
    pages.tree.create(me, parent, name, bytes(text));
  return { ...pages, me, put, bytes, browser: await signIn(pages, ANA) };
}

/** The figures of a page, in bytes, by their order: used, (quota,) current, versions, trash. */
function figuresIn(html: string): number[] {
  return [...html.matchAll(/<data value="(\d+)">/g)].map((match) => Number(match[1]));
}

describe('the trash page (F-04)', () => {
  it('shows what was deleted, from where, by whom, when, how much and until when', async () => {
    const { browser, put, folder, room } = await open();
    const file = await put('plan.txt', 'x'.repeat(1234), folder.id);
    const deleted = await submit(browser, `/files/${file.id}/delete`, `/files/${file.id}/delete`, {});
    expect(deleted.headers['location']).toBe(`/files/folder/${folder.id}`);
    const { text } = await browser.get('/trash');
    expect(text).toContain('</span>plan.txt</span>');
    expect(text).toContain('Files / Plans');
    expect(text).toContain('by you');
    expect(text).toContain('1.2 KB');
    expect(text).toContain(`datetime="${new Date(room.clock.now() + 30 * DAY).toISOString()}"`);
    expect(text).toContain('30 days');
  });

  it('restores to where it was, or says that it could not', async () => {
    const { browser, put, folder, tree, me } = await open();
    const file = await put('plan.txt', 'plan', folder.id);
    await tree.remove(me, file.id);
    const back = await submit(browser, '/trash', `/trash/${file.id}/restore`, {});
    expect(back.headers['location']).toBe('/trash');
    expect((await browser.get('/trash')).text).toContain('“plan.txt” is back where it was.');
    expect(await namesIn(tree, me, folder.id)).toEqual(['plan.txt']);
    await tree.remove(me, file.id);
    await tree.remove(me, folder.id);
    await submit(browser, '/trash', `/trash/${file.id}/restore`, {});
    expect((await browser.get('/trash')).text).toContain('the folder that it was in is no longer there');
    expect(await namesIn(tree, me, ROOT_ID)).toEqual(['plan.txt']);
  });

  it('takes one thing away for good, and everything after it was asked', async () => {
    const { browser, put, tree, me, trash, ana } = await open();
    for (const name of ['a', 'b', 'c']) await tree.remove(me, (await put(name, name)).id);
    const [first] = await trash.list(ana.id, 1);
    await submit(browser, '/trash', `/trash/${String(first?.id)}/erase`, {});
    expect(await trash.list(ana.id, 10)).toHaveLength(2);
    expect((await browser.get('/trash/empty')).text).toContain('cannot be undone');
    expect(await trash.list(ana.id, 10)).toHaveLength(2);
    await submit(browser, '/trash/empty', '/trash/empty', {});
    expect(await trash.list(ana.id, 10)).toEqual([]);
    const { text } = await browser.get('/trash');
    expect(text).toContain('2 things gone for good');
    expect(text).toContain('The trash is empty.');
  });

  it('is nobody else’s, and changes nothing without a form token', async () => {
    const pages = await open();
    const { browser, put, tree, me, trash, ana } = pages;
    const file = await put('mine', 'mine');
    await tree.remove(me, file.id);
    const other = await signIn(pages, BO);
    expect((await other.get('/trash')).text).not.toContain('mine');
    const token = tokenOf((await other.get('/trash/empty')).text, '/trash/empty');
    for (const verb of ['restore', 'erase']) {
      const answer = await other.post(`/trash/${file.id}/${verb}`).type('form').send({ token });
      expect(answer.status).toBe(404);
      expect((await browser.post(`/trash/${file.id}/${verb}`).type('form').send({})).status).toBe(403);
    }
    expect(await trash.list(ana.id, 10)).toHaveLength(1);
  });

  it('shows pages of 100', async () => {
    const { browser, put, tree, me } = await open();
    for (let n = 0; n < 101; n += 1) await tree.remove(me, (await put(`n${String(n)}`, '')).id);
    const { text } = await browser.get('/trash');
    const next = /href="(\/trash\?after=[\d-]+)"/.exec(text)?.[1] ?? '/nowhere';
    const more = (await browser.get(next)).text;
    expect(text.match(/Delete for good</g)).toHaveLength(100);
    expect(more.match(/Delete for good</g)).toHaveLength(1);
    expect(more).not.toContain('Show more');
  });
});

describe('the figures of storage used (F-04)', () => {
  it('add up, on the pages of files and of the trash alike', async () => {
    const { browser, put, tree, me, bytes, room } = await open();
    await room.accounts.set(ANA.email, { quota: 5_000 });
    const file = await put('a', 'x'.repeat(1_000));
    await tree.replace(me, file.id, bytes('x'.repeat(300)));
    await tree.remove(me, (await put('b', 'x'.repeat(70))).id);
    for (const page of ['/files', '/trash']) {
      const { text } = await browser.get(page);
      expect(figuresIn(text)).toEqual([1_370, 5_000, 300, 1_000, 70]);
      expect(text).toContain('1.4 KB</data> of');
    }
    await submit(browser, '/trash/empty', '/trash/empty', {});
    expect(figuresIn((await browser.get('/files')).text)).toEqual([1_300, 5_000, 300, 1_000, 0]);
  });
});

describe('the versions page (F-04)', () => {
  it('makes an older version the newest one, and loses none', async () => {
    const { browser, put, tree, me, bytes } = await open();
    const file = await put('a', 'one');
    await tree.replace(me, file.id, bytes('two'));
    const page = `/files/${file.id}/versions`;
    expect((await browser.get(page)).text).not.toContain(`${page}/2/restore`);
    const answer = await submit(browser, page, `${page}/1/restore`, {});
    expect(answer.headers['location']).toBe(page);
    expect((await browser.get(page)).text).toContain('Version 1 is current again');
    expect(await textOf(tree.open(me, file.id))).toBe('one');
    expect((await tree.versions(me, file.id)).map(({ version }) => version)).toEqual([3, 2, 1]);
  });
});
