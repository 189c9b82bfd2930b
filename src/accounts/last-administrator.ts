import { Failure, type AccountId } from '../kernel/index.js';
import type { Transaction } from '../platform/index.js';

/**
 * Throws `conflict` when this account is the only administrator who can sign in: a cloud without one could be repaired
 * only from the command line. Called in the transaction that would take the role or the account away. It locks the rows
 * of all administrators, in one order, so that two of them cannot remove each other at once.
 */
export async function keepAnAdministrator(trx: Transaction, id: AccountId): Promise<void> {
  const administrators: { id: AccountId }[] = await trx('accounts')
    .where({ is_admin: true })
    .whereNull('disabled_at')
    .orderBy('id')
    .forNoKeyUpdate()
    .select('id');
  if (administrators.length === 1 && administrators[0]?.id === id) throw lastAdministrator();
}

function lastAdministrator(): Failure {
  return new Failure(
    'conflict',
    'This is the only administrator of the cloud. Make somebody else an administrator first; nothing was changed.',
  );
}
