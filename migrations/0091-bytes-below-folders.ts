import type { Migration } from '../src/platform/index.js';

/**
 * On each folder the bytes of the live files in it, at any depth. What is on its way to its place, and what is an entry of the trash,
 * is not counted by the folders around it; a folder in the trash keeps what was in it. Counted here by one statement, and anew
 * whenever the step is taken again. On mounts: what the other cloud says of the folder that it shares; null: nothing.
 */
export const bytesBelowFolders: Migration = {
  name: '0091-bytes-below-folders',
  async up(trx) {
    await trx.raw('alter table items add column below_bytes bigint not null default 0');
    await trx.raw(COUNT);
    await trx.raw('alter table mounts add column below_bytes bigint');
  },
  async down(trx) {
    // Not by knex, see 0016.
    for (const table of ['mounts', 'items']) await trx.raw(`alter table ${table} drop column below_bytes`);
  },
};

/** Far deeper than folders can be: a damaged tree must not hang the step. */
const LIMIT = 200;

const isCounted = (row: string): string => `${row}.staged_at is null and ${row}.erased_at is null
  and not exists (select 1 from trash where trash.item_id = ${row}.id)`;

/** First what lies directly in each folder: so only these sums go up, and not every file. */
const COUNT = `with recursive direct (id, bytes) as (
    select f.parent_id, cast(sum(f.size) as bigint) from items as f
    where f.parent_id is not null and not f.is_folder and ${isCounted('f')}
    group by f.parent_id
  ), up (id, bytes, height) as (
    select id, bytes, 0 from direct
    union all
    select d.parent_id, up.bytes, up.height + 1 from up join items as d on d.id = up.id
    where d.parent_id is not null and up.height < ${String(LIMIT)} and ${isCounted('d')}
  ), sums (id, bytes) as (
    select id, cast(sum(bytes) as bigint) from up group by id
  )
  update items set below_bytes = sums.bytes from sums where items.id = sums.id and sums.bytes > 0`;
