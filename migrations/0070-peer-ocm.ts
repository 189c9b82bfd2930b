import type { Migration } from '../src/platform/index.js';

/** What a peer is as a server of Open Cloud Mesh. Its columns have names of their own: rows are read together with `peers`. */
export const peerOcm: Migration = {
  name: '0070-peer-ocm',
  async up(trx) {
    await trx.schema.createTable('peer_ocm', (table) => {
      table.text('peer_id').primary().references('peers.id').onDelete('CASCADE');
      table.text('ocm_host').notNullable().unique();
      table.text('ocm_path').notNullable();
      table.boolean('ocm_is_plain').notNullable();
      // null: as the setting of this cloud says
      table.text('ocm_signatures');
      table.bigInteger('ocm_signs_since');
      table.text('ocm_shape');
      table.text('ocm_uri');
      table.text('ocm_folder');
      table.boolean('ocm_accepts_alone').notNullable();
      table.boolean('ocm_exchanges_tokens').notNullable();
      table.boolean('ocm_is_met').notNullable();
    });
  },
  async down(trx) {
    await trx.schema.dropTable('peer_ocm');
  },
};
