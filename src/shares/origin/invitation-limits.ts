import { DAY, Failure, foldEmail, HOUR, type AccountId, type Email } from '../../kernel/index.js';
import type { Limiter, Allowance, Transaction } from '../../platform/index.js';

/** Limits against invitation spam (threat model MAI-02, ruling F-10). They count new invitations only. */
const OF_SENDER = { acts: 20, per: HOUR };
const OF_PAIR = { acts: 5, per: DAY };
const OF_RECIPIENT = { acts: 20, per: DAY };

/**
 * Counts new invitations in the transaction that makes them. Throws `too-many` when they do not all fit, and says how
 * many would; then nothing is counted and nothing is made.
 */
export async function spendInvitations(
  limiter: Pick<Limiter, 'allowance' | 'spend'>,
  trx: Transaction,
  sender: AccountId,
  recipients: readonly Email[],
): Promise<void> {
  if (recipients.length === 0) return;
  const ofSender = await limiter.allowance(senderKey(sender), OF_SENDER, trx);
  if (ofSender.left < recipients.length) {
    throw tooMany(`Of ${String(OF_SENDER.acts)} new invitations an hour, ${possible(ofSender.left)} now.`, ofSender);
  }
  for (const recipient of recipients) await spendOne(limiter, trx, sender, recipient);
}

async function spendOne(
  limiter: Pick<Limiter, 'allowance' | 'spend'>,
  trx: Transaction,
  sender: AccountId,
  recipient: Email,
): Promise<void> {
  const folded = foldEmail(recipient);
  const limits = [
    [`invite-pair:${sender}:${folded}`, OF_PAIR, `of you`],
    [`invite-to:${folded}`, OF_RECIPIENT, 'from everybody'],
  ] as const;
  for (const [key, limit, whose] of limits) {
    const allowance = await limiter.allowance(key, limit, trx);
    if (allowance.left === 0) {
      throw tooMany(
        `${recipient} got ${String(limit.acts)} new invitations ${whose} today: none is possible now.`,
        allowance,
      );
    }
    await limiter.spend(key, limit, trx);
  }
  await limiter.spend(senderKey(sender), OF_SENDER, trx);
}

function senderKey(sender: AccountId): string {
  return `invite-from:${sender}`;
}

function possible(count: number): string {
  return count === 0 ? 'none is possible' : `${String(count)} more ${count === 1 ? 'is' : 'are'} possible`;
}

function tooMany(sentence: string, { retryAfter }: Allowance): Failure {
  const minutes = Math.ceil(retryAfter / 60);
  const span = minutes > 90 ? `${String(Math.ceil(minutes / 60))} hours` : `${String(minutes)} minutes`;
  const wait = `Try again in ${span}; nothing was shared.`;
  return new Failure('too-many', `${sentence} ${wait}`, { retryAfter });
}
