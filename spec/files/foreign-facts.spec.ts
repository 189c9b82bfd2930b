import { expect, it } from 'vitest';
import { addMount, ForeignFacts, removeMount, type MountFacts, type Sighting } from '../../src/files/index.js';
import { ForeignIds } from '../../src/files/records/foreign-ids.js';
import { DAY, type AccountId, type ItemId } from '../../src/kernel/index.js';
import type { Database } from '../../src/platform/index.js';
import { createHandClock, type HandClock } from '../support/seeds.js';
import { eachDatabase } from '../support/each-database.js';
import { addPerson } from './files-bench.js';

const file = (key: string, changes: Partial<Sighting> = {}): Sighting => ({
  key,
  kind: 'file',
  fileId: undefined,
  tag: '"1"',
  size: 5,
  changedAt: 1_000,
  checksum: undefined,
  ...changes,
});
const folder = (key: string, changes: Partial<Sighting> = {}): Sighting =>
  file(key, { kind: 'folder', size: 0, ...changes });

eachDatabase((bench) => {
  interface Opened {
    readonly database: Database;
    readonly clock: HandClock;
    readonly facts: MountFacts;
    readonly ids: ForeignIds;
    readonly mountId: ItemId;
  }

  async function open(most = 100_000): Promise<Opened> {
    const clock = createHandClock();
    const database = await bench.open();
    await addPerson(database, 'bo');
    const where = { accountId: 'bo' as AccountId, incomingId: 'in', name: 'Abroad', rootKey: '/' };
    const terms = { permission: 'read-write', expiresAt: undefined, createdAt: 0 } as const;
    const mount = await database.write((trx) => addMount(trx, { ...where, ...terms }));
    const facts = new ForeignFacts({ database, clock, most }).of('in');
    return { database, clock, facts, ids: new ForeignIds({ database, clock }), mountId: mount.id };
  }

  it('counts the versions of a content: another tag, size or time is another content', async () => {
    const { facts } = await open();
    const versions: number[] = [];
    for (const seen of [{}, {}, { tag: '"2"' }, { tag: '"2"', size: 6 }, { tag: '"2"', size: 6, changedAt: 2_000 }]) {
      const [fact] = await facts.meet([file('/a', seen)]);
      versions.push(fact?.version ?? 0);
    }
    expect(versions).toEqual([1, 1, 2, 3, 4]);
    expect(await facts.meet([file('/a', { tag: '"2"', size: 6, changedAt: 2_000 })])).toMatchObject([
      { status: 'CHANGED' },
    ]);
  });

  it('takes the time of the first sight where none is said, for as long as the content is the same', async () => {
    const { facts, clock } = await open();
    const nameless = { changedAt: undefined };
    const [first] = await facts.meet([file('/a', nameless)]);
    expect(first?.changedAt).toBe(clock.now());
    clock.advance(2 * DAY);
    expect(await facts.meet([file('/a', nameless)])).toMatchObject([{ version: 1, changedAt: first?.changedAt }]);
    expect(await facts.meet([file('/a', { ...nameless, size: 6 })])).toMatchObject([
      { version: 2, changedAt: clock.now() },
    ]);
  });

  it('does not count what happens in a folder', async () => {
    const { facts } = await open();
    await facts.meet([folder('/a')]);
    expect(await facts.meet([folder('/a', { tag: '"2"', changedAt: 9 })])).toMatchObject([
      { version: 1, status: 'NEW' },
    ]);
  });

  it('keeps what was said of a content for as long as it is the same', async () => {
    const { facts } = await open();
    await facts.keep(file('/a'), { version: 4, status: 'CHANGED', checksum: 7, contentAt: 99 });
    expect(await facts.meet([file('/a')])).toMatchObject([{ version: 4, checksum: 7, contentAt: 99 }]);
    const [after] = await facts.meet([file('/a', { tag: '"2"' })]);
    expect(after).toMatchObject({ version: 5, checksum: 0, contentAt: undefined });
    expect(await facts.meet([file('/b', { checksum: 12 })])).toMatchObject([{ checksum: 12 }]);
  });

  it('follows what was renamed elsewhere by its file id, with everything below and its ids', async () => {
    const { facts, ids, mountId } = await open();
    await facts.meet([folder('/a', { fileId: '1' }), file('/a/x', { fileId: '2' }), file('/b', { fileId: '3' })]);
    const before = await ids.idsOf(mountId, ['/a', '/a/x', '/b']);
    expect(await facts.meet([folder('/c', { fileId: '1' }), file('/b', { fileId: '3' })])).toMatchObject([
      { version: 2, status: 'RENAMED' },
      { version: 1, status: 'NEW' },
    ]);
    const after = await ids.idsOf(mountId, ['/c', '/c/x', '/b']);
    const moved = { '/a': '/c', '/a/x': '/c/x', '/b': '/b' };
    for (const [old, now] of Object.entries(moved)) expect(after.get(now), now).toBe(before.get(old));
    expect(await facts.kindOf('/a')).toBeUndefined();
    expect(await facts.kindOf('/c/x')).toBe('file');
  });

  it('takes nothing for renamed that is still where it was, or that lies in itself', async () => {
    const { facts } = await open();
    await facts.meet([folder('/a', { fileId: '1' })]);
    const seen = [folder('/a', { fileId: '1' }), folder('/b', { fileId: '1' })];
    expect(await facts.meet(seen)).toMatchObject([{ status: 'NEW' }, { status: 'NEW' }]);
    await facts.meet([folder('/a/b', { fileId: '1' })]);
    expect(await facts.kindOf('/a')).toBe('folder');
  });

  it('moves and forgets with everything below, and a moved item that was followed already keeps its ids', async () => {
    const { facts, ids, mountId } = await open();
    await facts.meet([folder('/a'), file('/a/x'), file('/ab')]);
    const before = await ids.idsOf(mountId, ['/a', '/a/x']);
    await facts.moved('/a', '/c');
    await ids.rename(mountId, '/a', '/c');
    await ids.rename(mountId, '/a', '/c');
    expect([...(await ids.idsOf(mountId, ['/c', '/c/x'])).values()]).toEqual([...before.values()]);
    expect(await facts.meet([folder('/c'), file('/c/x')])).toMatchObject([
      { version: 2, status: 'RENAMED' },
      { version: 1 },
    ]);
    await facts.forget('/c');
    expect([await facts.kindOf('/c'), await facts.kindOf('/c/x'), await facts.kindOf('/ab')]).toEqual([
      undefined,
      undefined,
      'file',
    ]);
  });

  it('F-67 gives up what was unseen for longest when there is too much', async () => {
    const { facts, clock } = await open(10);
    await facts.meet(Array.from({ length: 10 }, (_, at) => file(`/old${String(at)}`)));
    clock.advance(2 * DAY);
    await facts.meet(Array.from({ length: 8 }, (_, at) => file(`/new${String(at)}`)));
    await facts.meet([file('/newest')]);
    expect(await facts.kindOf('/old0')).toBeUndefined();
    expect(await facts.kindOf('/new0')).toBe('file');
  });

  it('remembers how the server is spoken to, and nothing of a share that is not mounted or has ended', async () => {
    const { database, clock, facts } = await open();
    await facts.keepManners('{}');
    await facts.keepManners('{"a":1}');
    expect(await facts.manners()).toBe('{"a":1}');
    const other = new ForeignFacts({ database, clock }).of('other');
    expect(await other.meet([file('/a', { checksum: 3 })])).toMatchObject([
      { version: 1, status: 'NEW', checksum: 3, contentAt: undefined, changedAt: 1_000 },
    ]);
    expect(await other.manners()).toBeUndefined();
    await facts.meet(Array.from({ length: 450 }, (_, at) => file(`/${String(at)}`)));
    await database.write((trx) => removeMount(trx, 'in', clock.now()));
    expect(await database.read('foreign_facts').select()).toEqual([]);
    expect(await database.read('foreign_manners').select()).toEqual([]);
  });
});
