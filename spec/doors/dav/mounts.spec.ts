import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../../src/kernel/index.js';
import { activate } from '../../journeys/support/story.js';
import { openDavStory, propsOf, type DavStory } from './dav-story.js';
import { isInstalled } from './programs.js';
import { bodyOf, sync } from './sync-report.js';

const LOCK =
  '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>';
const SET =
  '<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><a xmlns="urn:x">1</a></d:prop></d:set></d:propertyupdate>';

const HAS_LITMUS = await isInstalled('litmus');

/** What one cloud shares with a person at another, through that person's own door. */
describe('inside a folder of another cloud', () => {
  let story: DavStory;
  let top: string;

  beforeAll(async () => {
    story = await openDavStory();
    await activate(story, { permission: 'read-write' });
    top = [...(await story.boDav.find('/dav/', '1')).keys()].find((href) => href.includes('Plans')) ?? '';
  });
  afterAll(() => story.close());

  const call = (method: string, at: string, headers: Record<string, string> = {}, body?: string) =>
    story.boDav.call(method, at, { headers, ...(body === undefined ? {} : { body }) });
  const read = async (at: string): Promise<string | number> => {
    const { status, text } = await call('GET', at);
    return status === 200 ? text : status;
  };

  it('files and folders are told of like any other, with letters and types of their own', async () => {
    const asked = propsOf(
      'oc:permissions',
      'oc:owner-id',
      'oc:owner-display-name',
      'oc:fileid',
      'oc:id',
      'nc:mount-type',
      'nc:is-mount-root',
      'getetag',
      'resourcetype',
    );
    const found = await story.boDav.find(top, '1', asked);
    const value = (at: string, name: string) => found.get(at)?.get(name)?.text;
    expect([...found.keys()]).toEqual([top, `${top}budget.txt`]);
    expect([value(top, 'oc:permissions'), value(`${top}budget.txt`, 'oc:permissions')]).toEqual(['SMGCK', 'SMGDNVW']);
    expect([value(top, 'nc:is-mount-root'), value(top, 'nc:mount-type')]).toEqual(['true', 'external']);
    const owner = [story.ana.email, story.ana.name];
    for (const at of [top, `${top}budget.txt`]) {
      expect([value(at, 'oc:owner-id'), value(at, 'oc:owner-display-name')]).toEqual(owner);
    }
    expect(value(`${top}budget.txt`, 'd:getetag')).toMatch(/^"/);
    expect(await read(`${top}budget.txt`)).toBe('twelve');
  });

  it('ids survive a rename and a move there, and the tag of a file changes with its content', async () => {
    await story.boDav.put(`${top}id.txt`, 'x');
    const id = (await story.boDav.property(`${top}id.txt`, 'oc:fileid'))?.text;
    await call('MKCOL', `${top}Inner`);
    expect((await call('MOVE', `${top}id.txt`, { destination: `${top}Inner/id2.txt` })).status).toBe(201);
    expect((await story.boDav.property(`${top}Inner/id2.txt`, 'oc:fileid'))?.text).toBe(id);
    const before = await story.boDav.tag(`${top}Inner/id2.txt`);
    await story.boDav.put(`${top}Inner/id2.txt`, 'y', { 'if-match': before });
    const after = await story.boDav.tag(`${top}Inner/id2.txt`);
    expect([before, after].every((tag) => tag.startsWith('"'))).toBe(true);
    expect([await read(`${top}Inner/id2.txt`), after === before]).toEqual(['y', false]);
  });

  it('what a program says of the time of a content holds for that content, though the other cloud does not keep it (DC-32)', async () => {
    const at = 'Sun, 09 Sep 2001 01:46:40 GMT';
    const timeOf = async (name: string) => (await story.boDav.property(top + name, 'getlastmodified'))?.text;
    const stamp = { 'x-oc-mtime': '1000000000' };
    const put = await story.boDav.put(`${top}old.txt`, 'old', stamp);
    expect([put.headers['x-oc-mtime'], await timeOf('old.txt')]).toEqual(['accepted', at]);
    expect((await call('MOVE', `${top}old.txt`, { destination: `${top}older.txt` })).status).toBe(201);
    expect(await timeOf('older.txt')).toBe(at);
    await story.boDav.put(`${top}older.txt`, 'new');
    expect(await timeOf('older.txt')).not.toBe(at);
    const date = `<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><d:getlastmodified>${at}</d:getlastmodified></d:prop></d:set></d:propertyupdate>`;
    expect((await call('PROPPATCH', `${top}older.txt`, {}, date)).text).toContain('200 OK');
    expect(await timeOf('older.txt')).toBe(at);
    await call('MKCOL', `${top}Dated`);
    const moved = await call('MOVE', `${top}Dated`, { destination: `${top}Dated2`, ...stamp });
    expect([moved.status, moved.headers['x-oc-mtime']]).toEqual([201, undefined]);
    for (const name of ['older.txt', 'Dated2/']) await call('DELETE', top + name);
  });

  it('copies and moves replace what is there, when the new is whole', async () => {
    await story.boDav.put(`${top}one.txt`, 'one');
    await story.boDav.put(`${top}two.txt`, 'two');
    expect((await call('COPY', `${top}one.txt`, { destination: `${top}two.txt`, overwrite: 'F' })).status).toBe(412);
    expect((await call('COPY', `${top}one.txt`, { destination: `${top}two.txt` })).status).toBe(204);
    expect((await call('MOVE', `${top}one.txt`, { destination: `${top}two.txt` })).status).toBe(204);
    expect([await read(`${top}one.txt`), await read(`${top}two.txt`)]).toEqual([404, 'one']);
    await call('MKCOL', `${top}Old`);
    await story.boDav.put(`${top}Old/old.txt`, 'old');
    await call('MKCOL', `${top}New`);
    await story.boDav.put(`${top}New/new.txt`, 'new');
    expect((await call('COPY', `${top}New`, { destination: `${top}Old` })).status).toBe(204);
    expect([await read(`${top}Old/new.txt`), await read(`${top}Old/old.txt`), await read(`${top}New/new.txt`)]).toEqual(
      ['new', 404, 'new'],
    );
    expect([...(await story.boDav.find(top, '1')).keys()].some((href) => href.includes('.fb-part-'))).toBe(false);
  });

  it('files and folders go there and come from there whole, and leave their place last', async () => {
    await call('MKCOL', '/dav/Mine');
    await story.boDav.put('/dav/Mine/a.txt', 'a', { 'x-oc-mtime': '1000000000' });
    await call('MKCOL', '/dav/Mine/Deep');
    await story.boDav.put('/dav/Mine/Deep/b.txt', 'b');
    expect((await call('MOVE', '/dav/Mine', { destination: `${top}Mine` })).status).toBe(201);
    expect([
      await read('/dav/Mine/a.txt'),
      await read(`${top}Mine/a.txt`),
      await read(`${top}Mine/Deep/b.txt`),
    ]).toEqual([404, 'a', 'b']);
    expect((await call('MOVE', `${top}Mine`, { destination: '/dav/Back' })).status).toBe(201);
    expect([await read('/dav/Back/Deep/b.txt'), await read(`${top}Mine/a.txt`)]).toEqual(['b', 404]);
    expect((await call('COPY', `${top}budget.txt`, { destination: '/dav/budget.txt' })).status).toBe(201);
    expect([await read('/dav/budget.txt'), await read(`${top}budget.txt`)]).toEqual(['twelve', 'twelve']);
  });

  it('a member that vanishes meanwhile is named in a 207, and nothing of the copy is there (DC-25)', async () => {
    const theirs = [...(await story.anaDav.find('/dav/', '1')).keys()].find((href) => href.includes('Plans')) ?? '';
    await call('MKCOL', `${top}Going`);
    await story.boDav.put(`${top}Going/a.txt`, 'a');
    await story.boDav.put(`${top}Going/b.txt`, 'b');
    const { tree } = story.birch.services.files;
    const open = vi.spyOn(tree, 'open');
    const original = tree.open.bind(tree);
    open.mockImplementationOnce(async (principal, id, options) => {
      const opened = await original(principal, id, options);
      const gone = await story.anaDav.call('DELETE', `${theirs}Going/b.txt`);
      expect(gone.status).toBe(204);
      return opened;
    });
    const { status, text } = await call('COPY', `${top}Going`, { destination: '/dav/Gone' });
    open.mockRestore();
    expect(status).toBe(207);
    expect(text).toContain(`<d:href>${top}Going/b.txt</d:href><d:status>HTTP/1.1 404 Not Found</d:status>`);
    expect(await read('/dav/Gone/a.txt')).toBe(404);
    expect([...(await story.boDav.find('/dav/', '1')).keys()].some((href) => /Gone|fb-part/.test(href))).toBe(false);
    expect(await read(`${top}Going/a.txt`)).toBe('a');
  });

  it('a cloud that does not answer in the middle is 503 for that member, as it is for a request', async () => {
    await call('MKCOL', `${top}Silent`);
    await story.boDav.put(`${top}Silent/a.txt`, 'a');
    const open = vi.spyOn(story.birch.services.files.tree, 'open');
    for (const failure of [
      new Failure('peer-timeout', 'It does not answer.'),
      new Failure('peer-failed', 'It was not reached.', { cause: new Error('ECONNREFUSED') }),
    ]) {
      open.mockRejectedValueOnce(failure);
      const { status, text } = await call('COPY', `${top}Silent`, { destination: '/dav/Silent' });
      expect(status).toBe(207);
      expect(text).toContain(
        `<d:href>${top}Silent/a.txt</d:href><d:status>HTTP/1.1 503 Service Unavailable</d:status>`,
      );
    }
    open.mockRestore();
    expect(await read('/dav/Silent/a.txt')).toBe(404);
  });

  it('what arrives as something else than was listed is not kept, and stays where it was', async () => {
    const { alder, birch } = story;
    const falsify = (at: typeof alder, name: string) =>
      at.services.base.database.write((trx) => trx('items').where({ name }).update({ checksum: 4_711 }));
    await story.boDav.put(`${top}there.txt`, 'there');
    await falsify(alder, 'there.txt');
    await story.boDav.put('/dav/here.txt', 'here');
    await falsify(birch, 'here.txt');
    await story.boDav.put('/dav/target.txt', 'old');
    for (const [from, to] of [
      [`${top}there.txt`, '/dav/new.txt'],
      [`${top}there.txt`, '/dav/target.txt'],
      ['/dav/here.txt', `${top}here.txt`],
    ] as const) {
      const { status } = await call('MOVE', from, { destination: to });
      expect([from, to, status]).toEqual([from, to, 502]);
    }
    expect([await read(`${top}there.txt`), await read('/dav/here.txt')]).toEqual(['there', 'here']);
    expect([await read('/dav/new.txt'), await read('/dav/target.txt'), await read(`${top}here.txt`)]).toEqual([
      ...[404, 'old', 404],
    ]);
  });

  it('a move is done once the new stands at its place, whatever becomes of the old', async () => {
    await call('MKCOL', `${top}Put`);
    await story.boDav.put(`${top}Put/put.txt`, 'new');
    await call('MKCOL', `${top}Away`);
    const remove = vi.spyOn(story.alder.services.files.tree, 'remove');
    remove.mockRejectedValueOnce(new Failure('locked', 'Somebody has this file open.'));
    expect((await call('MOVE', `${top}Put`, { destination: `${top}Away` })).status).toBe(204);
    expect(remove.mock.calls).toHaveLength(1);
    remove.mockRestore();
    expect([await read(`${top}Away/put.txt`), await read(`${top}Put/put.txt`)]).toEqual(['new', 404]);
    expect([...(await story.boDav.find(top, '1')).keys()].some((href) => href.includes('.fb-part-'))).toBe(false);
    // If the new item cannot be put in place, the old one comes back.
    await call('MKCOL', `${top}Next`);
    const move = vi.spyOn(story.birch.services.files.tree, 'move');
    const { tree } = story.birch.services.files;
    const original = tree.move.bind(tree);
    move.mockImplementationOnce(original).mockRejectedValueOnce(new Failure('conflict', 'Not now.'));
    expect((await call('MOVE', `${top}Next`, { destination: `${top}Away` })).status).toBe(409);
    move.mockRestore();
    expect(await read(`${top}Away/put.txt`)).toBe('new');
  });

  it('the top stays, and is replaced by nothing', async () => {
    await story.boDav.put('/dav/x.txt', 'x');
    expect((await call('DELETE', top)).status).toBe(403);
    expect((await call('MOVE', top, { destination: '/dav/Elsewhere' })).status).toBe(403);
    expect((await call('MOVE', '/dav/x.txt', { destination: top })).status).toBe(403);
    expect((await call('COPY', '/dav/x.txt', { destination: top.replace(/\/$/, '') })).status).toBe(403);
  });

  it('locks bind the programs of whoever sees it there, by their tokens, and go with what is locked (DAV-03)', async () => {
    await call('MKCOL', `${top}Held`);
    await story.boDav.put(`${top}Held/doc.txt`, 'x');
    const taken = await call('LOCK', `${top}Held/doc.txt`, {}, LOCK);
    const token = String(taken.headers['lock-token']).slice(1, -1);
    expect([taken.status, taken.text.includes(`<d:lockroot><d:href>${top}Held/doc.txt</d:href>`)]).toEqual([200, true]);
    for (const [method, at, headers, body] of [
      ['PUT', `${top}Held/doc.txt`, {}, 'y'],
      ['DELETE', `${top}Held/doc.txt`, {}, undefined],
      ['DELETE', `${top}Held`, {}, undefined],
      ['PROPPATCH', `${top}Held/doc.txt`, {}, SET],
      ['MOVE', `${top}Held/doc.txt`, { destination: `${top}out.txt` }, undefined],
      ['LOCK', `${top}Held`, {}, LOCK],
    ] as const) {
      const { status, text } = await call(method, at, headers, body);
      expect([method, at, status, text.includes(`<d:href>${top}Held/doc.txt</d:href>`)]).toEqual([
        method,
        at,
        423,
        true,
      ]);
    }
    const shown = { if: `(<${token}>)` };
    expect((await call('PUT', `${top}Held/doc.txt`, shown, 'y')).status).toBe(204);
    const listed = await story.boDav.find(`${top}Held`, '1');
    expect(listed.get(`${top}Held/doc.txt`)?.get('d:lockdiscovery')?.element.children).toHaveLength(1);
    const told = await story.boDav.find(`${top}Held`, '1', propsOf('nc:lock', 'nc:lock-owner'));
    expect(told.get(`${top}Held/doc.txt`)?.get('nc:lock-owner')?.text).toBe(story.bo.email);
    expect(told.get(`${top}Held/`)?.get('nc:lock')?.status).toBe(404);
    expect((await call('MOVE', `${top}Held/doc.txt`, { destination: `${top}out.txt`, ...shown })).status).toBe(201);
    expect((await call('PUT', `${top}out.txt`, {}, 'free')).status).toBe(204);
    // The owner of the files is not bound by any of these locks.
    const owner = await story.anaDav.find('/dav/', '1');
    expect([...owner.keys()].length).toBeGreaterThan(1);
  });

  it('locks are asked for as often for a long folder as for a short one', async () => {
    const { database } = story.birch.services.base;
    const counts: number[] = [];
    for (const [name, files] of [
      ['Short', 1],
      ['Long', 6],
    ] as const) {
      await call('MKCOL', `${top}${name}`);
      for (let at = 0; at < files; at += 1) await story.boDav.put(`${top}${name}/${String(at)}.txt`, 'x');
      const taken = await call('LOCK', `${top}${name}/0.txt`, {}, LOCK);
      const asked: string[] = [];
      const listen = ({ sql }: { readonly sql: string }): void => void asked.push(sql);
      database.read.on('query', listen);
      const listed = await story.boDav.find(`${top}${name}`, '1');
      database.read.removeListener('query', listen);
      expect(listed.get(`${top}${name}/0.txt`)?.get('d:lockdiscovery')?.element.children).toHaveLength(1);
      counts.push(asked.filter((sql) => /\blocks\b/.test(sql)).length);
      await call('UNLOCK', `${top}${name}/0.txt`, { 'lock-token': String(taken.headers['lock-token']) });
    }
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts[1]).toBe(counts[0]);
  });

  it('a deep lock covers what is below it, an end gives it back through anything that it covers', async () => {
    await call('MKCOL', `${top}Deep`);
    await call('MKCOL', `${top}Deep/er`);
    await story.boDav.put(`${top}Deep/er/f.txt`, 'x');
    const taken = await call('LOCK', `${top}Deep`, { depth: 'infinity' }, LOCK);
    const token = String(taken.headers['lock-token']).slice(1, -1);
    expect((await call('PUT', `${top}Deep/er/f.txt`, {}, 'y')).status).toBe(423);
    expect((await call('PUT', `${top}Deep/er/new.txt`, {}, 'y')).status).toBe(423);
    expect((await call('MKCOL', `${top}Deep/New`)).status).toBe(423);
    expect((await call('PUT', `${top}Deep/er/f.txt`, { if: `(<${token}>)` }, 'y')).status).toBe(204);
    const again = await call('LOCK', `${top}Deep/er/f.txt`, { if: `(<${token}>)`, timeout: 'Second-90' });
    expect([again.status, again.text.includes('Second-90')]).toEqual([200, true]);
    expect((await call('UNLOCK', `${top}budget.txt`, { 'lock-token': `<${token}>` })).status).toBe(409);
    expect((await call('UNLOCK', `${top}Deep/er/f.txt`, { 'lock-token': `<${token}>` })).status).toBe(204);
    expect((await call('PUT', `${top}Deep/er/f.txt`, {}, 'z')).status).toBe(204);
  });

  it('what programs keep of it is this person’s, and is sent nowhere', async () => {
    await story.boDav.put(`${top}kept.txt`, 'x');
    expect((await call('PROPPATCH', `${top}kept.txt`, {}, SET)).text).toContain('200 OK');
    await call('MOVE', `${top}kept.txt`, { destination: `${top}kept2.txt` });
    const [mine] = [...(await story.boDav.find(`${top}kept2.txt`, '0', propsOf('x:a'))).values()];
    expect(mine?.get('urn:x:a')?.text).toBe('1');
    const listed = await story.boDav.find(top, '1');
    expect(listed.get(`${top}kept2.txt`)?.get('urn:x:a')?.text).toBe('1');
    const [folder] = [...(await story.anaDav.find('/dav/', '1')).keys()].filter((href) => href.includes('Plans'));
    const theirs = await story.anaDav.find(`${folder ?? ''}kept2.txt`, '0', propsOf('x:a'));
    expect([...theirs.values()][0]?.get('urn:x:a')?.status).toBe(404);
  });

  it.skipIf(!HAS_LITMUS)('litmus finds nothing to say here either, in all of its 104 tests', async () => {
    const cwd = await mkdtemp(path.join(tmpdir(), 'footbridge-litmus-'));
    const [user = '', password = ''] = Buffer.from((story.boDav.authorization ?? '').slice('Basic '.length), 'base64')
      .toString()
      .split(':');
    const child = spawn('litmus', ['-k', `${story.boDav.url}${top}`, user, password], { cwd });
    let output = '';
    child.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
    await once(child, 'close');
    await rm(cwd, { recursive: true });
    const suites = [...output.matchAll(/of (\d+) tests run: (\d+) passed, (\d+) failed/g)];
    expect(suites.map(([, all, passed]) => all === passed)).toEqual([true, true, true, true, true]);
    expect(suites.reduce((sum, [, all]) => sum + Number(all), 0)).toBe(104);
  });
});

describe('while the other cloud is away', () => {
  it('its folder stays in the listing with its last known tag, and everything inside is 503', async () => {
    const story = await openDavStory();
    try {
      await activate(story, { permission: 'read-write' });
      const { boDav } = story;
      const hrefs = [...(await boDav.find('/dav/', '1')).keys()];
      const top = hrefs.find((href) => href.includes('Plans')) ?? '';
      await boDav.find(top, '1');
      const tag = await boDav.tag(top);
      const { token } = await sync(boDav, top, bodyOf('', '1'));
      await story.alder.cloud.stop();
      expect([...(await boDav.find('/dav/', '1')).keys()]).toEqual(hrefs);
      expect(await boDav.tag(top)).toBe(tag);
      expect(await boDav.property(top, 'sync-token')).toMatchObject({ status: 404 });
      for (const [method, at, wish] of [
        ['PROPFIND', top, { headers: { depth: '1' } }],
        ['PROPFIND', `${top}budget.txt`, { headers: { depth: '0' } }],
        ['REPORT', top, { body: bodyOf('', '1') }],
        ['REPORT', top, { body: bodyOf(token, '1') }],
        ['GET', `${top}budget.txt`, {}],
        ['PUT', `${top}new.txt`, { body: 'x' }],
        ['DELETE', `${top}budget.txt`, {}],
        ['MOVE', `${top}budget.txt`, { headers: { destination: '/dav/budget.txt' } }],
      ] as const) {
        const { status, headers } = await boDav.call(method, at, wish);
        expect([method, at, status]).toEqual([method, at, 503]);
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }
    } finally {
      await story.birch.cloud.stop();
      await story.mailbox.stop();
      for (const { dataDir } of story.stations) await rm(dataDir, { recursive: true, force: true });
    }
  });
});
