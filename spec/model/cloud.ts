import type { NewDelivery, Verdict } from '../../src/deliveries/index.js';
import type { PeerId } from '../../src/kernel/index.js';
import { UNSHARE } from '../../src/shares/index.js';
import type { Side } from './commands.js';
import type { Answer, Exchange, Message } from './network.js';
import { attempted, dropped, dueOf, enqueued, expired, nextOf, retried, type Queue, type Row } from './queue.js';
import type { Rules } from './rules.js';

/** What every half has in the model. */
export interface AnyHalf {
  readonly id: string;
  readonly shareId: string;
  readonly state: string;
  readonly revision: number;
}

/**
 * Everything that a cloud has committed. It is replaced rather than changed, so that an older one can serve as a
 * backup.
 */
export interface Books<Half, More> {
  readonly halves: ReadonlyMap<string, Half>;
  readonly queue: Queue;
  readonly blocked: ReadonlySet<Side>;
  readonly more: More;
}

/** What a cloud needs of the world around it. */
export interface Surroundings {
  readonly rules: Rules;
  /** The true time, milliseconds. */
  readonly time: () => number;
  readonly send: (from: Side, to: Side, message: Message, since: number, heard: (answer: Answer) => void) => void;
  /** A number that was never given before, also not before a backup was made. */
  readonly fresh: () => number;
  /** Told that a peer took the proposal, and of every change of a half. */
  readonly welcomed: (half: AnyHalf) => void;
  /** Called when a destination tries its key; the returned function is called with the answer. */
  readonly tried: (side: Side, half: AnyHalf) => (status: number) => void;
  readonly moved: (side: Side, before: AnyHalf | undefined, after: AnyHalf, event: string | undefined) => void;
}

/** A step of any rule. */
export interface AnyStep<Effect> {
  readonly change?: { readonly event?: string; readonly patch?: object };
  readonly effects: readonly Effect[];
}

interface QueueEffect {
  readonly kind: 'queue';
  readonly delivery: NewDelivery;
}
interface DropEffect {
  readonly kind: 'drop';
  readonly lane: string;
  readonly kinds?: readonly string[];
}

/** The most commits that a backup can be behind. */
const BACKUPS = 8;

/**
 * One cloud in memory: what it has committed, its clock, and the messages that it is sending. Reads, asks a rule,
 * commits the rule's step: state and queue rows together.
 */
export abstract class Cloud<Half extends AnyHalf, More, Effect extends { readonly kind: string }> {
  readonly side: Side;
  readonly world: Surroundings;
  books: Books<Half, More>;
  isUp = true;
  /** How far the clock is wrong, milliseconds. */
  offset = 0;
  #backups: Books<Half, More>[] = [];
  #sending = new Map<number, string>();
  #isSlow = false;
  #depth = 0;
  #held: (() => void)[] = [];

  constructor(side: Side, world: Surroundings, more: More) {
    this.side = side;
    this.world = world;
    this.books = { halves: new Map(), queue: [], blocked: new Set(), more };
  }

  get now(): number {
    return this.world.time() + this.offset;
  }

  get halves(): Half[] {
    return [...this.books.halves.values()];
  }

  /** An act of a slow replica: it reads now and commits later. Much can happen in between. */
  act<T>(seen: T, commit: (seen: T) => Answer): Answer {
    if (!this.#isSlow) return commit(seen);
    this.#isSlow = false;
    this.#held.push(() => void commit(seen));
    return { status: 0 };
  }

  /** The next act commits late, see {@link begun}. */
  slowDown(): void {
    this.#isSlow = true;
  }

  /** What a slow replica has begun and not committed yet; the caller says when it does. */
  begun(): (() => void)[] {
    return this.#held.splice(0);
  }

  /** The half after the step; undefined, and nothing was done, when another change was faster or the event does not fit. */
  commit(seen: Half, step: AnyStep<Effect>): Half | undefined {
    const after = step.change === undefined ? seen : this.#changed(seen, step.change);
    if (after === undefined) return undefined;
    this.transaction(() => {
      if (after !== seen) this.put(after, step.change?.event);
      for (const effect of step.effects) this.#perform(after, effect);
    });
    return after;
  }

  #changed(seen: Half, { event, patch }: NonNullable<AnyStep<Effect>['change']>): Half | undefined {
    const stored = this.books.halves.get(seen.id);
    if (stored === undefined || !this.world.rules.mayWrite(stored, seen)) return undefined;
    const state = event === undefined ? seen.state : this.next(seen.state, event);
    return state === undefined ? undefined : { ...seen, ...patch, state, revision: seen.revision + 1 };
  }

  /** Where the table of transitions leads. */
  abstract next(state: string, event: string): string | undefined;

  /** Writes a half. */
  put(half: Half, event?: string): void {
    const before = this.books.halves.get(half.id);
    this.books = { ...this.books, halves: new Map(this.books.halves).set(half.id, half) };
    this.world.moved(this.side, before, half, event);
  }

  /** A new half, in a commit of its own. */
  add(half: Half): void {
    this.transaction(() => this.put(half, 'share'));
  }

  #perform(half: Half, effect: Effect): void {
    if (isQueue(effect)) {
      this.requeue((queue) => enqueued(queue, effect.delivery, this.world.fresh(), this.now));
    } else if (isDrop(effect)) {
      this.requeue((queue) => dropped(queue, effect.lane, effect.kinds));
    } else {
      this.perform(half, effect);
    }
  }

  /** Effects that only this kind of cloud has. */
  abstract perform(half: Half, effect: Effect): void;

  requeue(change: (queue: Queue) => Queue): void {
    this.books = { ...this.books, queue: change(this.books.queue) };
  }

  note(change: Partial<More>): void {
    this.books = { ...this.books, more: { ...this.books.more, ...change } };
  }

  /** A request of another cloud, or of a browser. */
  abstract receive(exchange: Exchange): Answer;

  /** One attempt to send. */
  protected abstract attempt(row: Row): void;

  /** The worker: begins every attempt that is due. */
  work(): void {
    if (!this.isUp) return;
    for (const row of dueOf(this.books.queue, this.now, new Set(this.#sending.values()))) {
      if (row.expiresAt !== undefined && row.expiresAt <= this.now) this.requeue((queue) => expired(queue, row));
      else this.#begin(row);
    }
  }

  #begin(row: Row): void {
    this.#sending.set(row.id, row.lane);
    this.attempt(row);
  }

  /**
   * Ends an attempt: the queue row and what follows from the answer, in one commit; nothing when the share has ended
   * meanwhile (DLV-03).
   */
  finish(row: Row, verdict: Verdict, settle: () => void = () => undefined): void {
    this.#sending.delete(row.id);
    if (!this.books.queue.some(({ id }) => id === row.id)) return;
    this.transaction(() => {
      this.requeue((queue) => attempted(queue, row, verdict, this.now));
      settle();
    });
  }

  /** Sends a message of the queue. */
  protected send(row: Row, to: Side, message: Message, heard: (answer: Answer) => void): void {
    this.world.send(this.side, to, message, row.createdAt, heard);
  }

  block(peer: Side): void {
    if (this.books.blocked.has(peer)) return;
    this.transaction(() => {
      this.books = { ...this.books, blocked: new Set(this.books.blocked).add(peer) };
      this.endWith(peer);
      this.requeue((queue) => queue.filter((row) => row.peerId !== peerIdOf(peer) || row.kind === UNSHARE));
    });
  }

  /** Ends every share with a peer. */
  protected abstract endWith(peer: Side): void;

  unblock(peer: Side): void {
    const blocked = new Set(this.books.blocked);
    blocked.delete(peer);
    this.books = { ...this.books, blocked };
  }

  trusts(peer: Side): boolean {
    return !this.books.blocked.has(peer);
  }

  crash(): void {
    this.isUp = false;
    this.#sending.clear();
    this.#held = [];
    this.#isSlow = false;
  }

  /** Goes back `count` commits; false when there is no such backup. */
  restore(count: number): boolean {
    const backup = this.#backups[this.#backups.length - count];
    if (backup === undefined) return false;
    this.crash();
    this.books = backup;
    this.#backups = this.#backups.slice(0, -count);
    this.isUp = true;
    return true;
  }

  retryFailed(): void {
    this.requeue((queue) => retried(queue, this.now));
  }

  /** When the next message is due, in true time. */
  nextDue(): number {
    return nextOf(this.books.queue) - this.offset;
  }

  /** Makes everything that `work` changes one commit, so that no backup holds only a part of it. */
  transaction(work: () => void): void {
    const before = this.books;
    this.#depth += 1;
    work();
    this.#depth -= 1;
    if (this.#depth === 0 && this.books !== before) this.#backups = [...this.#backups, before].slice(-BACKUPS);
  }
}

/** The id of a peer is the name of its side. */
export function peerIdOf(side: Side): PeerId {
  return side as string as PeerId;
}

function isQueue(effect: { readonly kind: string }): effect is QueueEffect {
  return effect.kind === 'queue';
}

function isDrop(effect: { readonly kind: string }): effect is DropEffect {
  return effect.kind === 'drop';
}
