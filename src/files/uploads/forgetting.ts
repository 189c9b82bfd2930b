import type { ContentStore } from '../../contents/index.js';
import type { Clock } from '../../kernel/index.js';
import type { Database } from '../../platform/index.js';
import { lockTree } from '../records/owner.js';
import { deleteUpload, uploadRows } from './rows.js';

/** Uploads looked for at a time. */
const BATCH = 100;

interface Forgetting {
  readonly database: Database;
  readonly contents: Pick<ContentStore, 'remove'>;
  readonly clock: Clock;
}

/** Deletes uploads that have expired, with their pieces, and gives back the quota; answers how many. */
export async function forgetUploads({ database, contents, clock }: Forgetting): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const now = clock.now();
    const expired = await uploadRows(database.read)
      .where('expires_at', '<=', now)
      .limit(BATCH)
      .select('id', 'owner_id');
    for (const { id, owner_id: owner } of expired) {
      const keys = await database.vital(async (trx) => {
        await lockTree(trx, owner);
        // Somebody may have gone on with it at the last moment.
        const row = await uploadRows(trx).where({ id }).where('expires_at', '<=', now).forUpdate().first();
        return row === undefined ? undefined : deleteUpload(trx, row);
      }, owner);
      if (keys !== undefined) forgotten += 1;
      // What a crash leaves here is named by nothing, and goes with the next sweeps.
      for (const key of keys ?? []) await contents.remove(key);
    }
    if (expired.length < BATCH) return forgotten;
  }
}
