import type { Delivery, DeliveryHandler, Verdict } from '../deliveries/index.js';
import type { Grants } from '../grants/index.js';
import type { Clock, PeerId } from '../kernel/index.js';
import type { Peer } from '../peers/index.js';
import type { Database, Transaction } from '../platform/index.js';
import {
  answerRules,
  CREDENTIALS,
  DECISION,
  destinationRules,
  originRules,
  PROBE,
  UNSHARE,
  type CredentialsPayload,
  type DestinationHalf,
  type IncomingPayload,
  type IncomingShares,
  type MessageAnswer,
  type Mounting,
  type OriginHalf,
  type OriginStep,
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
  readonly destination: DestinationHalf;
  readonly proposals: Proposals;
  readonly mounting: Mounting;
  /** Opens the shared folder with the stored grant, twice before it calls it dead. */
  readonly probe: (incomingId: string) => Promise<ProbeFinding>;
}

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

const { OVERTAKEN } = answerRules;

class Courier {
  readonly #in: CourierInputs;

  constructor(inputs: CourierInputs) {
    this.#in = inputs;
  }

  async credentials(delivery: Delivery): Promise<Verdict> {
    const { outgoingId, shareId } = delivery.payload as unknown as CredentialsPayload;
    const share = await this.#in.outgoing.byId(this.#in.database.read, outgoingId);
    const peer = share?.peerId === undefined ? undefined : await this.#in.peerById(share.peerId);
    const due = originRules.credentialsDue(share, shareId, peer);
    if (share === undefined || peer === undefined || due === 'overtaken') return OVERTAKEN;
    if (due === 'repointed') return this.#repointed(share);
    const grant = await this.#in.grants.ofShare(this.#in.database.read, share.id);
    if (grant === undefined) return OVERTAKEN;
    const { token, secret } = grant;
    const answer = await this.#in.dialectOf(peer).sendGrant(peer, { shareId, token, secret });
    const waited = this.#in.clock.now() - delivery.createdAt;
    const settle = (trx: Transaction): Promise<void> =>
      this.#changed(trx, share, (half, now) => originRules.credentialsAnswered(half, shareId, answer, { waited, now }));
    return { ...answerRules.credentialsVerdict(answer, waited), settle };
  }

  #repointed(share: OutgoingShare): Verdict {
    const settle = (trx: Transaction): Promise<void> =>
      this.#changed(trx, share, (half, now) => originRules.repoint(half, share.shareId, now), 'clock');
    return { kind: 'done', note: 'the peer is no longer where it was chosen', settle };
  }

  /** Takes a step with the share as it is now. */
  async #changed(
    trx: Transaction,
    { id, peerId }: OutgoingShare,
    step: (half: OutgoingShare, now: number) => OriginStep,
    actor: string = peerId ?? 'peer',
  ): Promise<void> {
    const share = await this.#in.outgoing.byId(trx, id);
    if (share !== undefined) await this.#in.origin.apply(trx, share, step(share, this.#in.clock.now()), actor);
  }

  async unshare(delivery: Delivery): Promise<Verdict> {
    const { shareId, reason } = delivery.payload as unknown as UnsharePayload;
    const peer = await this.#peerOf(delivery);
    if (peer === undefined) return OVERTAKEN;
    const answer = await this.#in.dialectOf(peer).sendEnd(peer, { shareId, reason });
    return answerRules.endVerdict(answer, this.#in.clock.now() - delivery.createdAt);
  }

  /** Repeats the decision until the share has its grant or has ended (cloudspaces-interop.md 5, healing). */
  async decision(delivery: Delivery): Promise<Verdict> {
    const { incomingId } = delivery.payload as unknown as IncomingPayload;
    const share = await this.#in.incoming.byId(this.#in.database.read, incomingId);
    const peer = await this.#peerOf(delivery);
    if (share === undefined || peer === undefined || peer.blocked) return OVERTAKEN;
    if (!destinationRules.isDecisionDue(share)) return OVERTAKEN;
    const accepted = share.state === 'accepted';
    const callback = this.#in.proposals.callbackOf(share);
    const answer = await this.#in.dialectOf(peer).sendDecision(peer, callback, { shareId: share.shareId, accepted });
    const settle = (trx: Transaction): Promise<void> => this.#decisionAnswered(trx, incomingId, answer);
    return { ...answerRules.decisionVerdict(answer, accepted), settle };
  }

  async #decisionAnswered(trx: Transaction, incomingId: string, answer: MessageAnswer): Promise<void> {
    const share = await this.#in.incoming.byId(trx, incomingId);
    if (share === undefined) return;
    const step = destinationRules.decisionAnswered(share, answer.kind, this.#in.clock.now());
    await this.#in.destination.apply(trx, share, step, share.peerId);
  }

  async probe(delivery: Delivery): Promise<Verdict> {
    const { incomingId } = delivery.payload as unknown as IncomingPayload;
    const share = await this.#in.incoming.byId(this.#in.database.read, incomingId);
    if (share === undefined || !destinationRules.isOpenable(share)) return OVERTAKEN;
    const finding = await this.#in.probe(incomingId);
    const settle = (trx: Transaction): Promise<void> => this.#in.mounting.found(trx, incomingId, finding);
    return { ...answerRules.probeVerdict(finding), settle };
  }

  async #peerOf(delivery: Delivery): Promise<Peer | undefined> {
    return delivery.peerId === undefined ? undefined : this.#in.peerById(delivery.peerId as PeerId);
  }
}
