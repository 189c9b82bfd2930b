import type { Migration, Transaction } from '../src/platform/index.js';
import { databaseTime } from './database-time.js';

/**
 * What a person's space keeps beside the files as they are: the trash, and older versions. Both count against the quota,
 * so each item knows what its older contents take and each account the sums. `trash` has one row for each deleted item or
 * whole folder; `arrivals` says since when an item lies below a folder, for those who may see only what came after.
 * What was deleted before this step enters the trash today: nobody was told that its days were counted.
 */
export const trash: Migration = {
  name: '0016-trash',
  async up(trx) {
    await addColumns(trx);
    await addTables(trx);
    await trx.raw(OLD_CONTENTS);
    await trx.raw('update items set thin_at = 0 where old_bytes > 0 and deleted_at is null');
    await trx.raw(VERSION_SUMS);
    await trx.raw(TRASH_SUMS);
    await trx.raw(TRASHED, [await databaseTime(trx)]);
    const sums: { top_id: number; bytes: number }[] = await trx
      .from(trx.raw(`(${BYTES_BELOW}) as sums`))
      .select('top_id', 'bytes');
    for (const { top_id, bytes } of sums) await trx('trash').where({ item_id: top_id }).update({ bytes });
    await trx.raw(ARRIVED);
  },
  async down(trx) {
    await trx.schema.dropTable('arrivals');
    await trx.schema.dropTable('trash');
    await trx.raw('drop index items_to_thin');
    await trx.raw('drop index items_with_old_versions');
    // knex would make the table anew, which SQLite refuses while others refer to it.
    for (const column of ['old_bytes', 'thin_at', 'erased_at']) {
      await trx.raw(`alter table items drop column ${column}`);
    }
    for (const column of ['version_bytes', 'trash_bytes']) await trx.raw(`alter table accounts drop column ${column}`);
  },
};

async function addColumns(trx: Transaction): Promise<void> {
  await trx.schema.alterTable('accounts', (table) => {
    // `used_bytes` stays what it was: the live files as they are now.
    table.bigInteger('version_bytes').notNullable().defaultTo(0);
    table.bigInteger('trash_bytes').notNullable().defaultTo(0);
  });
  await trx.schema.alterTable('items', (table) => {
    table.bigInteger('old_bytes').notNullable().defaultTo(0);
    // when the older versions are to be thinned out next
    table.bigInteger('thin_at');
    // an erased folder keeps a bare row while shares that ended refer to it
    table.bigInteger('erased_at');
  });
  await trx.raw('create index items_to_thin on items (thin_at) where thin_at is not null');
  await trx.raw('create index items_with_old_versions on items (owner_id) where old_bytes > 0 and deleted_at is null');
}

async function addTables(trx: Transaction): Promise<void> {
  await trx.schema.createTable('trash', (table) => {
    table.bigInteger('item_id').primary().references('items.id').onDelete('CASCADE');
    table.text('owner_id').notNullable().references('accounts.id');
    table.bigInteger('trashed_at').notNullable().index();
    // who deleted it, in the words of `actorOf`
    table.text('trashed_by').notNullable();
    // the folders above it, with `/` between them; empty at the root
    table.text('place').notNullable();
    table.bigInteger('bytes').notNullable().defaultTo(0);
    table.integer('items').notNullable().defaultTo(1);
    // filling, kept, restoring or erasing
    table.text('state').notNullable();
    table.index(['owner_id', 'trashed_at', 'item_id']);
  });
  await trx.raw(`create index trash_at_work on trash (item_id) where state <> 'kept'`);
  await trx.schema.createTable('arrivals', (table) => {
    table.bigInteger('item_id').notNullable().references('items.id').onDelete('CASCADE');
    table.bigInteger('folder_id').notNullable();
    table.bigInteger('at').notNullable();
    table.primary(['item_id', 'folder_id']);
  });
}

/** The sizes of an item's contents but the present one, each counted once: renames repeat a content. */
const OLD_CONTENTS = `update items set old_bytes = (
    select coalesce(sum(v.size), 0) from item_versions as v
    where v.item_id = items.id and v.content_key is not null and v.content_key <> items.content_key
      and not exists (select 1 from item_versions as e
        where e.item_id = v.item_id and e.content_key = v.content_key and e.version < v.version)
  ) where content_key is not null and version > 1`;

const VERSION_SUMS = `update accounts set version_bytes = (
    select coalesce(sum(i.old_bytes), 0) from items as i where i.owner_id = accounts.id and i.deleted_at is null)`;

const TRASH_SUMS = `update accounts set trash_bytes = (
    select coalesce(sum(i.size + i.old_bytes), 0) from items as i
    where i.owner_id = accounts.id and i.deleted_at is not null)`;

/** One entry for whatever was deleted by itself: not what went with the folder around it. */
const TRASHED = `insert into trash (item_id, owner_id, trashed_at, trashed_by, place, state)
  select i.id, i.owner_id, cast(? as bigint), 'person:' || i.owner_id, '', 'kept' from items as i
  left join items as above on above.id = i.parent_id
  where i.deleted_at is not null and (above.deleted_at is null or above.deleted_at <> i.deleted_at)`;

const BYTES_BELOW = `with recursive below (top_id, id, at) as (
    select t.item_id, t.item_id, i.deleted_at from trash as t join items as i on i.id = t.item_id
    union all
    select below.top_id, c.id, below.at from below join items as c on c.parent_id = below.id
    where c.deleted_at = below.at
  )
  select below.top_id as top_id, sum(i.size + i.old_bytes) as bytes from below
  join items as i on i.id = below.id group by below.top_id`;

/** Items that were ever moved count as having come under every folder above them with the last of those moves. */
const ARRIVED = `insert into arrivals (item_id, folder_id, at)
  with recursive moved (id, parent_id, at) as (
    select i.id, i.parent_id, (
      select min(n.modified_at) from item_versions as n where n.item_id = i.id and n.version > (
        select max(v.version) from item_versions as v
        where v.item_id = i.id and coalesce(v.parent_id, 0) <> coalesce(i.parent_id, 0)))
    from items as i
  ), above (item_id, folder_id, at) as (
    select id, parent_id, at from moved where at is not null and parent_id is not null
    union all
    select above.item_id, f.parent_id, above.at from above join items as f on f.id = above.folder_id
    where f.parent_id is not null
  )
  select item_id, folder_id, at from above`;
