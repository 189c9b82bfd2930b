import type { Migration } from '../src/platform/index.js';

/** Access that an app was given to one foreign folder alone, derived from its access to the whole tree. */
export const delegatedTokens: Migration = {
  name: '0007-delegated-tokens',
  async up(trx) {
    await trx.schema.createTable('delegated_tokens', (table) => {
      table.text('id').primary();
      // ends with the access that it was derived from, and with the folder's place in the tree
      table.text('parent_id').notNullable().references('access_tokens.id').onDelete('CASCADE');
      table.bigInteger('mount_id').notNullable().references('mounts.id').onDelete('CASCADE').index();
      table.text('token').notNullable().unique();
      // sealed
      table.text('secret').notNullable();
      table.bigInteger('created_at').notNullable();
      table.unique(['parent_id', 'mount_id']);
    });
  },
  async down(trx) {
    await trx.schema.dropTable('delegated_tokens');
  },
};
