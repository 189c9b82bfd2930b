import { HOUR, MINUTE, SECOND } from '../../src/kernel/index.js';
import type { MessageAnswer } from '../../src/shares/index.js';
import type { Side } from './commands.js';

/** What is said on the wire. Those of the browser are seen by whoever looks over its shoulder. */
export type Message =
  | {
      readonly kind: 'offer';
      readonly shareId: string;
      readonly callback: string;
      readonly expiresAt: number | undefined;
    }
  | { readonly kind: 'credentials'; readonly shareId: string; readonly token: string; readonly url: string }
  | { readonly kind: 'unshare'; readonly shareId: string; readonly reason: string }
  | Visit
  | { readonly kind: 'open'; readonly token: string };

/** A callback with its decision. `request` names the very request: the browser repeats it, the server signs anew. */
export interface Visit {
  readonly kind: 'result';
  readonly callback: string;
  readonly shareId: string;
  readonly accepted: boolean;
  readonly request: string;
  readonly from: Side;
}

/** An answer; status 0: none came. */
export interface Answer {
  readonly status: number;
  readonly terms?: { readonly expiresAt: number | undefined };
}

const BROKEN: Answer = { status: 0 };

/** A request on its way to another cloud, or its answer on its way back. */
export interface Exchange {
  readonly from: Side | 'browser';
  readonly to: Side;
  readonly message: Message;
  readonly sentAt: number;
  /** Since when this has been tried, milliseconds. */
  readonly since: number;
  leg: 'request' | 'answer';
  answer: Answer;
  heldUntil: number;
  /** Gone once the sender has died or lost patience. */
  heard: ((answer: Answer) => void) | undefined;
}

/** Control calls take so long in all (PEER-01). */
const PATIENCE = 30 * SECOND;
/**
 * A cloud that starts up says 404 to messages that are younger than this by the sender's clock; the rules believe it after
 * an hour (DLV-05). To a request for a folder they never do (CNV-03).
 */
const STARTING = 30 * MINUTE;

/** Requests and answers on their way, in the order in which they were sent. It loses, doubles and delays as it is told. */
export class Network {
  #underway: Exchange[] = [];
  readonly #handle: (exchange: Exchange) => Answer;

  constructor(handle: (exchange: Exchange) => Answer) {
    this.#handle = handle;
  }

  get underway(): readonly Exchange[] {
    return this.#underway;
  }

  send(exchange: Omit<Exchange, 'leg' | 'answer' | 'heldUntil'>): void {
    this.#underway.push({ ...exchange, leg: 'request', answer: BROKEN, heldUntil: 0 });
  }

  /** One hop: a request arrives and is answered, or an answer is heard. */
  deliver(exchange: Exchange, answer = this.#handle): void {
    if (exchange.leg === 'request') {
      exchange.answer = answer(exchange);
      exchange.leg = 'answer';
      if (exchange.heard !== undefined) return;
    }
    this.#remove(exchange);
    exchange.heard?.(exchange.answer);
  }

  /** The request or the answer is lost; the sender sees a broken connection. */
  drop(exchange: Exchange): void {
    this.#remove(exchange);
    exchange.heard?.(BROKEN);
  }

  /** It arrives, and is still on its way; nobody hears the second answer. */
  duplicate(exchange: Exchange): void {
    if (exchange.leg === 'answer') return;
    this.#underway.push({ ...exchange, heard: undefined });
    this.deliver(exchange);
  }

  /** Comes an hour later than everything else. */
  delay(exchange: Exchange, now: number): void {
    exchange.heldUntil = now + HOUR;
  }

  /** Something before the receiver answers, at once. `sendersNow`: milliseconds, by the sender's clock. */
  misanswer(exchange: Exchange, status: number, sendersNow: number): void {
    if (exchange.leg === 'answer') return;
    const isStarting = exchange.message.kind === 'open' || sendersNow - exchange.since < STARTING;
    this.deliver(exchange, () => ({ status: status === 404 && !isStarting ? 500 : status }));
    if (exchange.heard !== undefined) this.deliver(exchange);
  }

  /** One hop for everything that is not held. */
  flow(now: number): void {
    for (const exchange of [...this.#underway]) {
      if (exchange.heldUntil <= now && this.#underway.includes(exchange)) this.deliver(exchange);
    }
  }

  /** Senders lose patience; what they sent may still arrive. */
  expire(now: number): void {
    for (const exchange of [...this.#underway]) {
      if (now - exchange.sentAt < PATIENCE || exchange.heard === undefined) continue;
      const { heard } = exchange;
      this.#orphan(exchange);
      heard(BROKEN);
    }
  }

  /** A sender dies. */
  forget(side: Side): void {
    for (const exchange of [...this.#underway]) if (exchange.from === side) this.#orphan(exchange);
  }

  /** Nothing is held back any more. */
  release(): void {
    for (const exchange of this.#underway) exchange.heldUntil = 0;
  }

  #orphan(exchange: Exchange): void {
    exchange.heard = undefined;
    if (exchange.leg === 'answer') this.#remove(exchange);
  }

  #remove(exchange: Exchange): void {
    this.#underway = this.#underway.filter((each) => each !== exchange);
  }
}

/** What an answer means, as `judge` in src/federation/answers.ts says (DLV-05). */
export function judge({ status }: Answer): MessageAnswer {
  const note = `answered ${String(status)}`;
  if (status >= 200 && status < 300) return { kind: 'taken', note };
  if (status === 404) return { kind: 'unknown', note };
  if (status === 409) return { kind: 'unfit', note };
  return { kind: 'trouble', note, retryAfter: undefined, slow: status > 0 && status < 500 };
}
