import type { AccountId } from '../../src/kernel/index.js';
import {
  CREDENTIALS,
  isEnd,
  isOcm,
  isRecorded,
  OFFER,
  type CredentialsPayload,
  type OfferPayload,
  originRules,
  type OriginStep,
  type OutgoingEvent,
  type OutgoingShare,
  type OutgoingState,
  type UnsharePayload,
} from '../../src/shares/index.js';
import { Cloud, peerIdOf, type AnyHalf, type Surroundings } from './cloud.js';
import { DESTINATIONS, ORIGIN, type Destination, type Side } from './commands.js';
import {
  judge,
  judgeAnnouncement,
  judgeNotification,
  type Answer,
  type Exchange,
  type Message,
  type Notification,
  type Visit,
} from './network.js';
import type { Row } from './queue.js';

/** The origin's half, as far as rules look at it. */
export type Outgoing = originRules.OutgoingHalf &
  Pick<OutgoingShare, 'ownerId' | 'callbackHash' | 'decisionDigest'> &
  AnyHalf;

/** A grant that was minted; dead ones are not kept. */
export interface Grant {
  readonly outgoingId: string;
  readonly peerId: string;
  readonly token: string;
  readonly expiresAt: number | undefined;
}

/** What an origin keeps beside its halves. */
export interface OriginMore {
  readonly grants: readonly Grant[];
  /** When the peer of an ended share was reminded. */
  readonly reminders: ReadonlyMap<string, number>;
  /** Callback requests whose nonce is spent. */
  readonly spent: ReadonlySet<string>;
  readonly owner: number;
  /** How often the administrator gave a peer other addresses. */
  readonly moves: ReadonlyMap<Side, number>;
}

type Effect = OriginStep['effects'][number];

/** The destination that has no address for the news of an end; it counts as told (cloudspaces-interop.md 7). */
export const UNTOLD: Destination = 'cedar';

const OK: Answer = { status: 200 };

/** The cloud that shares folders: its halves, grants and messages, over the rules of the house. */
export class Origin extends Cloud<Outgoing, OriginMore, Effect> {
  constructor(world: Surroundings) {
    super(ORIGIN, world, { grants: [], reminders: new Map(), spent: new Set(), owner: 0, moves: new Map() });
  }

  get #rules(): Surroundings['rules']['origin'] {
    return this.world.rules.origin;
  }

  /** The owner shares a folder with somebody abroad. */
  invite(lasts: number | undefined, invitationLife: number): void {
    this.add(this.#newHalf(lasts, invitationLife));
  }

  /** The owner shares a folder by address, by Open Cloud Mesh: the offer is queued in the same commit. */
  address(at: Destination, lasts: number | undefined, invitationLife: number): void {
    if (!this.trusts(at)) return;
    this.transaction(() => {
      const half = this.#newHalf(lasts, invitationLife);
      this.add(half);
      this.#offerByAddress(half, at);
    });
  }

  /** The owner offers again what the other cloud did not take. */
  offerAgain(half: Outgoing): void {
    const at = sideOf(half);
    if (half.state === 'created' && isOcm(half) && at !== undefined && this.trusts(at)) this.#offerByAddress(half, at);
  }

  #offerByAddress(half: Outgoing, at: Destination): void {
    const way = { ...MESH, isAlone: true };
    const choice = this.#rules.choose(half, this.#meshPlaceOf(at), { fresh: this.#freshNames(), now: this.now, way });
    if (choice.kind === 'sent') this.commit(half, choice.step);
  }

  /** The invitee picks a cloud by Open Cloud Mesh: the offer is made while they wait, and is queued in case this cloud dies. */
  chooseByMesh(half: Outgoing, at: Destination): void {
    if (!this.trusts(at)) return;
    const way = { ...MESH, isAlone: false };
    const choice = this.#rules.choose(half, this.#meshPlaceOf(at), { fresh: this.#freshNames(), now: this.now, way });
    if (choice.kind === 'not-open') return;
    this.act(choice.step, (step) => {
      const sent = this.trusts(at) ? this.commit(half, step) : undefined;
      if (sent !== undefined) this.#announceNow(sent, at, choice.again);
      return OK;
    });
  }

  #announceNow(sent: Outgoing, at: Destination, again: boolean): void {
    this.world.send(ORIGIN, at, announcementOf(sent), this.now, (heard) => {
      const answer = judgeAnnouncement(heard);
      if (answer.kind !== 'waiting-there') return this.#offerFailed(sent, heard, again);
      this.world.welcomed(sent);
      this.#announced(sent.id, sent.shareId, answer);
    });
  }

  #announced(id: string, shareId: string, answer: ReturnType<typeof judgeAnnouncement>): void {
    const half = this.books.halves.get(id);
    if (half !== undefined) this.commit(half, this.#rules.offerAnswered(half, shareId, answer));
  }

  #newHalf(lasts: number | undefined, invitationLife: number): Outgoing {
    const { fresh } = this.world;
    return {
      id: `share-${String(fresh())}`,
      shareId: `name-${String(fresh())}`,
      state: 'created',
      revision: 1,
      ownerId: this.#owner,
      endReason: undefined,
      peerId: undefined,
      chosen: undefined,
      dialect: undefined,
      recipientAddress: undefined,
      problem: undefined,
      callbackHash: undefined,
      callbackSealed: undefined,
      decisionDigest: undefined,
      grantedAt: undefined,
      expiresAt: lasts === undefined ? undefined : this.now + lasts,
      invitationExpiresAt: this.now + invitationLife,
    };
  }

  get #owner(): AccountId {
    return `owner-${String(this.books.more.owner)}` as AccountId;
  }

  /** The invitee picks a cloud; the proposal is presented there while they wait. */
  choose(half: Outgoing, at: Destination): void {
    if (!this.trusts(at)) return;
    const choice = this.#rules.choose(half, this.#placeOf(at), { fresh: this.#freshNames(), now: this.now });
    if (choice.kind === 'not-open') return;
    this.act(choice.step, (step) => {
      // As `lockTrust`: a block that was quicker is seen.
      const sent = this.trusts(at) ? this.commit(half, step) : undefined;
      if (sent !== undefined) this.#present(sent, at, choice.again);
      return OK;
    });
  }

  #present(sent: Outgoing, at: Destination, again: boolean): void {
    const { shareId, callbackHash = '', expiresAt } = sent;
    const offer: Message = { kind: 'offer', shareId, callback: callbackHash, expiresAt };
    this.world.send(ORIGIN, at, offer, this.now, (answer) => {
      if (answer.status === 303) this.world.welcomed(sent);
      else this.#offerFailed(sent, answer, again);
    });
  }

  #offerFailed({ id, revision }: Outgoing, { status }: Answer, again: boolean): void {
    const half = this.books.halves.get(id);
    if (half === undefined) return;
    const attempt = { revision, burnt: status === 409, again, note: String(status) };
    this.commit(half, this.#rules.offerFailed(half, attempt, { fresh: this.#freshNames(), now: this.now }));
  }

  #freshNames(): originRules.FreshNames {
    const callback = `callback-${String(this.world.fresh())}`;
    return { shareId: `name-${String(this.world.fresh())}`, callbackHash: callback, callbackSealed: callback };
  }

  #placeOf(at: Side): originRules.PeerAddresses {
    const base = `https://${at}.example/${String(this.books.more.moves.get(at) ?? 0)}`;
    const blocked = !this.trusts(at);
    return { id: peerIdOf(at), name: at, blocked, shareUrl: `${base}/share`, credentialsUrl: `${base}/credentials` };
  }

  /** As `meshAddresses`. */
  #meshPlaceOf(at: Side): originRules.PeerAddresses {
    const url = `https://${at}.example/${String(this.books.more.moves.get(at) ?? 0)}/ocm`;
    return { id: peerIdOf(at), name: at, blocked: !this.trusts(at), shareUrl: url, credentialsUrl: url };
  }

  /** True while messages about a share still go where it was offered. */
  isReachable(shareId: string, at: Destination): boolean {
    const half = this.halves.find((each) => each.shareId === shareId);
    const place = half !== undefined && isOcm(half) ? this.#meshPlaceOf(at) : this.#placeOf(at);
    return half !== undefined && originRules.isStillWhere(half, place);
  }

  /** The administrator gives a peer other addresses. */
  move(peer: Destination): void {
    const { moves } = this.books.more;
    this.transaction(() => this.note({ moves: new Map(moves).set(peer, (moves.get(peer) ?? 0) + 1) }));
  }

  receive({ message, from }: Exchange): Answer {
    switch (message.kind) {
      case 'result':
        return this.#result(message);
      case 'unshare':
        return this.trusts(from as Side) ? this.#hearEnd(from as Side, message.shareId) : { status: 401 };
      case 'notify':
        return this.trusts(from as Side) ? this.#hear(from as Side, message) : { status: 403 };
      case 'open':
        return this.#open(message.token, from as Side);
      default:
        return { status: 404 };
    }
  }

  /** As `result` in src/doors/interop/routes.ts: the path first, then the peer, then the state. */
  #result(visit: Visit): Answer {
    const half = this.halves.find(({ callbackHash }) => callbackHash === visit.callback);
    if (half === undefined) return { status: 404 };
    if (half.decisionDigest === visit.request) {
      return { status: isRecorded(half.state, half.state !== 'declined') ? 200 : 409 };
    }
    // Peers that cannot sign are proved by the path alone; whoever is blocked is refused all the same.
    if (!this.trusts(visit.from)) return { status: 401 };
    if (this.books.more.spent.has(visit.request)) return { status: this.#isTold(half, visit) ? 200 : 401 };
    this.note({ spent: new Set(this.books.more.spent).add(visit.request) });
    return half.shareId === visit.shareId ? this.#decide(half, visit) : { status: 404 };
  }

  #isTold(half: Outgoing, visit: Visit): boolean {
    return half.shareId === visit.shareId && isRecorded(half.state, visit.accepted);
  }

  #decide(half: Outgoing, { shareId, accepted, request }: Visit): Answer {
    const remindedAt = this.books.more.reminders.get(half.id);
    const facts = { requestDigest: request, remindedAt, now: this.now };
    return this.act(this.#rules.decide(half, { shareId, accepted }, facts), (decided) => {
      if (decided.kind === 'expired') return { status: 409 };
      const after = this.commit(half, decided.step);
      return { status: decided.kind === 'unfit' || after === undefined ? 409 : 200 };
    });
  }

  #hearEnd(from: Side, shareId: string): Answer {
    const half = this.halves.find((each) => each.shareId === shareId && each.peerId === peerIdOf(from));
    if (half === undefined) return { status: 404 };
    return this.act(this.#rules.hearEnd(half, this.now), (step) => {
      this.commit(half, step);
      return OK;
    });
  }

  /** A notification, in one transaction that reads and writes; nobody who does not know the secret is heard. */
  #hear(from: Side, { type, shareId, secret }: Notification): Answer {
    const half = this.halves.find((each) => each.shareId === shareId && each.peerId === peerIdOf(from));
    if (half === undefined || !isOcm(half) || half.callbackHash !== secret) return { status: 403 };
    const facts = { remindedAt: this.books.more.reminders.get(half.id), now: this.now };
    const { kind, steps } = this.#rules.hearAnswer(half, type === 'SHARE_ACCEPTED', facts);
    this.transaction(() => {
      let current: Outgoing | undefined = half;
      for (const step of steps) current = current && this.commit(current, step);
    });
    return { status: kind === 'unfit' ? 409 : 201 };
  }

  /** The share that a request with this token reaches. */
  #open(token: string, from: Side): Answer {
    const grant = this.opens(token, from);
    return grant === undefined ? { status: 401 } : { status: 200, terms: { expiresAt: grant.expiresAt } };
  }

  /** The live, unexpired grant with this token that was given to this peer; undefined: nothing opens. */
  opens(token: string, from: Side): Grant | undefined {
    const byMesh = this.halves.find((half) => isOcm(half) && half.callbackHash === token);
    if (byMesh !== undefined) return this.#opensBySecret(byMesh, from);
    const grant = this.books.more.grants.find((each) => each.token === token && each.peerId === peerIdOf(from));
    const isOver = grant?.expiresAt !== undefined && grant.expiresAt <= this.now;
    return this.trusts(from) && !isOver ? grant : undefined;
  }

  /** As `OwnSecrets.open`. */
  #opensBySecret(half: Outgoing, from: Side): Grant | undefined {
    if (half.state === 'created' || isEnd(half.state) || half.peerId !== peerIdOf(from)) return undefined;
    const isOpen =
      half.state === 'sent' ? !originRules.isOver(half, this.now) : (half.expiresAt ?? Infinity) > this.now;
    return isOpen ? this.grantOf(half.id) : undefined;
  }

  /** As `Changing.change`. */
  changeDay(half: Outgoing, lasts: number | undefined): void {
    if (isEnd(half.state) || (half.expiresAt ?? Infinity) <= this.now) return;
    const expiresAt = lasts === undefined ? undefined : this.now + lasts;
    this.transaction(() => {
      if (this.commit(half, { change: { patch: { expiresAt } }, effects: [] }) === undefined) return;
      const { grants } = this.books.more;
      this.note({ grants: grants.map((grant) => (grant.outgoingId === half.id ? { ...grant, expiresAt } : grant)) });
    });
  }

  /** The owner ends a share, or its folder or owner goes. */
  end(half: Outgoing, reason: 'revoked' | 'deleted'): void {
    this.act(this.#rules.end(half, 'end', { reason, now: this.now }), (step) => {
      this.commit(half, step);
      return OK;
    });
  }

  removeOwner(): void {
    this.transaction(() => {
      for (const half of this.halves) {
        if (half.ownerId === this.#owner)
          this.commit(half, this.#rules.end(half, 'end', { reason: 'deleted', now: this.now }));
      }
      this.note({ owner: this.books.more.owner + 1 });
    });
  }

  protected override endWith(peer: Side): void {
    for (const half of this.halves) {
      if (half.peerId === peerIdOf(peer)) this.commit(half, this.#rules.peerGone(half, this.now));
    }
  }

  /** The clock. */
  tick(): void {
    for (const half of this.halves) {
      this.act(this.#rules.timeIsUp(half, this.now), (step) => {
        this.commit(half, step);
        return OK;
      });
    }
  }

  override next(state: string, event: string): string | undefined {
    return this.world.rules.nextOutgoing(state as OutgoingState, event as OutgoingEvent);
  }

  override perform(half: Outgoing, { kind }: Effect): void {
    if (kind === 'kill-grant') this.#grants(({ outgoingId }) => outgoingId !== half.id);
    if (kind === 'mint-grant') this.#mint(half);
    if (kind === 'log-reminder') this.note({ reminders: new Map(this.books.more.reminders).set(half.id, this.now) });
  }

  #grants(keep: (grant: Grant) => boolean, ...more: Grant[]): void {
    this.note({ grants: [...this.books.more.grants.filter(keep), ...more] });
  }

  #mint(half: Outgoing): void {
    const live = this.grantOf(half.id);
    // By Open Cloud Mesh what opens the share is its secret.
    const make = (): string => (isOcm(half) ? (half.callbackSealed ?? '') : this.#freshToken());
    const token = this.world.rules.mint(live?.token, make);
    if (token !== live?.token) this.#keepGrant(half, token);
  }

  #keepGrant({ id, peerId = peerIdOf(ORIGIN), expiresAt }: Outgoing, token: string): void {
    this.#grants(() => true, { outgoingId: id, peerId, token, expiresAt });
  }

  #freshToken(): string {
    return `token-${String(this.world.fresh())}`;
  }

  grantOf(outgoingId: string): Grant | undefined {
    return this.books.more.grants.find((grant) => grant.outgoingId === outgoingId);
  }

  protected override attempt(row: Row): void {
    if (row.kind === CREDENTIALS) this.#sendCredentials(row);
    else if (row.kind === OFFER) this.#sendOffer(row);
    else this.#sendEnd(row);
  }

  /** As the courier does. */
  #sendOffer(row: Row): void {
    const { outgoingId, shareId } = row.payload as OfferPayload;
    const half = this.books.halves.get(outgoingId);
    const at = half === undefined ? undefined : sideOf(half);
    const { answers } = this.world.rules;
    const due = this.#rules.offerDue(half, shareId, at === undefined ? undefined : this.#meshPlaceOf(at));
    if (due === 'repointed') return this.#repoint(row, outgoingId, shareId);
    if (half === undefined || at === undefined || due === 'overtaken') return this.finish(row, answers.OVERTAKEN);
    this.send(row, at, announcementOf(half), (heard) => {
      const answer = judgeAnnouncement(heard);
      this.finish(row, answers.offerVerdict(answer), () => this.#announced(outgoingId, shareId, answer));
    });
  }

  /** As the courier does. */
  #sendCredentials(row: Row): void {
    const { outgoingId, shareId } = row.payload as CredentialsPayload;
    const half = this.books.halves.get(outgoingId);
    const at = DESTINATIONS.find((each) => peerIdOf(each) === half?.peerId);
    const peer = at === undefined ? undefined : this.#placeOf(at);
    const due = this.#rules.credentialsDue(half, shareId, peer);
    const grant = this.grantOf(outgoingId);
    const { answers } = this.world.rules;
    if (due === 'repointed') return this.#repoint(row, outgoingId, shareId);
    if (half === undefined || at === undefined || peer === undefined || due === 'overtaken' || grant === undefined) {
      return this.finish(row, answers.OVERTAKEN);
    }
    const token = this.world.rules.carried(grant.token, () => this.#freshToken());
    if (token !== grant.token) this.#keepGrant(half, token);
    const message: Message = { kind: 'credentials', shareId, token, url: peer.credentialsUrl };
    this.send(row, at, message, (answer) => this.#credentialsAnswered(row, outgoingId, shareId, answer));
  }

  #credentialsAnswered(row: Row, outgoingId: string, shareId: string, heard: Answer): void {
    const [answer, waited] = [judge(heard), this.now - row.createdAt];
    this.finish(row, this.world.rules.answers.credentialsVerdict(answer, waited), () => {
      const half = this.books.halves.get(outgoingId);
      if (half === undefined) return;
      this.commit(half, this.#rules.credentialsAnswered(half, shareId, answer, { waited, now: this.now }));
    });
  }

  #repoint(row: Row, outgoingId: string, shareId: string): void {
    this.finish(row, this.world.rules.answers.OVERTAKEN, () => {
      const half = this.books.halves.get(outgoingId);
      if (half !== undefined) this.commit(half, this.#rules.repoint(half, shareId, this.now));
    });
  }

  #sendEnd(row: Row): void {
    const { shareId, reason, ocm } = row.payload as UnsharePayload;
    const at = row.peerId as Side;
    if (ocm !== undefined) return this.#notifyEnd(row, at, { shareId, secret: ocm.secretSealed ?? '' });
    if (at === UNTOLD) return this.finish(row, { kind: 'done', note: 'there is no address for it' });
    this.send(row, at, { kind: 'unshare', shareId, reason }, (answer) => {
      this.finish(row, this.world.rules.answers.endVerdict(judge(answer), this.now - row.createdAt));
    });
  }

  #notifyEnd(row: Row, at: Side, about: Pick<Notification, 'shareId' | 'secret'>): void {
    const message = { kind: 'notify', type: 'SHARE_UNSHARED', ...about } as const;
    this.send(row, at, message, (heard) => {
      const answer = judgeNotification(heard, message);
      this.finish(row, this.world.rules.answers.endVerdict(answer, this.now - row.createdAt));
    });
  }
}

/** The way of every share by Open Cloud Mesh in the model: the same recipient everywhere. */
const MESH = { dialect: 'ocm', recipientAddress: 'bo', demandsToken: false } as const;

function sideOf({ peerId }: Pick<Outgoing, 'peerId'>): Destination | undefined {
  return DESTINATIONS.find((each) => peerIdOf(each) === peerId);
}

function announcementOf({ shareId, callbackSealed = '', expiresAt, chosen }: Outgoing): Message {
  return { kind: 'announce', shareId, secret: callbackSealed, expiresAt, url: chosen?.shareUrl ?? '' };
}
