import type { Database } from './database/database.js';
import { metaValue } from './database/meta.js';
import { checkCanary, type Sealer } from './sealing.js';

/** Refuses to start with another secret key than the one that sealed the stored secrets (threat model SEC-03). */
export async function proveKey(database: Database, sealer: Sealer): Promise<void> {
  await database.vital(async (trx) => {
    const kept = await metaValue(trx, 'canary');
    const value = checkCanary(kept, sealer);
    if (kept === undefined) await trx('meta').insert({ key: 'canary', value }).onConflict('key').ignore();
  });
}
