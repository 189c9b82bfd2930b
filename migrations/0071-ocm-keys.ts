import type { Migration } from '../src/platform/index.js';

/**
 * The keys with which this cloud signs messages of Open Cloud Mesh, one of each kind, kept for ever: servers that have seen one
 * take another for a forgery. `private_key`: PEM (PKCS #8), sealed.
 */
export const ocmKeys: Migration = {
  name: '0071-ocm-keys',
  async up(trx) {
    await trx.schema.createTable('ocm_keys', (table) => {
      table.text('kind').primary();
      table.text('private_key').notNullable();
      table.bigInteger('created_at').notNullable();
    });
  },
  async down(trx) {
    await trx.schema.dropTable('ocm_keys');
  },
};
