import type { PeerId } from '../kernel/index.js';
import type { Queries } from '../platform/index.js';
import type { ChosenAddresses, IncomingShares, OutgoingShares } from '../shares/index.js';
import type { MailFacts, ShareFacts } from './findings/facts.js';

/** What the rows of one half tell. */
export interface Read {
  readonly share: Omit<ShareFacts, 'since'>;
  readonly peerId: PeerId | undefined;
  /** Where the peer was when it was picked; of outgoing shares. */
  readonly chosen: ChosenAddresses | undefined;
  readonly mail: MailFacts | undefined;
}

/** Reads an outgoing share; undefined when there is none. */
export async function readOutgoing(
  { outgoing }: { readonly outgoing: OutgoingShares },
  q: Queries,
  id: string,
): Promise<Read | undefined> {
  const [half, view] = [await outgoing.byId(q, id), await outgoing.view(q, id)];
  if (half === undefined || view === undefined) return undefined;
  const { shareId, state, permission, recipient, createdAt, expiresAt, invitationExpiresAt, mailState, mailAt } = half;
  const { folderName, ownerName, ownerEmail, peerName, endedBy } = view;
  return {
    share: {
      direction: 'outgoing',
      id,
      shareId,
      state,
      permission,
      recipient,
      createdAt,
      expiresAt,
      invitationExpiresAt,
      folderName,
      ownerName,
      ownerEmail,
      peerName,
      dialect: half.dialect,
      endedBy,
      hasGrant: half.grantedAt !== undefined,
    },
    peerId: half.peerId,
    chosen: half.chosen,
    mail: mailState === undefined ? undefined : { state: mailState, at: mailAt },
  };
}

/** Reads an incoming share; undefined when there is none. */
export async function readIncoming(
  { incoming }: { readonly incoming: IncomingShares },
  q: Queries,
  id: string,
): Promise<Read | undefined> {
  const [half, view] = [await incoming.byId(q, id), await incoming.view(q, id)];
  if (half === undefined || view === undefined) return undefined;
  const { shareId, state, permission, recipient, createdAt, expiresAt } = half;
  const { folderName, ownerName, ownerEmail, peerName, endedBy } = view;
  return {
    share: {
      direction: 'incoming',
      id,
      shareId,
      state,
      permission,
      recipient,
      createdAt,
      expiresAt,
      folderName,
      ownerName,
      ownerEmail,
      peerName,
      dialect: half.dialect,
      endedBy,
      invitationExpiresAt: undefined,
      hasGrant: half.grantDigest !== undefined,
      refusedSince: half.refusedSince,
    },
    peerId: half.peerId,
    chosen: undefined,
    mail: undefined,
  };
}
