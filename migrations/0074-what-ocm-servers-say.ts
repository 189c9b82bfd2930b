import type { Migration } from '../src/platform/index.js';

const OFFERED = 'create index peers_offered on peers (name, id) where removed_at is null and blocked_at is null and';

/**
 * What was found when a server of Open Cloud Mesh was asked last; and invitees may pick those that an administrator registered
 * (`takes_ocm`), without keys. The text of the condition stands in the statements word by word, as in step 0049.
 */
export const whatOcmServersSay: Migration = {
  name: '0074-what-ocm-servers-say',
  async up(trx) {
    await trx.schema.alterTable('peer_ocm', (table) => {
      table.boolean('ocm_keeps_list').notNullable().defaultTo(false);
      table.text('ocm_key');
      table.bigInteger('ocm_key_changed_at');
    });
    await trx.schema.alterTable('peers', (table) => {
      table.boolean('takes_ocm').notNullable().defaultTo(false);
    });
    await trx('peers')
      .whereIn('id', trx('peer_ocm').where({ ocm_is_met: false }).select('peer_id'))
      .update({ takes_ocm: true });
    await trx.raw('drop index peers_offered');
    await trx.raw(`${OFFERED} (outbound_key is not null or allow_unsigned or takes_ocm)`);
  },
  async down(trx) {
    await trx.raw('drop index peers_offered');
    await trx.raw(`${OFFERED} (outbound_key is not null or allow_unsigned)`);
    // As SQL: the query builder would make the tables anew on SQLite.
    await trx.raw('alter table peers drop column takes_ocm');
    for (const name of ['ocm_keeps_list', 'ocm_key', 'ocm_key_changed_at'])
      await trx.raw(`alter table peer_ocm drop column ${name}`);
  },
};
