import type { Migration } from '../src/platform/index.js';

/** What people see of a peer, and how much of it is taken. */
export const peerProfile: Migration = {
  name: '0009-peer-profile',
  async up(trx) {
    await trx.schema.alterTable('peers', (table) => {
      table.text('description');
      table.text('logo_url');
      // messages a minute; null: the default of this program
      table.integer('proposals_per_minute');
      table.integer('messages_per_minute');
    });
    // A copy: pages show nothing that a stranger's server delivers (threat model PRO-15).
    await trx.schema.createTable('peer_logos', (table) => {
      table.text('peer_id').primary().references('peers.id').onDelete('CASCADE');
      table.text('type').notNullable();
      table.binary('bytes').notNullable();
      table.text('etag').notNullable();
    });
  },
  async down(trx) {
    await trx.schema.dropTable('peer_logos');
    // Not by knex, see 0008.
    for (const column of COLUMNS) await trx.raw(`alter table peers drop column ${column}`);
  },
};

const COLUMNS = ['description', 'logo_url', 'proposals_per_minute', 'messages_per_minute'];
