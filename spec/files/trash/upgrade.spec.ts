import { describe, expect, it } from 'vitest';
import { migrations } from '../../../migrations/index.js';
import { MINUTE, type AccountId, type ItemId } from '../../../src/kernel/index.js';
import { migrate, rollback, type Database } from '../../../src/platform/index.js';
import { eachDatabase, openForTest } from '../../support/each-database.js';
import { createHandClock } from '../../support/seeds.js';
import { trashOver } from '../files-bench.js';

const ANA = 'ana' as AccountId;
const OLD_STEPS = migrations.findIndex(({ name }) => name === '0016-trash');

/** An item of the release before, with its versions: each a content, the place it was at, and when. */
async function keep(
  database: Database,
  id: number,
  deletedAt: number | null,
  versions: readonly { readonly content: string | null; readonly parent: number | null }[],
): Promise<void> {
  const rows = versions.map(({ content, parent }, index) => ({
    version: index + 1,
    name: `item ${String(id)}`,
    parent_id: parent,
    status: 'NEW',
    size: content?.length ?? 0,
    checksum: 0,
    mimetype: 'text/plain',
    content_key: content,
    sha256: content,
    modified_at: index * MINUTE,
  }));
  const last = rows.at(-1);
  const isFolder = last?.content_key === null;
  await database.write(async (trx) => {
    await trx('items').insert({ ...last, id, owner_id: ANA, is_folder: isFolder, deleted_at: deletedAt });
    await trx('item_versions').insert(rows.map((row) => ({ ...row, item_id: id })));
  });
}

eachDatabase((bench) => {
  describe('a database of the release before (F-04, F-05, F-07)', () => {
    it('keeps every row; older versions and deleted items are counted, and can be restored', async () => {
      const database = await openForTest(await bench.empty());
      await migrate(database, migrations.slice(0, OLD_STEPS));
      await database.write((trx) => trx('accounts').insert({ id: ANA, name: 'Ana', used_bytes: 6, created_at: 0 }));
      const folder = { content: null, parent: null };
      await keep(database, 1, null, [folder]);
      await keep(database, 2, null, [
        { content: 'four', parent: null },
        { content: 'four', parent: 1 },
        { content: 'sixsix', parent: 1 },
      ]);
      await keep(database, 3, 5, [folder, folder]);
      await keep(database, 4, 5, [{ content: 'gone', parent: 3 }]);
      await keep(database, 5, 4, [{ content: 'earlier', parent: 3 }]);
      await migrate(database, migrations);

      const trash = trashOver(database, createHandClock());
      expect(await trash.usage(ANA)).toMatchObject({ current: 6, versions: 4, trash: 11 });
      const entries = await trash.list(ANA, 10);
      expect(entries.map(({ id, bytes }) => [id, bytes]).sort()).toEqual([
        ['3', 4],
        ['5', 7],
      ]);
      const arrivals = await database.read('arrivals');
      expect(arrivals).toEqual([{ item_id: 2, folder_id: 1, at: MINUTE }]);
      await trash.restore(ANA, '3' as ItemId);
      expect(await database.read('items').whereNull('deleted_at').orderBy('id').pluck('id')).toEqual([1, 2, 3, 4]);
      await trash.empty(ANA);
      expect(await trash.usage(ANA)).toMatchObject({ current: 10, versions: 4, trash: 0 });
    });

    it('counts anew what the release before changed after a step back, once it is upgraded again', async () => {
      const database = await openForTest(await bench.empty());
      await migrate(database, migrations.slice(0, OLD_STEPS));
      await database.write((trx) => trx('accounts').insert({ id: ANA, name: 'Ana', used_bytes: 10, created_at: 0 }));
      const [four, six] = ['four', 'sixsix'].map((content) => ({ content, parent: null }));
      await keep(
        database,
        1,
        null,
        [four, six].flatMap((version) => version ?? []),
      );
      await keep(
        database,
        2,
        null,
        [four].flatMap((version) => version ?? []),
      );
      await migrate(database, migrations);
      const before = trashOver(database, createHandClock());
      expect(await before.usage(ANA)).toMatchObject({ current: 10, versions: 4, trash: 0 });

      while ((await rollback(database, migrations)) !== '0016-trash');
      // As the release before does it: one file gets a third content, the other is deleted.
      await database.write(async (trx) => {
        const third = { version: 3, size: 3, content_key: 'abc', sha256: 'abc' };
        const {
          id: _id,
          owner_id: _owner,
          is_folder: _kind,
          deleted_at: _at,
          ...row
        } = await trx('items').where({ id: 1 }).first();
        await trx('items').where({ id: 1 }).update(third);
        await trx('item_versions').insert({ ...row, ...third, item_id: 1 });
        await trx('items').where({ id: 2 }).update({ deleted_at: 7, status: 'DELETED' });
        await trx('accounts').where({ id: ANA }).update({ used_bytes: 3 });
      });
      await migrate(database, migrations);

      const trash = trashOver(database, createHandClock());
      expect(await trash.usage(ANA)).toMatchObject({ current: 3, versions: 10, trash: 4 });
      expect((await trash.list(ANA, 10)).map(({ id, bytes }) => [id, bytes])).toEqual([['2', 4]]);
      await trash.empty(ANA);
      expect(await trash.usage(ANA)).toMatchObject({ current: 3, versions: 10, trash: 0 });
    });
  });
});
