import type { AccountId } from '../../src/kernel/index.js';
import {
  CREDENTIALS,
  isRecorded,
  type CredentialsPayload,
  originRules,
  type OriginStep,
  type OutgoingEvent,
  type OutgoingShare,
  type OutgoingState,
  type UnsharePayload,
} from '../../src/shares/index.js';
import { Cloud, peerIdOf, type AnyHalf, type Surroundings } from './cloud.js';
import { DESTINATIONS, ORIGIN, type Destination, type Side } from './commands.js';
import { judge, type Answer, type Exchange, type Message, type Visit } from './network.js';
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
    const { fresh } = this.world;
    this.add({
      id: `share-${String(fresh())}`,
      shareId: `name-${String(fresh())}`,
      state: 'created',
      revision: 1,
      ownerId: this.#owner,
      endReason: undefined,
      peerId: undefined,
      chosen: undefined,
      callbackHash: undefined,
      callbackSealed: undefined,
      decisionDigest: undefined,
      grantedAt: undefined,
      expiresAt: lasts === undefined ? undefined : this.now + lasts,
      invitationExpiresAt: this.now + invitationLife,
    });
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
      const sent = this.commit(half, step);
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

  #placeOf(at: Side): originRules.PeerPlace {
    const base = `https://${at}.example/${String(this.books.more.moves.get(at) ?? 0)}`;
    const blocked = !this.trusts(at);
    return { id: peerIdOf(at), name: at, blocked, shareUrl: `${base}/share`, credentialsUrl: `${base}/credentials` };
  }

  /** True while messages about a share still go where it was offered. */
  isReachable(shareId: string, at: Destination): boolean {
    const half = this.halves.find((each) => each.shareId === shareId);
    return half !== undefined && originRules.isStillWhere(half, this.#placeOf(at));
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

  /** What a request with this token meets. */
  #open(token: string, from: Side): Answer {
    const grant = this.opens(token, from);
    return grant === undefined ? { status: 401 } : { status: 200, terms: { expiresAt: grant.expiresAt } };
  }

  /** The live, unexpired grant with this token that was given to this peer; undefined: nothing opens. */
  opens(token: string, from: Side): Grant | undefined {
    const grant = this.books.more.grants.find((each) => each.token === token && each.peerId === peerIdOf(from));
    const isOver = grant?.expiresAt !== undefined && grant.expiresAt <= this.now;
    return this.trusts(from) && !isOver ? grant : undefined;
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
    const token = this.world.rules.mint(live?.token, () => this.#freshToken());
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
    else this.#sendEnd(row);
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
    const { shareId, reason } = row.payload as UnsharePayload;
    const at = row.peerId as Side;
    if (at === UNTOLD) return this.finish(row, { kind: 'done', note: 'there is no address for it' });
    this.send(row, at, { kind: 'unshare', shareId, reason }, (answer) => {
      this.finish(row, this.world.rules.answers.endVerdict(judge(answer), this.now - row.createdAt));
    });
  }
}
