import { describe, expect, it } from 'vitest';
import {
  ForeignLocks,
  mountByIncoming,
  type FileSpace,
  type Item,
  type LockWish,
} from '../../../../src/files/index.js';
import { HOUR, ROOT_ID, SECOND, type ItemId } from '../../../../src/kernel/index.js';
import { createLog } from '../../../../src/platform/index.js';
import { codeOf, refusalOf, words } from '../../../contracts/file-space/harness.js';
import { openFilesBench, textContent, textOf, type FilesBench } from '../../../files/files-bench.js';
import { tokenOf } from '../../../files/locks/lock-bench.js';
import { sqliteBench } from '../../../support/each-database.js';
import { createSeededRandom } from '../../../support/seeds.js';
import { PROFILES, type Quirks } from '../../../support/scripted-peers/webdav/index.js';
import { reasonAgainst, serve } from './real-server.js';
import { against, openSpace, type OpenedSpace } from './support.js';

const bench = sqliteBench();

const FREE = { isFolder: false, isShared: false, isDeep: false, name: 'Bo <b>', note: '' } as const;

interface Behind extends FilesBench {
  readonly foreign: ForeignLocks;
  readonly mountId: ItemId;
  /** A new file with this path and content, and its path of ids. */
  file(name: string, folder?: Item): Promise<{ readonly item: Item; readonly path: readonly ItemId[] }>;
  take(path: readonly ItemId[], changes?: Partial<LockWish>): ReturnType<ForeignLocks['take']>;
}

/** Bo's tree with the mount of a space, and the locks of what is in it. */
async function behind({ space, database }: Pick<OpenedSpace, 'space' | 'database'>): Promise<Behind> {
  const openMount = (): Promise<FileSpace> => Promise.resolve(space);
  const files = await openFilesBench(database, { openMount });
  const { tree, bo, clock } = files;
  const inputs = { database, clock, openMount, log: createLog('silent'), cloudName: 'Birch', access: tree.access };
  const foreign = new ForeignLocks({ ...inputs, random: createSeededRandom('locks') });
  const mount = await mountByIncoming(database.read, 'in');
  const mountId = mount?.id ?? ROOT_ID;
  return {
    ...files,
    foreign,
    mountId,
    async file(name, folder) {
      const item = await tree.create(bo, folder?.id ?? mountId, name, textContent('first'));
      return { item, path: [item.id, ...(folder === undefined ? [] : [folder.id]), mountId] };
    },
    take: (path, changes) => foreign.take(bo, path, { ...FREE, ...changes }),
  };
}

async function scripted(quirks: Quirks) {
  const opened = await against(bench, quirks);
  return { ...opened, ...(await behind(opened)), serverClock: opened.clock };
}

describe.each(['apache', 'nginx', 'lighttpd', 'rclone'] as const)('a lock on a file behind a %s', (profile) => {
  const open = () => scripted(PROFILES[profile]);

  it('is held there too, is shown with our own changes, and is given back with ours', async () => {
    const { server, file, take, foreign, tree, bo } = await open();
    const { item, path } = await file('a b.txt');
    const lock = await take(path, { seconds: 900 });
    const seconds = profile === 'nginx' ? 60 : 900;
    expect(server.locks.held).toMatchObject([{ path: '/a b.txt', seconds }]);
    const put = { method: 'PUT', body: 'theirs' };
    expect((await fetch(`${server.url}a%20b.txt`, put)).status).toBe(423);
    // No door that knows no tokens is kept out by the person's own lock.
    await tree.replace(bo, item.id, textContent('second'));
    await tree.replace(bo, item.id, words('x'.repeat(40_000)));
    await foreign.release(bo, path, tokenOf(lock));
    expect(server.locks.held).toEqual([]);
    expect((await fetch(`${server.url}a%20b.txt`, put)).status).toBe(204);
  });

  it('leaves with the file, and with the folder that it is in', async () => {
    const { server, file, take, foreign, tree, bo, mountId } = await open();
    const folder = await tree.makeFolder(bo, mountId, 'In & out');
    for (const name of ['moved', 'gone', 'inside']) await take((await file(`${name}.txt`, folder)).path);
    const found = async (name: string) => {
      const item = await tree.find(bo, folder.id, [`${name}.txt`]);
      if (item === undefined) throw new Error(`no ${name}`);
      return item;
    };
    expect(server.locks.held).toHaveLength(3);
    await tree.move(bo, (await found('moved')).id, { name: 'elsewhere.txt' });
    await tree.remove(bo, (await found('gone')).id);
    expect(server.locks.held).toMatchObject([{ path: '/In & out/inside.txt' }]);
    const { id } = await found('inside');
    await tree.remove(bo, folder.id);
    expect(server.locks.held).toEqual([]);
    // What went with its file is not given back once more.
    server.heard.splice(0);
    await foreign.forget(bo, id, mountId);
    expect(server.heard).toEqual([]);
  });

  it('is refused when somebody there holds one, and then there is none here either', async () => {
    const { server, file, take, foreign, bo } = await open();
    const { item, path } = await file('a.txt');
    server.locks.take('/a.txt');
    expect(await refusalOf(take(path))).toMatchObject({
      code: 'locked',
      message: 'Somebody has this file open in the other cloud.',
      facts: { locked: item.id },
    });
    expect([await foreign.holdsAny(bo, item.id), server.locks.held.length]).toEqual([false, 1]);
  });

  it('is started anew there with ours, or taken again where it was dropped', async () => {
    const { server, serverClock, file, take, foreign, tree, bo } = await open();
    const { item, path } = await file('a.txt');
    const token = tokenOf(await take(path, { seconds: 60 }));
    const [first] = server.locks.held;
    serverClock.advance(30 * SECOND);
    await foreign.refresh(bo, path, token, 60);
    expect(server.locks.held).toMatchObject([{ token: first?.token, endsAt: serverClock.now() + 60 * SECOND }]);
    server.locks.dropAll();
    // Meanwhile its token is worth nothing there, which is no reason against a change.
    const second = 'x'.repeat(40_000);
    await tree.replace(bo, item.id, words(second));
    expect(await textOf(tree.open(bo, item.id))).toBe(second);
    await foreign.refresh(bo, path, token, 60);
    expect(server.locks.held).toHaveLength(1);
    expect(server.locks.held[0]?.token).not.toBe(first?.token);
    server.locks.dropAll();
    server.locks.take('/a.txt');
    await foreign.refresh(bo, path, token, 60);
    expect(await codeOf(tree.replace(bo, item.id, textContent('third')))).toBe('locked');
  });
});

describe('a lock on a file of another server', () => {
  it('is ours alone where there are no locks: nobody is asked for one', async () => {
    const { server, file, take, foreign, bo } = await scripted(PROFILES.seafile);
    const { item, path } = await file('a.txt');
    server.heard.splice(0);
    await take(path);
    expect(server.heard.map(({ method }) => method)).toEqual(['OPTIONS']);
    expect(await foreign.on(bo, path)).toMatchObject([{ itemId: item.id }]);
  });

  it.each([401, 403, 404, 405, 500, 501, 503])('is ours alone where LOCK is answered %i', async (status) => {
    const { server, file, take, foreign, bo } = await scripted(PROFILES.apache);
    const { item, path } = await file('a.txt');
    server.standIn = ({ method }) => (method === 'LOCK' ? { status } : undefined);
    const lock = await take(path);
    expect(await foreign.holdsAny(bo, item.id)).toBe(true);
    await foreign.release(bo, path, tokenOf(lock));
    expect(server.heard.some(({ method }) => method === 'UNLOCK')).toBe(false);
  });

  it.each(['', 'no brackets', '<a> <b>', `<${'x'.repeat(501)}>`, '<\u00e9>'])(
    'is ours alone where its token could not be shown again: %j (G9)',
    async (token) => {
      const { server, file, take, foreign, tree, bo } = await scripted(PROFILES.apache);
      const { item, path } = await file('a.txt');
      const headers: Record<string, string> = token === '' ? {} : { 'lock-token': token };
      server.standIn = ({ method }) => (method === 'LOCK' ? { status: 200, headers, body: '<not XML' } : undefined);
      const lock = await take(path);
      server.heard.splice(0);
      await tree.replace(bo, item.id, textContent('second'));
      await foreign.release(bo, path, tokenOf(lock));
      expect(server.heard.filter(({ method, headers: { if: shown } }) => method === 'UNLOCK' || shown)).toEqual([]);
    },
  );

  it('is asked for in the words of RFC 4918, and shown so that a server which has dropped it refuses nothing (10.4.6)', async () => {
    const { server, file, take, tree, bo, mountId } = await scripted(PROFILES.apache);
    const folder = await tree.makeFolder(bo, mountId, 'Plans & more');
    const { item, path } = await file('a b.txt', folder);
    server.heard.splice(0);
    await take(path, { isDeep: true, seconds: 90 });
    expect(server.heard.map(({ method, headers: { depth, timeout } }) => [method, depth, timeout])).toEqual([
      ['OPTIONS', undefined, undefined],
      ['LOCK', '0', 'Second-90'],
    ]);
    const shown = `(<${server.locks.held[0]?.token ?? ''}>) (Not <DAV:no-lock>)`;
    server.heard.splice(0);
    await tree.replace(bo, item.id, textContent('second'));
    await take((await file('c.txt')).path);
    await tree.remove(bo, folder.id);
    const heard = server.heard.filter(({ method }) => ['PUT', 'DELETE', 'OPTIONS'].includes(method));
    expect(heard.map(({ method, headers }) => [method, headers['if']])).toEqual([
      ['PUT', shown],
      ['PUT', undefined],
      ['DELETE', `<${server.url}Plans%20%26%20more/a%20b.txt> ${shown}`],
    ]);
  });

  it('is of no harm where it binds nobody, as with a Nextcloud', async () => {
    const { server, file, take, foreign, tree, bo } = await scripted(PROFILES.nextcloud);
    const { item, path } = await file('a.txt');
    const lock = await take(path);
    expect((await fetch(`${server.url}a.txt`, { method: 'PUT', body: 'theirs' })).status).toBe(204);
    await tree.replace(bo, item.id, textContent('ours'));
    await foreign.release(bo, path, tokenOf(lock));
    expect(await textOf(tree.open(bo, item.id))).toBe('ours');
  });

  it('is refused where a Nextcloud says that it has one of its own, though it takes none by the secret of a share, and does not rest for it', async () => {
    const { server, file, take } = await scripted(PROFILES.nextcloud);
    const { path } = await file('a.txt');
    let isHeld = '1';
    server.standIn = ({ method, path: at }) => {
      if (method === 'LOCK') return { status: 500 };
      if (method !== 'PROPFIND' || !at.endsWith('a.txt')) return undefined;
      const body = `<d:multistatus xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:response><d:href>/a.txt</d:href><d:propstat><d:prop><nc:lock>${isHeld}</nc:lock></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`;
      return { status: 207, headers: { 'content-type': 'application/xml' }, body };
    };
    for (let time = 0; time < 12; time += 1) expect(await codeOf(take(path))).toBe('locked');
    isHeld = '';
    expect(tokenOf(await take(path))).toMatch(/^urn:uuid:/);
  });

  it('is given back before a folder goes of which too many locks would have to be shown', async () => {
    const { server, file, take, tree, bo, mountId } = await scripted(PROFILES.apache);
    const folder = await tree.makeFolder(bo, mountId, 'Plans');
    for (let n = 0; n < 16; n += 1) await take((await file(`${String(n)}-${'n'.repeat(240)}`, folder)).path);
    server.heard.splice(0);
    await tree.remove(bo, folder.id);
    expect(server.heard.filter(({ method }) => method === 'UNLOCK')).toHaveLength(16);
    expect([server.locks.held, server.disk.find('/Plans')]).toEqual([[], undefined]);
  });

  it('is not passed on when it is shared, or on a folder', async () => {
    const { server, file, take, tree, bo, mountId } = await scripted(PROFILES.apache);
    const folder = await tree.makeFolder(bo, mountId, 'Plans');
    const { path } = await file('a.txt');
    server.heard.splice(0);
    await take(path, { isShared: true });
    await take([folder.id, mountId], { isFolder: true } as Partial<LockWish>);
    expect(server.heard).toEqual([]);
  });

  it('that has ended here and not there is still shown, and given back as soon as can be', async () => {
    const { server, serverClock, clock, file, take, foreign, tree, bo } = await scripted({
      ...PROFILES.apache,
      lockSeconds: 12 * 3_600,
    });
    const { item, path } = await file('a.txt');
    const lock = await take(path, { seconds: 60 });
    server.standIn = ({ method }) => (method === 'UNLOCK' ? { status: 503 } : undefined);
    await foreign.release(bo, path, tokenOf(lock));
    expect([await foreign.holdsAny(bo, item.id), server.locks.held.length]).toEqual([false, 1]);
    await tree.replace(bo, item.id, textContent('second'));
    expect(await foreign.giveBackOver()).toBe(0);
    server.standIn = undefined;
    expect([await foreign.giveBackOver(), server.locks.held.length]).toEqual([1, 0]);
    // The same after one whose time was over.
    await take(path, { seconds: 60 });
    for (const each of [clock, serverClock]) each.advance(HOUR);
    expect([server.locks.held.length, await foreign.giveBackOver(), server.locks.held.length]).toEqual([1, 1, 0]);
    // And it is not in the way of the next one.
    await take(path, { seconds: 60 });
    for (const each of [clock, serverClock]) each.advance(HOUR);
    await take(path, { seconds: 60 });
    expect(server.locks.held).toHaveLength(1);
  });
});

describe('a lock on a file behind a real rclone', () => {
  it.skipIf(reasonAgainst('rclone'))('binds others there, and not us', { timeout: 60_000 }, async () => {
    const { url } = await serve('rclone');
    const { file, take, foreign, tree, bo } = await behind(await openSpace(bench, { resourceUrl: url }));
    const { item, path } = await file('a.txt');
    const lock = await take(path);
    const theirs = async () => (await fetch(`${url}a.txt`, { method: 'PUT', body: 'theirs' })).status;
    expect(await theirs()).toBe(423);
    await tree.replace(bo, item.id, textContent('second'));
    await foreign.refresh(bo, path, tokenOf(lock));
    expect(await theirs()).toBe(423);
    await foreign.release(bo, path, tokenOf(lock));
    expect(await theirs()).toBe(201);
    await take(path);
    await tree.move(bo, item.id, { name: 'b.txt' });
    expect(await textOf(tree.open(bo, item.id))).toBe('theirs');
    expect((await fetch(`${url}b.txt`, { method: 'PUT', body: 'theirs' })).status).toBe(201);
  });
});
