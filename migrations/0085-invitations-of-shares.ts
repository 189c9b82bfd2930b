import type { Migration } from '../src/platform/index.js';

/** Invitations that were made for one share: whoever accepts is offered it. A share has at most one, which goes with it. */
export const invitationsOfShares: Migration = {
  name: '0085-invitations-of-shares',
  async up(trx) {
    // By knex the reference would be one of the table, and SQLite could not drop the column.
    await trx.raw(
      'alter table ocm_invites add column outgoing_id text references outgoing_shares (id) on delete cascade',
    );
    await trx.raw('create unique index ocm_invites_of_share on ocm_invites (outgoing_id)');
  },
  async down(trx) {
    // The release before would offer nothing to whoever accepts them.
    await trx('ocm_invites').whereNotNull('outgoing_id').delete();
    await trx.raw('drop index ocm_invites_of_share');
    // Not by knex, see 0008.
    await trx.raw('alter table ocm_invites drop column outgoing_id');
  },
};
