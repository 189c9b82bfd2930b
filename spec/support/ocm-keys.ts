import type { Database, Sealer } from '../../src/platform/index.js';
import { OCM } from '../http-signatures/support.js';

/** Gives a cloud keys of Open Cloud Mesh that exist already: to make one of RSA takes long where many tests run. */
export async function giveOcmKeys(database: Database, sealer: Pick<Sealer, 'seal'>): Promise<void> {
  const rows = (['rsa', 'ed25519'] as const).map((kind) => ({
    kind,
    private_key: sealer.seal(OCM.keys[kind]?.private ?? '', `ocm_keys.private_key:${kind}`),
    created_at: 0,
  }));
  await database.write((trx) => trx('ocm_keys').insert(rows).onConflict('kind').ignore());
}
