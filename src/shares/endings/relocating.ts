import { meshRelocation, relocated, type OcmPlace, type PeerMove, type Relocation } from '../../peers/index.js';
import type { Sealer, Transaction } from '../../platform/index.js';
import type { IncomingShares } from '../records/incoming-shares.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import { callbackContext } from '../destination/proposals.js';
import type { IncomingShare } from '../agreement/incoming-share.js';
import type { OutgoingPatch, OutgoingShare } from '../agreement/outgoing-share.js';
import { meshAddresses } from '../origin/mesh-addresses.js';
import { isOcm } from '../agreement/messages.js';

/** What {@link relocateShares} needs. */
export interface RelocatingInputs {
  readonly incoming: IncomingShares;
  readonly outgoing: OutgoingShares;
  readonly sealer: Sealer;
  /** The address of a shared item after the move, in the form of its storage API. */
  readonly movedResource: (share: IncomingShare, relocation: Relocation) => string;
  /** The address of a person at one server of Open Cloud Mesh, at another one; those of other servers stay. */
  readonly movedAddress: (address: string, from: OcmPlace, to: OcmPlace) => string;
}

/**
 * Changes the addresses in every open share with a peer that has moved, each in the protocol in which it was made. The caller has
 * proof of the move, and changes the peer's record in the same transaction. Answers how many shares were changed.
 */
export async function relocateShares(inputs: RelocatingInputs, trx: Transaction, move: PeerMove): Promise<number> {
  const mesh = meshRelocation(move);
  const relocationFor = (share: IncomingShare | OutgoingShare) => (isOcm(share) ? mesh : move.relocation);
  const { id: peerId } = move.before;
  let changed = 0;
  for (const share of await inputs.incoming.open(trx, { peerId })) {
    const relocation = relocationFor(share);
    if (relocation === undefined) continue;
    await relocateReceived(inputs, trx, share, relocation);
    changed += 1;
  }
  for (const share of await inputs.outgoing.open(trx, { peerId })) {
    const relocation = relocationFor(share);
    if (relocation === undefined || share.chosen === undefined) continue;
    await inputs.outgoing.amend(
      trx,
      share,
      isOcm(share) ? atServer(inputs, share, move) : atEndpoints(share, relocation),
    );
    changed += 1;
  }
  return changed;
}

async function relocateReceived(
  { incoming, sealer, movedResource }: RelocatingInputs,
  trx: Transaction,
  share: IncomingShare,
  relocation: Relocation,
): Promise<void> {
  const context = callbackContext(share.id);
  const callback = relocated(sealer.open(share.callbackSealed, context), relocation);
  await incoming.relocate(trx, share, {
    resourceUrl: movedResource(share, relocation),
    callbackSealed: sealer.seal(callback, context),
  });
}

function atEndpoints({ chosen }: OutgoingShare, relocation: Relocation): OutgoingPatch {
  const { shareUrl = '', credentialsUrl = '' } = chosen ?? {};
  const addresses = {
    shareUrl: relocated(shareUrl, relocation),
    credentialsUrl: relocated(credentialsUrl, relocation),
  };
  return { chosen: { ...chosen, ...addresses } };
}

/** Its server is what was chosen, written as it is whenever it is chosen; and the recipient has their address there. */
function atServer(
  { movedAddress }: RelocatingInputs,
  share: OutgoingShare,
  { before, after }: PeerMove,
): OutgoingPatch {
  const { shareUrl = '', credentialsUrl = '' } = meshAddresses(after) ?? {};
  const { recipientAddress } = share;
  const isKnown = recipientAddress !== undefined && before.ocm !== undefined && after.ocm !== undefined;
  return {
    chosen: { ...share.chosen, shareUrl, credentialsUrl },
    ...(isKnown && { recipientAddress: movedAddress(recipientAddress, before.ocm, after.ocm) }),
  };
}
