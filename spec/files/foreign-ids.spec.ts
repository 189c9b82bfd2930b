import { expect, it } from 'vitest';
import { addMount } from '../../src/files/index.js';
import { ForeignIds } from '../../src/files/foreign-ids.js';
import type { AccountId, ItemId } from '../../src/kernel/index.js';
import type { Database } from '../../src/platform/index.js';
import { eachDatabase } from '../support/each-database.js';
import { addPerson } from './files-bench.js';

eachDatabase((bench) => {
  async function open(): Promise<{ database: Database; ids: ForeignIds; mountId: ItemId }> {
    const database = await bench.open();
    await addPerson(database, 'bo');
    const where = { accountId: 'bo' as AccountId, incomingId: 'in', name: 'Abroad', rootKey: '/' };
    const terms = { permission: 'read-write', expiresAt: undefined, createdAt: 0 } as const;
    const mount = await database.write((trx) => addMount(trx, { ...where, ...terms }));
    return { database, ids: new ForeignIds(database), mountId: mount.id };
  }

  it('PTH-10 gives each key one id, in batches of any size, and the same one again', async () => {
    const { ids, mountId } = await open();
    const keys = Array.from({ length: 450 }, (_, index) => `key ${String(index)}`);
    const first = await ids.idsOf(mountId, [...keys, ...keys]);
    expect(new Set(first.values()).size).toBe(450);
    expect(await ids.idsOf(mountId, keys)).toEqual(first);
  });

  it('gives one id to a key that several ask for at once', async () => {
    const { database, ids, mountId } = await open();
    const answers = await Promise.all(Array.from({ length: 8 }, () => ids.idsOf(mountId, ['same', 'other'])));
    expect(new Set(answers.map((answer) => answer.get('same'))).size).toBe(1);
    expect(await database.read('foreign_items').select()).toHaveLength(2);
  });

  it('keeps ids when a path is renamed, with everything below it and nothing beside it', async () => {
    const { ids, mountId } = await open();
    const before = await ids.idsOf(mountId, ['/a', '/a/x', '/a/🙂/y', '/ab', '/a_']);
    await ids.rename(mountId, '/a', '/c/🙂');
    const renamed = { '/a': '/c/🙂', '/a/x': '/c/🙂/x', '/a/🙂/y': '/c/🙂/🙂/y', '/ab': '/ab', '/a_': '/a_' };
    const after = await ids.idsOf(mountId, Object.values(renamed));
    for (const [old, now] of Object.entries(renamed)) expect(after.get(now), now).toBe(before.get(old));
  });

  it('does not let what was there before stand in the way of a renamed path', async () => {
    const { ids, mountId } = await open();
    const before = await ids.idsOf(mountId, ['/old', '/new', '/new/x']);
    await ids.rename(mountId, '/old', '/new');
    const after = await ids.idsOf(mountId, ['/new', '/new/x']);
    expect(after.get('/new')).toBe(before.get('/old'));
    expect(after.get('/new/x')).not.toBe(before.get('/new/x'));
  });

  it('takes a namesake of something deleted for something new', async () => {
    const { ids, mountId } = await open();
    const before = await ids.idsOf(mountId, ['/a', '/a/x', '/ab']);
    await ids.forget(mountId, '/a');
    const after = await ids.idsOf(mountId, ['/a', '/a/x', '/ab']);
    expect([...after].filter(([key, id]) => before.get(key) === id).map(([key]) => key)).toEqual(['/ab']);
  });
});
