import type { Migration } from '../src/platform/index.js';
import { isPostgres } from './engine.js';

/**
 * The version of what a mount shows is the other cloud's number and may need 64 bits (ruling F-68). SQLite keeps every
 * whole number in as many bytes as it needs, so there nothing changes.
 */
export const wideVersions: Migration = {
  name: '0023-wide-versions',
  async up(trx) {
    if (!isPostgres(trx)) return;
    await trx.raw('alter table mounts alter column version type bigint');
  },
  async down(trx) {
    if (!isPostgres(trx)) return;
    // The other cloud says its number again when it is next asked.
    await trx.raw('alter table mounts alter column version type integer using least(version, 2147483647)::integer');
  },
};
