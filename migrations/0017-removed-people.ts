import type { Migration } from '../src/platform/index.js';
import { databaseTime } from './database-time.js';

/** Who was removed, and under which name and address an administrator can bring them back while their files are kept. */
export const removedPeople: Migration = {
  name: '0017-removed-people',
  async up(trx) {
    await trx.schema.alterTable('accounts', (table) => {
      table.bigInteger('removed_at');
      table.text('removed_name');
      table.text('removed_email');
    });
    await trx.raw('create index accounts_removed on accounts (removed_at) where removed_at is not null');
    // Those who were removed before have no address left; their files go when their days are over.
    await trx.raw(
      `update accounts set removed_at = cast(? as bigint), removed_name = name
       where disabled_at is not null and not exists (select 1 from addresses as a where a.account_id = accounts.id)`,
      [await databaseTime(trx)],
    );
  },
  async down(trx) {
    await trx.raw('drop index accounts_removed');
    for (const column of ['removed_at', 'removed_name', 'removed_email']) {
      await trx.raw(`alter table accounts drop column ${column}`);
    }
  },
};
