import type { Migration } from '../src/platform/index.js';

/**
 * Copies and moves from one space to another, which outlive the process that does them: what is to be done, how far it has come,
 * and of a move what has to leave its old place (webdav.md 1.8).
 */
export const transfers: Migration = {
  name: '0094-transfers',
  async up(trx) {
    await trx.schema.createTable('transfers', (table) => {
      table.text('id').primary();
      // in the words of `actorOf`
      table.text('actor').notNullable();
      // the person, or the owner of what the grant opens
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE').index();
      // who asks, as JSON: ids alone
      table.text('principal').notNullable();
      table.boolean('is_move').notNullable();
      // what is asked for, with the state of its source: a repeat is known by it
      table.text('what').notNullable();
      // how the request calls source and target, as a digest
      table.text('asked').notNullable();
      // what the door of the request needs for its answer
      table.text('note').notNullable();
      // ids of items have an index each: ids of other clouds that are named somewhere are not given up (F-67)
      table.bigInteger('source_id').notNullable().index();
      table.text('source_name').notNullable();
      table.boolean('is_folder').notNullable();
      // 0: the root
      table.bigInteger('parent_id').notNullable().index();
      table.text('name').notNullable();
      // what stood at the target when it was asked
      table.bigInteger('old_id');
      // lock tokens, depth, time of the content, as JSON; tokens are no secret, see 0093
      table.text('shown').notNullable();
      table.text('stage').notNullable();
      // what is made hidden at the target
      table.bigInteger('staged_id').index();
      // the state of the source folder when its copy was begun
      table.text('source_state');
      table.bigInteger('item_id').index();
      table.integer('item_version');
      table.bigInteger('files').notNullable();
      table.bigInteger('bytes').notNullable();
      table.bigInteger('total_bytes');
      // null: under way; done, failed or cancelled
      table.text('outcome');
      table.text('faults');
      table.boolean('is_cancelled').notNullable();
      table.integer('attempts').notNullable();
      table.text('claimed_by');
      table.bigInteger('claimed_until');
      table.bigInteger('begun_at').notNullable();
      table.bigInteger('started_at');
      table.bigInteger('ended_at').index();
      table.index(['actor', 'asked']);
      table.index(['actor', 'ended_at']);
    });
    await trx.raw('create unique index transfers_once on transfers (actor, what) where ended_at is null');
    await trx.raw('create index transfers_open on transfers (actor, begun_at, id) where ended_at is null');
    await trx.schema.createTable('transfer_members', (table) => {
      table.text('transfer_id').notNullable().references('transfers.id').onDelete('CASCADE');
      table.integer('number').notNullable();
      table.bigInteger('item_id').notNullable().index();
      table.boolean('is_folder').notNullable();
      table.bigInteger('version').notNullable();
      table.text('etag').notNullable();
      table.bigInteger('size');
      table.bigInteger('checksum').notNullable();
      table.text('path').notNullable();
      table.primary(['transfer_id', 'number']);
    });
  },
  async down(trx) {
    // What was under way stays where it was; what was hidden goes with the next sweeps.
    await trx.schema.dropTable('transfer_members');
    await trx.schema.dropTable('transfers');
  },
};
