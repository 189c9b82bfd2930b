import { HOUR, type Clock, type PeerId } from '../kernel/index.js';
import type { Delivery, DeliveryHandler, Verdict } from '../deliveries/index.js';
import type { Grants } from '../grants/index.js';
import type { Peer } from '../peers/index.js';
import type { Database, Transaction } from '../platform/index.js';
import {
  CREDENTIALS,
  DECISION,
  isStillWhere,
  PROBE,
  UNSHARE,
  type CredentialsPayload,
  type IncomingPayload,
  type IncomingShares,
  type MessageAnswer,
  type Mounting,
  type OriginHalf,
  type OutgoingShare,
  type OutgoingShares,
  type ProbeFinding,
  type Proposals,
  type UnsharePayload,
} from '../shares/index.js';
import type { Dialect } from './dialect.js';

/** What the courier needs from the rest of the house. */
export interface CourierInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly peerById: (id: PeerId) => Promise<Peer | undefined>;
  readonly dialectOf: (peer: Peer) => Dialect;
  readonly outgoing: OutgoingShares;
  readonly incoming: IncomingShares;
  readonly grants: Grants;
  readonly origin: OriginHalf;
  readonly proposals: Proposals;
  readonly mounting: Mounting;
  /** Opens the shared folder with the stored grant, twice before it calls it dead. */
  readonly probe: (incomingId: string) => Promise<ProbeFinding>;
}

/** A 404 to credentials is believed only after so long: a peer that is starting up says it too (DLV-05). */
const PATIENCE_WITH_404 = HOUR;

/** Carries what shares have queued: one handler per kind of delivery, each a single attempt with its verdict. */
export function createCourier(inputs: CourierInputs): Readonly<Record<string, DeliveryHandler>> {
  const courier = new Courier(inputs);
  return {
    [CREDENTIALS]: (delivery) => courier.credentials(delivery),
    [UNSHARE]: (delivery) => courier.unshare(delivery),
    [DECISION]: (delivery) => courier.decision(delivery),
    [PROBE]: (delivery) => courier.probe(delivery),
  };
}

const OVERTAKEN: Verdict = { kind: 'done', note: 'no longer needed' };

class Courier {
  readonly #in: CourierInputs;

  constructor(inputs: CourierInputs) {
    this.#in = inputs;
  }

  async credentials(delivery: Delivery): Promise<Verdict> {
    const { outgoingId, shareId } = delivery.payload as unknown as CredentialsPayload;
    const share = await this.#in.outgoing.byId(this.#in.database.read, outgoingId);
    if (share?.shareId !== shareId || (share.state !== 'accepted' && share.state !== 'active')) return OVERTAKEN;
    const grant = await this.#in.grants.ofShare(this.#in.database.read, share.id);
    const peer = share.peerId === undefined ? undefined : await this.#in.peerById(share.peerId);
    if (grant === undefined || peer === undefined || peer.blocked) return OVERTAKEN;
    if (!isStillWhere(share, peer)) return this.#repointed(share);
    const answer = await this.#in
      .dialectOf(peer)
      .sendGrant(peer, { shareId, token: grant.token, secret: grant.secret });
    return this.#credentialsVerdict(delivery, share, answer);
  }

  /** The peer moved after it was chosen: no credentials go there, the invitee chooses anew (threat model CRD-07). */
  #repointed(share: OutgoingShare): Verdict {
    const settle = async (trx: Transaction): Promise<void> => {
      const current = await this.#in.outgoing.byId(trx, share.id);
      if (current === undefined) return;
      const back = await this.#in.outgoing.advance(trx, current, 'repoint', {
        actor: 'clock',
        note: 'the peer has moved',
        // What was withdrawn there is never offered again, not even when the peer moves back.
        patch: { chosen: undefined },
      });
      if (back !== undefined) await this.#in.origin.withdrawOffer(trx, back);
    };
    return { kind: 'done', note: 'the peer is no longer where it was chosen', settle };
  }

  #credentialsVerdict(delivery: Delivery, share: OutgoingShare, answer: MessageAnswer): Verdict {
    switch (answer.kind) {
      case 'taken':
        return { kind: 'done', note: answer.note, settle: (trx) => this.#delivered(trx, share) };
      case 'unfit':
        return { kind: 'done', note: answer.note, settle: (trx) => this.#refused(trx, share, answer.note) };
      case 'unknown':
        return this.#in.clock.now() - delivery.createdAt >= PATIENCE_WITH_404
          ? { kind: 'done', note: answer.note, settle: (trx) => this.#refused(trx, share, answer.note) }
          : { kind: 'retry', note: answer.note, answered: true };
      default:
        return undelivered(answer);
    }
  }

  async #delivered(trx: Transaction, share: OutgoingShare): Promise<void> {
    const current = await this.#in.outgoing.byId(trx, share.id);
    if (current?.shareId !== share.shareId) return;
    await this.#in.outgoing.advance(trx, current, 'delivered', { actor: share.peerId ?? 'peer' });
  }

  async #refused(trx: Transaction, share: OutgoingShare, note: string): Promise<void> {
    const current = await this.#in.outgoing.byId(trx, share.id);
    if (current?.shareId !== share.shareId) return;
    await this.#in.origin.end(trx, current, 'refused', { actor: share.peerId ?? 'peer', reason: 'revoked', note });
  }

  async unshare(delivery: Delivery): Promise<Verdict> {
    const { shareId, reason } = delivery.payload as unknown as UnsharePayload;
    const peer = await this.#peerOf(delivery);
    if (peer === undefined) return OVERTAKEN;
    const answer = await this.#in.dialectOf(peer).sendEnd(peer, { shareId, reason });
    // 404 and 409: the other side has nothing left to end.
    if (answer.kind === 'unknown' || answer.kind === 'unfit') return { kind: 'done', note: answer.note };
    return answer.kind === 'taken' ? { kind: 'done', note: answer.note } : undelivered(answer);
  }

  /** Repeats the decision until the share has its grant or has ended (cloudspaces-interop.md 5, healing). */
  async decision(delivery: Delivery): Promise<Verdict> {
    const { incomingId } = delivery.payload as unknown as IncomingPayload;
    const share = await this.#in.incoming.byId(this.#in.database.read, incomingId);
    const waits = share?.state === 'declined' || (share?.state === 'accepted' && share.grantDigest === undefined);
    const peer = await this.#peerOf(delivery);
    if (share === undefined || !waits || peer === undefined || peer.blocked) return OVERTAKEN;
    const accepted = share.state === 'accepted';
    const callback = this.#in.proposals.callbackOf(share);
    const answer = await this.#in.dialectOf(peer).sendDecision(peer, callback, { shareId: share.shareId, accepted });
    return accepted ? untilGranted(answer) : untilHeard(answer);
  }

  async probe(delivery: Delivery): Promise<Verdict> {
    const { incomingId } = delivery.payload as unknown as IncomingPayload;
    const share = await this.#in.incoming.byId(this.#in.database.read, incomingId);
    if (share === undefined || (share.state !== 'accepted' && share.state !== 'active')) return OVERTAKEN;
    const finding = await this.#in.probe(incomingId);
    const settle = (trx: Transaction): Promise<void> => this.#in.mounting.found(trx, incomingId, finding);
    return finding.kind === 'trouble'
      ? { kind: 'retry', note: finding.note, answered: finding.answered, settle }
      : { kind: 'done', note: finding.kind, settle };
  }

  async #peerOf(delivery: Delivery): Promise<Peer | undefined> {
    return delivery.peerId === undefined ? undefined : this.#in.peerById(delivery.peerId as PeerId);
  }
}

function undelivered(answer: Exclude<MessageAnswer, { kind: 'taken' }>): Verdict {
  if (answer.kind === 'trouble')
    return { kind: 'retry', note: answer.note, after: answer.retryAfter, slow: answer.slow };
  if (answer.kind === 'malformed') return { kind: 'failed', note: answer.note };
  return { kind: 'retry', note: answer.note, slow: true };
}

/** A refusal is heard once: 409 says that the origin waits for none any more. */
function untilHeard(answer: MessageAnswer): Verdict {
  return answer.kind === 'taken' || answer.kind === 'unfit' ? { kind: 'done', note: answer.note } : undelivered(answer);
}

/** Nothing that the origin says to an acceptance ends it here: only its unshare does (CNV-03). */
function untilGranted(answer: MessageAnswer): Verdict {
  if (answer.kind === 'taken') {
    return { kind: 'retry', note: 'told; the credentials have not come yet', answered: true };
  }
  const verdict = undelivered(answer);
  return verdict.kind === 'failed' ? { kind: 'retry', note: answer.note, slow: true } : verdict;
}
