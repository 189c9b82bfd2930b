import { expect, it, vi } from 'vitest';
import { addMember, addMount } from '../../src/files/index.js';
import { ROOT_ID } from '../../src/kernel/index.js';
import type { Database } from '../../src/platform/index.js';
import { eachDatabase } from '../support/each-database.js';
import { childrenOf, namesIn, openFilesBench, textContent, textOf, type FilesBench } from './files-bench.js';

/** The statements that `work` sends; fails when one of them writes. */
async function statementsOf(database: Database, work: () => Promise<unknown>): Promise<number> {
  const seen: string[] = [];
  const listen = (query: { sql: string }): void => void seen.push(query.sql);
  const write = vi.spyOn(database, 'write');
  database.read.on('query', listen);
  await work();
  database.read.off('query', listen);
  expect(write).not.toHaveBeenCalled();
  write.mockRestore();
  expect(seen.filter((sql) => !/^(select|with)/i.test(sql))).toEqual([]);
  return seen.length;
}

eachDatabase((bench) => {
  async function open(): Promise<FilesBench> {
    const files = await openFilesBench(await bench.open());
    const terms = { permission: 'read-write', expiresAt: undefined } as const;
    const shared = await files.tree.makeFolder(files.ana, ROOT_ID, 'Shared');
    const member = { folderId: shared.id, accountId: files.bo.accountId, joinedAt: 0, ...terms };
    const mount = { accountId: files.bo.accountId, incomingId: 'in', name: 'Abroad', createdAt: 0, ...terms };
    await files.database.write((trx) => addMember(trx, member));
    await files.database.write((trx) => addMount(trx, { ...mount, rootKey: files.abroad.rootKey }));
    return files;
  }

  it('a poll of a root, a folder, a file or a grant costs few statements and writes nothing', async () => {
    const files = await open();
    const { tree, bo, ana, database } = files;
    const folder = await tree.makeFolder(bo, ROOT_ID, 'Own');
    const file = await tree.create(bo, folder.id, 'a', textContent('1'));
    const [shared] = await childrenOf(tree.list(ana, ROOT_ID));
    const grant = files.grant(shared?.id ?? ROOT_ID);
    expect(await statementsOf(database, () => namesIn(tree, bo, ROOT_ID))).toBeLessThanOrEqual(4);
    expect(await statementsOf(database, () => namesIn(tree, bo, folder.id))).toBe(2);
    expect(await statementsOf(database, () => tree.stat(bo, file.id))).toBe(1);
    expect(await statementsOf(database, () => textOf(tree.open(bo, file.id)))).toBe(1);
    expect(await statementsOf(database, () => namesIn(tree, grant, grant.folderId))).toBe(2);
  });

  it('a poll of a mount costs few statements and writes nothing once the ids are given', async () => {
    const { tree, bo, database, abroad } = await open();
    await abroad.create(abroad.rootKey, 'a', textContent('1'));
    const mount = (await childrenOf(tree.list(bo, ROOT_ID))).find((item) => item.place === 'mount');
    const id = mount?.id ?? ROOT_ID;
    const [file] = await childrenOf(tree.list(bo, id));
    expect(await statementsOf(database, () => namesIn(tree, bo, id))).toBeLessThanOrEqual(3);
    expect(await statementsOf(database, () => tree.stat(bo, id))).toBe(2);
    expect(await statementsOf(database, () => tree.stat(bo, file?.id ?? ROOT_ID))).toBeLessThanOrEqual(3);
  });

  it('a listing of any length holds one page at a time', async () => {
    const { tree, bo, database } = await open();
    const folder = await tree.makeFolder(bo, ROOT_ID, 'Large');
    const common = { owner_id: 'bo', parent_id: folder.id, is_folder: true, status: 'NEW', version: 1, modified_at: 0 };
    for (let start = 1_000; start < 2_300; start += 100) {
      const ids = Array.from({ length: 100 }, (_, index) => start + index);
      const rows = ids.map((id) => ({ ...common, id, name: String(id), mimetype: 'inode/directory' }));
      await database.write((trx) => trx('items').insert(rows));
    }
    const { children } = await tree.list(bo, folder.id);
    const iterator = children[Symbol.asyncIterator]();
    expect(await statementsOf(database, () => iterator.next())).toBe(1);
    const names = await namesIn(tree, bo, folder.id);
    expect(names).toEqual(Array.from({ length: 1_300 }, (_, index) => String(1_000 + index)));
    expect(await statementsOf(database, () => namesIn(tree, bo, folder.id))).toBe(4);
  });

  it('FLW-03 a listing asks for a signal that would have to be made only when it is long', async () => {
    const { tree, bo, database } = await open();
    const leaving = new AbortController();
    let asked = 0;
    const signal = (): AbortSignal => ((asked += 1), leaving.signal);
    await childrenOf(tree.list(bo, ROOT_ID, { signal }));
    expect(asked).toBe(0);
    const row = {
      owner_id: 'bo',
      is_folder: true,
      status: 'NEW',
      version: 1,
      modified_at: 0,
      mimetype: 'inode/directory',
    };
    for (let start = 1_000; start < 1_600; start += 100) {
      const ids = Array.from({ length: 100 }, (_, index) => start + index);
      await database.write((trx) => trx('items').insert(ids.map((id) => ({ ...row, id, name: String(id) }))));
    }
    leaving.abort();
    await expect(childrenOf(tree.list(bo, ROOT_ID, { signal }))).rejects.toMatchObject({ name: 'Failure' });
    expect(asked).toBe(1);
  });

  it('FLW-03 a listing ends when it is given up', async () => {
    const { tree, bo } = await open();
    const giveUp = new AbortController();
    const { children } = await tree.list(bo, ROOT_ID, { signal: giveUp.signal });
    giveUp.abort();
    await expect(children[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: 'Failure' });
  });
});
