import type { AccountId, PeerId } from '../../src/kernel/index.js';
import {
  DECISION,
  isOcm,
  PROBE,
  type DestinationStep,
  type EndReason,
  type destinationRules,
  type IncomingEvent,
  type IncomingPayload,
  type IncomingShare,
  type IncomingState,
  type ProbeFinding,
  type UnsharePayload,
} from '../../src/shares/index.js';
import { Cloud, peerIdOf, type AnyHalf, type Surroundings } from './cloud.js';
import { ORIGIN, type Destination, type Side } from './commands.js';
import {
  judge,
  judgeNotification,
  type Announcement,
  type Answer,
  type Exchange,
  type Message,
  type Notification,
  type Visit,
} from './network.js';
import { hastened, type Row } from './queue.js';

/** The destination's half, as far as rules look at it. */
export type Incoming = destinationRules.IncomingHalf &
  Pick<IncomingShare, 'accountId' | 'endReason' | 'grantSealed'> &
  AnyHalf & { readonly callback: string };

/** What a destination keeps beside its halves. */
export interface DestinationMore {
  /** Names whose end was heard before their proposal. */
  readonly graves: ReadonlySet<string>;
  /** The halves that are mounted. */
  readonly mounts: ReadonlySet<string>;
  readonly recipient: number;
}

type Effect = DestinationStep['effects'][number];
type Offer = Extract<Message, { kind: 'offer' }>;

const OK: Answer = { status: 200 };
const ORIGIN_ID: PeerId = peerIdOf(ORIGIN);

/** A cloud that folders are shared with: its halves, mounts and messages, over the rules of the house. */
export class DestinationCloud extends Cloud<Incoming, DestinationMore, Effect> {
  constructor(side: Destination, world: Surroundings) {
    super(side, world, { graves: new Set(), mounts: new Set(), recipient: 0 });
  }

  get #rules(): Surroundings['rules']['destination'] {
    return this.world.rules.destination;
  }

  receive({ message }: Exchange): Answer {
    if (!this.trusts(ORIGIN)) return { status: message.kind === 'notify' ? 403 : 401 };
    switch (message.kind) {
      case 'announce':
        return this.#receiveAnnouncement(message);
      case 'notify':
        return this.#hearNotified(message);
      case 'offer':
        return this.#receiveOffer(message);
      case 'credentials':
        return this.#takeGrant(message);
      case 'unshare':
        return this.#hearEnd(message.shareId, message.reason as EndReason);
      default:
        return { status: 404 };
    }
  }

  #named(shareId: string): Incoming | undefined {
    return this.halves.find((half) => half.shareId === shareId);
  }

  #receiveOffer(offer: Offer): Answer {
    const digest = JSON.stringify(offer);
    const isBuried = this.books.more.graves.has(offer.shareId);
    const received = this.#rules.receiveOffer(this.#named(offer.shareId), { digest, isBuried });
    if (received === 'new') this.#store(offer, digest, {});
    return { status: received === 'new' || received === 'same' ? 303 : 409 };
  }

  /** By Open Cloud Mesh the key comes with the proposal. */
  #receiveAnnouncement(announced: Announcement): Answer {
    const { shareId, secret, expiresAt } = announced;
    const digest = JSON.stringify(announced);
    const isBuried = this.books.more.graves.has(shareId);
    const received = this.#rules.receiveOffer(this.#named(shareId), { digest, isBuried });
    const key = { dialect: 'ocm', recipientAddress: 'bo', grantSealed: secret, grantDigest: secret } as const;
    if (received === 'new') this.#store({ shareId, expiresAt, callback: '' }, digest, key);
    return { status: received === 'new' || received === 'same' ? 201 : 409 };
  }

  /** Messages without the right secret are refused and leave nothing behind. */
  #hearNotified({ type, shareId, secret }: Notification): Answer {
    const half = this.#named(shareId);
    if (half === undefined || !isOcm(half) || half.grantDigest !== secret || type !== 'SHARE_UNSHARED') {
      return { status: 403 };
    }
    this.commit(half, this.#rules.hearEnd(half, undefined, this.now));
    return { status: 201 };
  }

  #store(
    { shareId, callback, expiresAt }: Omit<Offer, 'kind'>,
    digest: string,
    brought: Partial<Pick<Incoming, 'dialect' | 'recipientAddress' | 'grantSealed' | 'grantDigest'>>,
  ): void {
    const by = { dialect: undefined, recipientAddress: undefined };
    const more = { ...by, endReason: undefined, accountId: undefined, grantSealed: undefined, grantDigest: undefined };
    this.add({
      ...more,
      ...brought,
      shareId,
      callback,
      expiresAt,
      digest,
      permission: 'read-write',
      kind: 'folder',
      isKindOpen: false,
      problem: undefined,
      grantIsUnsigned: false,
      refusedSince: undefined,
      refusals: 0,
      id: `proposal-${String(this.world.fresh())}`,
      peerId: ORIGIN_ID,
      state: 'pending',
      revision: 1,
      createdAt: this.now,
    });
  }

  #takeGrant({ shareId, token }: Extract<Message, { kind: 'credentials' }>): Answer {
    const half = this.#named(shareId);
    if (half === undefined) return { status: this.books.more.graves.has(shareId) ? 409 : 404 };
    const taken = this.#rules.takeGrant(half, { grantSealed: token, grantDigest: token });
    if (taken.kind !== 'stored') return { status: taken.kind === 'same' ? 200 : 409 };
    return this.act(taken.step, (step) => ({ status: this.commit(half, step) === undefined ? 409 : 200 }));
  }

  #hearEnd(shareId: string, reason: EndReason): Answer {
    const half = this.#named(shareId);
    if (half === undefined) {
      this.transaction(() => this.note({ graves: new Set(this.books.more.graves).add(shareId) }));
      return { status: 404 };
    }
    return this.act(this.#rules.hearEnd(half, reason, this.now), (step) => {
      this.commit(half, step);
      return OK;
    });
  }

  /** The recipient answers; says where their browser goes with it. */
  answer(half: Incoming, accepted: boolean): Visit | undefined {
    if (!this.trusts(ORIGIN)) return undefined;
    const answered = this.#rules.answerOffer(
      half,
      { accepted, shown: half.digest, accountId: this.#recipient },
      this.now,
    );
    if (answered.kind !== 'recorded') return undefined;
    const { status } = this.act(answered.step, (step) => ({
      status: this.commit(half, step) === undefined ? 409 : 303,
    }));
    // By Open Cloud Mesh no browser carries it.
    return status === 303 && !isOcm(half) ? this.#visit(half, accepted) : undefined;
  }

  get #recipient(): AccountId {
    return `recipient-${String(this.books.more.recipient)}` as AccountId;
  }

  #visit({ callback, shareId }: Incoming, accepted: boolean): Visit {
    const request = `request-${String(this.world.fresh())}`;
    return { kind: 'result', callback, shareId, accepted, request, from: this.side };
  }

  /** The recipient removes the folder, answered or not. */
  leave(half: Incoming): void {
    if (half.accountId !== this.#recipient) return;
    this.act(this.#rules.end(half, 'leave', { reason: 'left', now: this.now }), (step) => {
      this.commit(half, step);
      return OK;
    });
  }

  removeRecipient(): void {
    this.transaction(() => {
      for (const half of this.halves) {
        if (half.accountId === this.#recipient) this.#leaves(half);
      }
      this.note({ recipient: this.books.more.recipient + 1 });
    });
  }

  protected override endWith(): void {
    for (const half of this.halves) this.#leaves(half);
  }

  #leaves(half: Incoming): void {
    this.commit(half, this.#rules.end(half, 'leave', { reason: 'left', now: this.now }));
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
    return this.world.rules.nextIncoming(state as IncomingState, event as IncomingEvent);
  }

  override perform(half: Incoming, effect: Effect): void {
    const { kind } = effect;
    if (kind === 'mark-mount') return;
    if (kind === 'hasten') return this.requeue((queue) => hastened(queue, effect, this.now));
    const mounts = new Set(this.books.more.mounts);
    if (kind === 'mount') mounts.add(half.id);
    if (kind === 'unmount') mounts.delete(half.id);
    this.note({ mounts });
  }

  protected override attempt(row: Row): void {
    if (row.kind === DECISION) this.#repeatDecision(row);
    else if (row.kind === PROBE) this.#probe(row);
    else this.#sendEnd(row);
  }

  /** As the courier does. */
  #repeatDecision(row: Row): void {
    const half = this.books.halves.get((row.payload as IncomingPayload).incomingId);
    const { answers } = this.world.rules;
    if (half === undefined || !this.trusts(ORIGIN) || !this.#rules.isDecisionDue(half)) {
      return this.finish(row, answers.OVERTAKEN);
    }
    if (isOcm(half)) return this.#tellDecision(row, half);
    const accepted = half.state === 'accepted';
    this.send(row, ORIGIN, this.#visit(half, accepted), (heard) => {
      const answer = judge(heard);
      const waited = this.now - row.createdAt;
      this.finish(row, answers.decisionVerdict(answer, accepted), () => {
        this.#decisionAnswered(half.id, answer.kind, waited);
      });
    });
  }

  #tellDecision(row: Row, half: Incoming): void {
    const { answers } = this.world.rules;
    const accepted = half.state !== 'declined';
    const told = (answer: ReturnType<typeof judge>): void => {
      const waited = this.now - row.createdAt;
      const verdict = answers.toldVerdict(answer, accepted, waited);
      this.finish(row, verdict, () => this.#decisionAnswered(half.id, answer.kind, waited));
    };
    const { shareId, grantSealed: secret } = half;
    if (secret === undefined) return told({ kind: 'malformed', note: 'the secret of the share is gone' });
    const message = { kind: 'notify', type: accepted ? 'SHARE_ACCEPTED' : 'SHARE_DECLINED', shareId, secret } as const;
    this.send(row, ORIGIN, message, (heard) => told(judgeNotification(heard, message)));
  }

  #decisionAnswered(id: string, answer: string, waited: number): void {
    const half = this.books.halves.get(id);
    if (half !== undefined) this.commit(half, this.#rules.decisionAnswered(half, answer, { waited, now: this.now }));
  }

  #probe(row: Row): void {
    const half = this.books.halves.get((row.payload as IncomingPayload).incomingId);
    if (half === undefined || !this.#rules.isOpenable(half))
      return this.finish(row, this.world.rules.answers.OVERTAKEN);
    const token = half.grantSealed;
    if (token === undefined) return this.#found(row, { kind: 'trouble', note: 'no grant', answered: false });
    const answered = this.world.tried(this.side, half);
    this.send(row, ORIGIN, { kind: 'open', token }, (answer) => {
      answered(answer.status);
      this.#found(row, findingOf(answer));
    });
  }

  /** The recipient looks into the folder: while its key is refused, nobody asks. */
  look(half: Incoming): void {
    const token = half.grantSealed;
    if (half.state !== 'active' || half.refusedSince !== undefined || token === undefined) return;
    const answered = this.world.tried(this.side, half);
    this.world.send(this.side, ORIGIN, { kind: 'open', token }, this.now, ({ status }) => {
      const seen = this.books.halves.get(half.id);
      if (seen === undefined || !isRefusal(status)) return;
      answered(status);
      this.commit(seen, this.#rules.refusedInUse(seen, this.now));
    });
  }

  #found(row: Row, finding: ProbeFinding): void {
    this.finish(row, this.world.rules.answers.probeVerdict(finding), () => {
      const half = this.books.halves.get((row.payload as IncomingPayload).incomingId);
      if (half !== undefined) this.commit(half, this.#rules.found(half, finding, { now: this.now, chance: 0 }));
    });
  }

  #sendEnd(row: Row): void {
    const { shareId, reason, ocm } = row.payload as UnsharePayload;
    if (ocm !== undefined) return this.#notifyEnd(row, { shareId, secret: ocm.secretSealed });
    this.send(row, ORIGIN, { kind: 'unshare', shareId, reason }, (heard) => {
      this.finish(row, this.world.rules.answers.endVerdict(judge(heard), this.now - row.createdAt));
    });
  }

  #notifyEnd(row: Row, { shareId, secret }: { readonly shareId: string; readonly secret: string | undefined }): void {
    const { endVerdict } = this.world.rules.answers;
    const told = (answer: ReturnType<typeof judge>): void => {
      this.finish(row, endVerdict(answer, this.now - row.createdAt));
    };
    if (secret === undefined) return told({ kind: 'malformed', note: 'the secret of the share is gone' });
    const message = { kind: 'notify', type: 'SHARE_DECLINED', shareId, secret } as const;
    this.send(row, ORIGIN, message, (heard) => told(judgeNotification(heard, message)));
  }
}

function findingOf(answer: Answer): ProbeFinding {
  if (isRefusal(answer.status)) return { kind: 'refused', detail: `answered ${String(answer.status)}` };
  if (answer.status !== 200) {
    return { kind: 'trouble', note: `answered ${String(answer.status)}`, answered: answer.status > 0 };
  }
  const terms = { permission: 'read-write', expiresAt: answer.terms?.expiresAt } as const;
  return { kind: 'open', rootKey: 'root', keepsDesk: false, ...terms };
}

/** The answer of a cloud that refuses a key. */
export function isRefusal(status: number): boolean {
  return status === 401 || status === 403 || status === 404;
}

/** The side of a cloud that folders are shared with. */
export function isDestination(side: Side): side is Destination {
  return side !== ORIGIN;
}
