import { HOUR, MINUTE } from '../../src/kernel/index.js';
import { isEnd, isOcm, type OutgoingState } from '../../src/shares/index.js';
import { peerIdOf, type AnyHalf } from './cloud.js';
import { DESTINATIONS, ORIGIN, type Destination, type Side } from './commands.js';
import { isDestination, isRefusal, type Incoming } from './destination.js';
import type { Message } from './network.js';
import type { Outgoing } from './origin.js';
import type { World } from './world.js';

/** How long a key may be refused without an end: one that has opened the folder, and one that has just come (F-06). */
const REFUSED_FOR_GOOD = { active: 10 * MINUTE, accepted: HOUR };

/** Thrown when something happened that must never happen. */
export class Violation extends Error {}

/** The cloud to which a name was offered. */
interface Offered {
  readonly outgoingId: string;
  readonly at: Destination;
  /** By Open Cloud Mesh. */
  readonly isOcm: boolean;
}

/** Sees everything, remembers what the clouds may forget, and says when a promise is broken (reliability.md 4, safety). */
export class Witness {
  readonly #world: World;
  readonly #trace: (() => string)[] = [];
  readonly #offered = new Map<string, Offered>();
  /** Names whose acceptance was once on record at their destination. */
  readonly #consents = new Set<string>();
  /** Names that a backup of one side knows otherwise than the other side does. */
  readonly #rewound = new Map<string, Set<Side>>();
  /** Clouds that blocked the other, or were blocked, at some time. */
  readonly #cuts = new Set<Side>();
  /** Shares whose last choice was taken by the chosen cloud, which said so. */
  readonly #welcome = new Set<string>();
  /** When the origin's halves ended, milliseconds. */
  readonly #endedAt = new Map<string, number>();
  /** Since when each key was answered by refusals alone, and which trial was the last before that. */
  readonly #refusals = new Map<string, { readonly since: number; readonly lastTrial: number }>();
  #trials = 0;
  /** How each destination's half ended. */
  readonly #endings = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** One more line of what happened; put into words only if somebody asks. */
  say(words: () => string): void {
    this.#trace.push(words);
  }

  /** What happened, line by line. */
  get story(): string {
    return this.#trace.map((words) => words()).join('\n');
  }

  get offered(): ReadonlyMap<string, Offered> {
    return this.#offered;
  }

  /** True when a backup of this side was brought back that knows this share otherwise. */
  isRewound(name: string, side?: Side): boolean {
    const sides = this.#rewound.get(name);
    return sides !== undefined && (side === undefined || sides.has(side));
  }

  /** One cloud blocks another. */
  blocked(side: Side, peer: Side): void {
    this.#cuts.add(side).add(peer);
  }

  /** True once this destination has blocked the origin, or was blocked by it. */
  wasCut(at: Destination): boolean {
    return this.#cuts.has(at);
  }

  /** The event that ended a destination's half. */
  endOf(at: Destination, name: string): string | undefined {
    return this.#endings.get(`${at} ${name}`);
  }

  #demand(holds: boolean, promise: string): asserts holds {
    if (!holds) throw new Violation(promise);
  }

  sent(to: Side, message: Message): void {
    if (message.kind === 'credentials') this.#sentCredentials(to, message);
    if (message.kind === 'announce') this.#announced(to, message);
    if (message.kind === 'result' || message.kind === 'offer') this.#sentInFront(message);
  }

  #sentInFront(message: Message): void {
    const text = Object.values(message);
    const leaks = this.#world.alder.books.more.grants.some(({ token }) => text.includes(token));
    this.#demand(!leaks, 'nothing secret travels with a browser');
  }

  #sentCredentials(to: Side, { shareId, url }: Extract<Message, { kind: 'credentials' }>): void {
    const half = this.#world.alder.halves.find((each) => each.shareId === shareId);
    this.#demand(half?.chosen?.credentialsUrl === url, 'credentials go where the share was offered, to no other place');
    this.#demand(half.peerId === peerIdOf(to), 'credentials go to the chosen cloud');
  }

  #announced(to: Side, { shareId, url }: Extract<Message, { kind: 'announce' }>): void {
    const half = this.#world.alder.halves.find((each) => each.shareId === shareId);
    this.#demand(half?.chosen?.shareUrl === url, 'a secret goes where the share was offered, to no other place');
    this.#demand(half.peerId === peerIdOf(to), 'a secret goes to the chosen cloud');
  }

  /** The chosen cloud took the proposal of this choice; it counts while no other has been made since. */
  welcomed({ id, revision }: AnyHalf): void {
    if (this.#world.alder.books.halves.get(id)?.revision === revision) this.#welcome.add(id);
  }

  moved(side: Side, before: AnyHalf | undefined, after: AnyHalf, event: string | undefined): void {
    this.say(() => `  ${side} ${after.shareId} ${event ?? 'changed'}: ${before?.state ?? '-'} → ${after.state}`);
    const ended = before !== undefined && isEnd(before.state as OutgoingState);
    this.#demand(!ended || before.state === after.state, 'an end absorbs whatever comes');
    if (isDestination(side)) this.#movedAbroad(side, before, after as Incoming, event);
    else this.#movedHere(before as Outgoing | undefined, after as Outgoing, event);
  }

  /** When the origin's half ended; long ago if it did not. */
  endedAt(outgoingId: string): number {
    return this.#endedAt.get(outgoingId) ?? 0;
  }

  #movedHere(before: Outgoing | undefined, after: Outgoing, event: string | undefined): void {
    if (isEnd(after.state)) this.#endedAt.set(after.id, this.#world.time());
    if (event === 'choose') this.#chosen(after);
    if (event === 'offer-failed')
      this.#demand(!this.#welcome.has(after.id), 'no old attempt fails what a newer one made');
    if (event === 'accept') {
      const isLate = before?.expiresAt !== undefined && before.expiresAt <= this.#world.alder.now;
      this.#demand(!isLate, 'nothing is accepted after its expiry');
    }
    if (event === 'refused')
      this.#demand(!this.#isWanted(after), 'no share ends at the origin that its recipient wants');
  }

  #chosen(half: Outgoing): void {
    const { id, shareId, peerId } = half;
    this.#welcome.delete(id);
    this.#offered.set(shareId, { outgoingId: id, at: peerId as string as Destination, isOcm: isOcm(half) });
  }

  /** True when the chosen cloud holds an acceptance of this share. */
  #isWanted({ shareId }: Outgoing): boolean {
    const at = this.#offered.get(shareId)?.at;
    if (at === undefined || this.isRewound(shareId)) return false;
    return this.#world.destination(at).halves.some((half) => half.shareId === shareId && isOpen(half));
  }

  #movedAbroad(side: Destination, before: AnyHalf | undefined, after: Incoming, event: string | undefined): void {
    if (event === 'accept') this.#consents.add(`${side} ${after.shareId}`);
    if (isEnd(after.state)) this.#endings.set(`${side} ${after.shareId}`, event ?? '');
    if (event !== 'dead-revoked' && event !== 'dead-expired') return;
    if (this.#isTimeUp(side, after)) return;
    const isAlive = this.#isAlive(after.shareId) && !this.isRewound(after.shareId);
    const patience = before?.state === 'accepted' ? REFUSED_FOR_GOOD.accepted : REFUSED_FOR_GOOD.active;
    const hasLasted = this.#refusedFor(side, after) >= patience;
    this.#demand(!isAlive || hasLasted, 'trouble is no ending: no mount goes whose grant still opens (CNV-03)');
  }

  /**
   * By Open Cloud Mesh each side keeps the time that stands in the offer, by its own clock (open-cloud-mesh.md 4.1): one that
   * is fast ends earlier than the other, and that is no trouble.
   */
  #isTimeUp(side: Destination, half: Incoming): boolean {
    return isOcm(half) && half.expiresAt !== undefined && half.expiresAt <= this.#world.destination(side).now;
  }

  /**
   * Records that a key is tried; call the result with the answer. Refusals in a row begin, continue or are broken by
   * it. A trial that began before the first refusal was heard does not count, however late its answer comes.
   */
  tried(side: Side, { shareId }: AnyHalf): (status: number) => void {
    const name = `${side} ${shareId}`;
    this.#demand(this.#consents.has(name), 'no key is tried before its recipient has accepted');
    const trial = (this.#trials += 1);
    return (status) => {
      const row = this.#refusals.get(name);
      if (!isRefusal(status)) {
        if (row !== undefined && row.lastTrial < trial) this.#refusals.delete(name);
      } else if (row === undefined && isDestination(side)) {
        this.#refusals.set(name, { since: this.#world.destination(side).now, lastTrial: this.#trials });
      }
    };
  }

  /** For how long a key has been answered by nothing but refusals, by the clock of its holder. */
  #refusedFor(side: Destination, { shareId }: AnyHalf): number {
    const { now } = this.#world.destination(side);
    return now - (this.#refusals.get(`${side} ${shareId}`)?.since ?? now);
  }

  /** True when the origin's half of this name is open and its grant opens. */
  #isAlive(shareId: string): boolean {
    const { alder } = this.#world;
    const half = alder.halves.find((each) => each.shareId === shareId);
    const grant = half === undefined ? undefined : alder.grantOf(half.id);
    const at = this.#offered.get(shareId)?.at;
    return grant !== undefined && at !== undefined && alder.opens(grant.token, at) !== undefined;
  }

  /** A backup was brought back: it may contradict what the other side knows, or not know what had ended before it came. */
  restored(side: Side, before: ReadonlyMap<string, AnyHalf>, after: ReadonlyMap<string, AnyHalf>): void {
    this.say(() => `  ${side} is as it was: ${[...after.values()].map(({ state }) => state).join(', ')}`);
    const ids = new Set([...before].filter(([id, half]) => after.get(id) !== half).map(([id]) => id));
    // After a backup the origin may take an offer for failed that it has forgotten.
    if (side === ORIGIN) for (const id of ids) this.#welcome.delete(id);
    for (const [name, { outgoingId, at }] of this.#offered) {
      const half = [...before.values()].find(({ shareId }) => shareId === name);
      if (side === ORIGIN ? ids.has(outgoingId) : side === at && (half === undefined || ids.has(half.id))) {
        this.#rewound.set(name, new Set(this.#rewound.get(name)).add(side));
      }
    }
  }

  /** Checks the records of all clouds, between two acts. */
  look(): void {
    this.#lookHere();
    for (const at of DESTINATIONS) this.#lookAt(at);
  }

  #lookHere(): void {
    const { books, halves } = this.#world.alder;
    for (const { outgoingId, peerId } of books.more.grants) {
      const half = books.halves.get(outgoingId);
      this.#demand(
        half !== undefined && (isOpen(half) || (isOcm(half) && half.state === 'sent')),
        'a grant lives only while its share is accepted or active, by Open Cloud Mesh from its offer on (CNV-02)',
      );
      const isConsented = half.state === 'sent' || this.#consents.has(`${peerId} ${half.shareId}`);
      this.#demand(isConsented, 'nothing is granted that nobody accepted');
    }
    const shares = books.more.grants.map(({ outgoingId }) => outgoingId);
    this.#demand(new Set(shares).size === shares.length, 'never two live grants of one share');
    const waiting = new Set(books.queue.filter(({ kind }) => kind === 'credentials').map(({ lane }) => lane));
    for (const { id, shareId, state } of halves) {
      const isPointless = isEnd(state) && waiting.has(`outgoing:${id}:${shareId}`);
      this.#demand(!isPointless, 'an end removes the credentials that wait (DLV-03)');
    }
  }

  #lookAt(at: Destination): void {
    const { books, halves } = this.#world.destination(at);
    for (const half of halves) {
      this.#demand(books.more.mounts.has(half.id) === (half.state === 'active'), 'what is mounted is active');
      if (isOcm(half)) {
        // A refusal is told by the secret, which came with the proposal.
        const mayHold = !isEnd(half.state) || half.state === 'declined';
        this.#demand(half.grantSealed === undefined || mayHold, 'no secret of a share that is over');
        continue;
      }
      const hasGrant = half.grantDigest !== undefined;
      this.#demand(!hasGrant || isOpen(half), 'no secret of a share that is not accepted');
      this.#demand(!hasGrant || this.#consents.has(`${at} ${half.shareId}`), 'no secret that nobody asked for');
    }
  }
}

function isOpen({ state }: { readonly state: string }): boolean {
  return state === 'accepted' || state === 'active';
}
