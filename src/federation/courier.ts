import { shaped, type Delivery, type DeliveryHandler, type Verdict } from '../deliveries/index.js';
import type { Grants } from '../grants/index.js';
import type { Clock, PeerId } from '../kernel/index.js';
import type { DialectName, Peer } from '../peers/index.js';
import type { Database, Transaction } from '../platform/index.js';
import {
  answerRules,
  CREDENTIALS,
  DECISION,
  isOcm,
  meshAddresses,
  OFFER,
  destinationRules,
  originRules,
  PAYLOADS,
  PROBE,
  TERMS,
  secretOf,
  UNSHARE,
  type CredentialsPayload,
  type DestinationSteps,
  type IncomingPayload,
  type IncomingShares,
  type MessageAnswer,
  type OfferPayload,
  type OwnOffers,
  type Receiving,
  type Mounting,
  type OriginSteps,
  type OriginStep,
  type OutgoingShare,
  type OutgoingShares,
  type ProbeFinding,
  type TermsPayload,
  type Proposals,
  type UnsharePayload,
} from '../shares/index.js';
import type { Dialect, InteropDialect } from './ports/dialect.js';

/** What {@link createCourier} needs. */
export interface CourierInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly peerById: (id: PeerId) => Promise<Peer | undefined>;
  /** The dialect in which a share was made; without a name the peer's own. */
  readonly dialectOf: (peer: Peer, dialect?: DialectName) => Dialect;
  readonly interopOf: (peer: Peer) => InteropDialect;
  readonly ownOffers: Pick<OwnOffers, 'of' | 'opened'>;
  readonly receiving: Pick<Receiving, 'opened'>;
  readonly outgoing: OutgoingShares;
  readonly incoming: IncomingShares;
  readonly grants: Grants;
  readonly origin: OriginSteps;
  readonly destination: DestinationSteps;
  readonly proposals: Proposals;
  readonly mounting: Mounting;
  /** Uses the stored grant once, on the shared item itself, and answers the result. */
  readonly probe: (incomingId: string) => Promise<ProbeFinding>;
}

/** Sends what shares have queued: one handler per kind of delivery; each makes one attempt and answers its verdict. */
export function createCourier(inputs: CourierInputs): Readonly<Record<string, DeliveryHandler>> {
  const courier = new Courier(inputs);
  return {
    [OFFER]: shaped(PAYLOADS.offer, (delivery) => courier.offer(delivery)),
    [CREDENTIALS]: shaped(PAYLOADS.credentials, (delivery) => courier.credentials(delivery)),
    [UNSHARE]: shaped(PAYLOADS.unshare, (delivery) => courier.unshare(delivery)),
    [DECISION]: shaped(PAYLOADS.decision, (delivery) => courier.decision(delivery)),
    [TERMS]: shaped(PAYLOADS.terms, (delivery) => courier.terms(delivery)),
    [PROBE]: shaped(PAYLOADS.probe, (delivery) => courier.probe(delivery)),
  };
}

const { OVERTAKEN } = answerRules;

class Courier {
  readonly #in: CourierInputs;

  constructor(inputs: CourierInputs) {
    this.#in = inputs;
  }

  async offer(delivery: Delivery<OfferPayload>): Promise<Verdict> {
    const { outgoingId, shareId } = delivery.payload;
    const { read } = this.#in.database;
    const share = await this.#in.outgoing.byId(read, outgoingId);
    const peer = share?.peerId === undefined ? undefined : await this.#in.peerById(share.peerId);
    const due = originRules.offerDue(share, shareId, peer === undefined ? undefined : meshAddresses(peer));
    if (share === undefined || peer === undefined || due === 'overtaken') return OVERTAKEN;
    if (due === 'repointed') return this.#repointed(share);
    const offer = await this.#in.ownOffers.of(read, share);
    if (offer === undefined) return OVERTAKEN;
    const answer = await this.#in.dialectOf(peer, share.dialect).sendOffer(peer, offer);
    const settle = (trx: Transaction): Promise<void> =>
      this.#changed(trx, share, (half) => originRules.offerAnswered(half, shareId, answer));
    return { ...answerRules.offerVerdict(answer), settle };
  }

  async credentials(delivery: Delivery<CredentialsPayload>): Promise<Verdict> {
    const { outgoingId, shareId } = delivery.payload;
    const share = await this.#in.outgoing.byId(this.#in.database.read, outgoingId);
    const peer = share?.peerId === undefined ? undefined : await this.#in.peerById(share.peerId);
    const due = originRules.credentialsDue(share, shareId, peer);
    if (share === undefined || peer === undefined || due === 'overtaken') return OVERTAKEN;
    if (due === 'repointed') return this.#repointed(share);
    const grant = await this.#in.grants.ofShare(this.#in.database.read, share.id);
    if (grant === undefined) return OVERTAKEN;
    const { token, secret } = grant;
    const answer = await this.#in.interopOf(peer).sendGrant(peer, { shareId, token, secret });
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

  /** Computes a step from the share as it is now, and applies it. */
  async #changed(
    trx: Transaction,
    { id, peerId }: OutgoingShare,
    step: (half: OutgoingShare, now: number) => OriginStep,
    actor: string = peerId ?? 'peer',
  ): Promise<void> {
    const share = await this.#in.outgoing.byId(trx, id);
    if (share !== undefined) await this.#in.origin.apply(trx, share, step(share, this.#in.clock.now()), actor);
  }

  async terms({ payload: { outgoingId, shareId } }: Delivery<TermsPayload>): Promise<Verdict> {
    const { read } = this.#in.database;
    const share = await this.#in.outgoing.byId(read, outgoingId);
    const peer = share?.peerId === undefined ? undefined : await this.#in.peerById(share.peerId);
    if (share === undefined || peer === undefined || peer.blocked) return OVERTAKEN;
    const offer = originRules.areTermsDue(share, shareId) ? await this.#in.ownOffers.of(read, share) : undefined;
    const { sendTerms } = this.#in.dialectOf(peer, share.dialect);
    if (offer === undefined || sendTerms === undefined) return OVERTAKEN;
    return answerRules.termsVerdict(await sendTerms(peer, offer));
  }

  async unshare(delivery: Delivery<UnsharePayload>): Promise<Verdict> {
    const { shareId, reason, ocm } = delivery.payload;
    const peer = await this.#peerOf(delivery);
    if (peer === undefined) return OVERTAKEN;
    const toldBy = ocm?.half.direction === 'incoming' ? 'destination' : 'origin';
    const end = { shareId, reason, toldBy, secret: this.#secretIn(ocm), grantee: ocm?.grantee } as const;
    const answer = await this.#in.dialectOf(peer, ocm === undefined ? undefined : 'ocm').sendEnd(peer, end);
    return answerRules.endVerdict(answer, this.#in.clock.now() - delivery.createdAt);
  }

  /** The secret by which a message of Open Cloud Mesh proves itself, as the row of its half had it. */
  #secretIn(ocm: UnsharePayload['ocm']): string | undefined {
    if (ocm?.secretSealed === undefined) return undefined;
    const { half, secretSealed } = ocm;
    if (half.direction === 'outgoing') return this.#in.ownOffers.opened(half.id, secretSealed);
    return secretOf(this.#in.receiving.opened(half.id, secretSealed));
  }

  /** Repeats the decision until the share has its grant or has ended (cloudspaces-interop.md 5, healing). */
  async decision(delivery: Delivery<IncomingPayload>): Promise<Verdict> {
    const { incomingId } = delivery.payload;
    const share = await this.#in.incoming.byId(this.#in.database.read, incomingId);
    const peer = await this.#peerOf(delivery);
    if (share === undefined || peer === undefined || peer.blocked) return OVERTAKEN;
    if (!destinationRules.isDecisionDue(share)) return OVERTAKEN;
    const accepted = share.state !== 'declined';
    const callback = this.#in.proposals.callbackOf(share);
    const { shareId, dialect, recipientAddress: grantee, grantSealed } = share;
    const key =
      isOcm(share) && grantSealed !== undefined ? this.#in.receiving.opened(share.id, grantSealed) : undefined;
    const decision = { shareId, accepted, grantee, secret: key === undefined ? undefined : secretOf(key) };
    const answer = await this.#in.dialectOf(peer, dialect).sendDecision(peer, callback, decision);
    const waited = this.#in.clock.now() - delivery.createdAt;
    const settle = (trx: Transaction): Promise<void> => this.#decisionAnswered(trx, incomingId, answer, waited);
    const verdict = isOcm(share) ? answerRules.toldVerdict : answerRules.decisionVerdict;
    return { ...verdict(answer, accepted, waited), settle };
  }

  async #decisionAnswered(
    trx: Transaction,
    incomingId: string,
    { kind }: MessageAnswer,
    waited: number,
  ): Promise<void> {
    const share = await this.#in.incoming.byId(trx, incomingId);
    if (share === undefined) return;
    const step = destinationRules.decisionAnswered(share, kind, { waited, now: this.#in.clock.now() });
    await this.#in.destination.apply(trx, share, step, share.peerId);
  }

  async probe(delivery: Delivery<IncomingPayload>): Promise<Verdict> {
    const { incomingId } = delivery.payload;
    const share = await this.#in.incoming.byId(this.#in.database.read, incomingId);
    if (share === undefined || !destinationRules.isOpenable(share)) return OVERTAKEN;
    const finding = whereItWas(await this.#in.probe(incomingId), await this.#in.peerById(share.peerId));
    const settle = (trx: Transaction): Promise<void> => this.#in.mounting.found(trx, incomingId, finding);
    return { ...answerRules.probeVerdict(finding), settle };
  }

  async #peerOf(delivery: Pick<Delivery, 'peerId'>): Promise<Peer | undefined> {
    return delivery.peerId === undefined ? undefined : this.#in.peerById(delivery.peerId as PeerId);
  }
}

/**
 * If a peer has announced a new address, somebody else may be at the old one. So a refusal there counts as trouble and
 * does not end the share, which waits until an administrator has confirmed the move.
 */
function whereItWas(finding: ProbeFinding, peer: Peer | undefined): ProbeFinding {
  if (finding.kind !== 'refused' || peer?.said === undefined) return finding;
  const note = 'The other cloud has a new address, which an administrator of this cloud has to confirm first.';
  return { kind: 'trouble', note, detail: `refused where ${peer.name} was before it moved`, answered: undefined };
}
