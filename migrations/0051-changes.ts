import type { Migration } from '../src/platform/index.js';
import { isPostgres } from './engine.js';

/**
 * The changes of each account's tree, numbered without a gap in the order of their commits, and on each item the number
 * of the last change at it or below it (0: none since this step). `mark` is random: number and mark together tell
 * whether a remembered change is part of this history.
 */
export const changes: Migration = {
  name: '0051-changes',
  async up(trx) {
    // SQLite keeps the rows in the key itself: they are only ever read and taken away in its order.
    await trx.raw(`create table changes (
      tree text not null,
      number bigint not null,
      item_id bigint not null,
      kind text not null,
      above text not null,
      mark text not null,
      due_at bigint not null,
      primary key (tree, number)
    )${isPostgres(trx) ? '' : ' without rowid'}`);
    await trx.raw('create index changes_due on changes (due_at)');
    await trx.raw(`insert into meta (key, value) select 'changes-begun', cast(random() as text)`);
    await trx.schema.alterTable('items', (table) => {
      table.bigInteger('last_change').notNullable().defaultTo(0);
    });
  },
  async down(trx) {
    // Not by knex, see 0016.
    await trx.raw('alter table items drop column last_change');
    await trx('meta').where({ key: 'changes-begun' }).delete();
    await trx.schema.dropTable('changes');
  },
};
