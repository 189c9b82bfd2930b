import { notFound, type AccountId } from '../../kernel/index.js';
import type { Queries } from '../../platform/index.js';
import type { OutgoingShare } from '../agreement/outgoing-share.js';
import type { OutgoingShares } from './outgoing-shares.js';

/** An outgoing share of the actor's own; `not-found` for unknown ones and somebody else's (G8). */
export async function ownShare(
  outgoing: OutgoingShares,
  q: Queries,
  actor: AccountId,
  outgoingId: string,
): Promise<OutgoingShare> {
  const share = await outgoing.byId(q, outgoingId);
  if (share?.ownerId !== actor) throw notFound('This share is not known here.');
  return share;
}
