import type { Migration } from '../src/platform/index.js';

/** Both halves of every agreement, invitations, grants, tombstones, the transition log, and messages on their way. */
export const shares: Migration = {
  name: '0004-shares',
  async up(trx) {
    await trx.schema.createTable('outgoing_shares', (table) => {
      table.text('id').primary();
      // the name of the agreement on the wire; a new one per chosen peer
      table.text('share_id').notNullable().unique();
      table.text('owner_id').notNullable().references('accounts.id');
      table.bigInteger('folder_id').notNullable().references('items.id').index();
      table.text('recipient').notNullable();
      table.text('recipient_folded').notNullable();
      table.text('permission').notNullable();
      table.text('comment').notNullable().defaultTo('');
      table.text('state').notNullable();
      table.text('end_reason');
      table.text('peer_id').references('peers.id');
      // where the chosen peer was when it was chosen (threat model CRD-07), JSON
      table.text('chosen');
      table.text('callback_hash').unique();
      table.text('callback_sealed');
      table.text('consent_url');
      // the owner's expiry of the share
      table.bigInteger('expires_at');
      // the end of the invitation's life while unanswered
      table.bigInteger('invitation_expires_at').notNullable();
      table.bigInteger('granted_at');
      // the callback request that decided, so that reloading it shows the same page (threat model CBK-03)
      table.text('decision_digest');
      table.integer('revision').notNullable().defaultTo(1);
      table.bigInteger('created_at').notNullable();
      table.bigInteger('changed_at').notNullable();
      table.index(['owner_id', 'state']);
      table.index(['state', 'invitation_expires_at']);
    });
    await trx.schema.createTable('invitations', (table) => {
      table.text('token_hash').primary();
      table.text('outgoing_id').notNullable().references('outgoing_shares.id').onDelete('CASCADE').index();
      table.bigInteger('created_at').notNullable();
    });
    await trx.schema.createTable('grants', (table) => {
      table.text('id').primary();
      table.text('outgoing_id').notNullable().references('outgoing_shares.id').onDelete('CASCADE');
      table.text('peer_id').notNullable().references('peers.id');
      table.text('token').notNullable().unique();
      table.text('secret').notNullable();
      table.text('owner_id').notNullable();
      table.bigInteger('folder_id').notNullable();
      table.text('permission').notNullable();
      table.bigInteger('expires_at');
      table.bigInteger('created_at').notNullable();
      table.bigInteger('killed_at');
    });
    await trx.raw('create unique index grants_live on grants (outgoing_id) where killed_at is null');
    await trx.schema.createTable('incoming_shares', (table) => {
      table.text('id').primary();
      table.text('peer_id').notNullable().references('peers.id');
      table.text('share_id').notNullable();
      table.text('state').notNullable();
      table.text('end_reason');
      table.text('resource_url').notNullable();
      table.text('owner_name').notNullable();
      table.text('owner_email').notNullable();
      table.text('folder_name').notNullable();
      table.text('permission').notNullable();
      table.text('recipient').notNullable();
      table.text('recipient_folded').notNullable().index();
      table.text('callback_sealed').notNullable();
      table.text('digest').notNullable();
      table.bigInteger('expires_at');
      table.text('account_id').references('accounts.id');
      table.text('grant_sealed');
      table.text('grant_digest');
      table.text('problem');
      table.integer('revision').notNullable().defaultTo(1);
      table.bigInteger('created_at').notNullable();
      table.bigInteger('changed_at').notNullable();
      table.unique(['peer_id', 'share_id']);
      table.index(['account_id', 'state']);
    });
    await trx.schema.createTable('tombstones', (table) => {
      table.text('peer_id').notNullable().references('peers.id').onDelete('CASCADE');
      table.text('share_id').notNullable();
      table.bigInteger('created_at').notNullable();
      table.primary(['peer_id', 'share_id']);
    });
    await trx.schema.createTable('share_events', (table) => {
      table.bigIncrements('id');
      table.text('share_ref').notNullable().index();
      table.text('side').notNullable();
      table.text('event').notNullable();
      table.text('from_state');
      table.text('to_state').notNullable();
      table.text('actor').notNullable();
      table.text('note').notNullable().defaultTo('');
      table.bigInteger('at').notNullable();
    });
    await trx.schema.createTable('deliveries', (table) => {
      table.bigIncrements('id');
      table.text('kind').notNullable();
      table.text('peer_id');
      // deliveries of one lane go one at a time, in the order in which they were committed (DLV-03)
      table.text('lane').notNullable();
      // sealed JSON: grants travel in it
      table.text('payload').notNullable();
      // queued, failed, or dropped: overtaken by an end while under way
      table.text('state').notNullable();
      table.integer('attempts').notNullable().defaultTo(0);
      table.bigInteger('run_at').notNullable();
      table.bigInteger('expires_at');
      table.text('claimed_by');
      table.bigInteger('claimed_until');
      table.bigInteger('last_attempt_at');
      table.text('last_answer');
      table.bigInteger('created_at').notNullable();
      table.index(['lane', 'id']);
      table.index(['peer_id']);
    });
    // All that the search for due messages looks at, so that a long queue to a resting peer costs little.
    await trx.raw(
      "create index deliveries_due on deliveries (run_at, id, peer_id, lane, claimed_until) where state = 'queued'",
    );
  },
  async down(trx) {
    const tables = [
      'deliveries',
      'share_events',
      'tombstones',
      'incoming_shares',
      'grants',
      'invitations',
      'outgoing_shares',
    ];
    for (const table of tables) await trx.schema.dropTable(table);
  },
};
