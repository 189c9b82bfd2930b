import { HOUR, MINUTE, SECOND } from '../../src/kernel/index.js';
import type { MessageAnswer, OfferAnswer } from '../../src/shares/index.js';
import type { Side } from './commands.js';

/** The messages. Those that a browser carries can be seen by others. */
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
  | Announcement
  | Notification
  | { readonly kind: 'open'; readonly token: string };

/** A share that is offered by Open Cloud Mesh, from cloud to cloud; its secret opens it. */
export interface Announcement {
  readonly kind: 'announce';
  readonly shareId: string;
  readonly secret: string;
  readonly expiresAt: number | undefined;
  readonly url: string;
}

/** A notification about it, which the secret proves. */
export interface Notification {
  readonly kind: 'notify';
  readonly type: 'SHARE_ACCEPTED' | 'SHARE_DECLINED' | 'SHARE_UNSHARED';
  readonly shareId: string;
  readonly secret: string;
}

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
  /** Undefined once the sender has died or given up. */
  heard: ((answer: Answer) => void) | undefined;
}

/** Control calls take so long in all (PEER-01). */
const PATIENCE = 30 * SECOND;
/**
 * A cloud that starts up says 404 to messages that are younger than this by the sender's clock; the rules believe it after
 * an hour (DLV-05). How long a key may be refused, the witness judges (CNV-03).
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

  /** Loses the request or the answer; the sender sees a broken connection. */
  drop(exchange: Exchange): void {
    this.#remove(exchange);
    exchange.heard?.(BROKEN);
  }

  /** Delivers a request and keeps a copy on its way; nobody hears the second answer. */
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
    const isStarting = sendersNow - exchange.since < STARTING;
    const isBelievable = exchange.message.kind === 'open' || (status === 404 && isStarting);
    this.deliver(exchange, () => ({ status: status < 500 && !isBelievable ? 500 : status }));
    if (exchange.heard !== undefined) this.deliver(exchange);
  }

  /** Moves everything that is not held one hop on. */
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

/** What an answer means, as `judge` in src/federation/peer-call/answers.ts says (DLV-05). */
export function judge({ status }: Answer): MessageAnswer {
  const note = `answered ${String(status)}`;
  if (status >= 200 && status < 300) return { kind: 'taken', note };
  if (status === 404) return { kind: 'unknown', note };
  if (status === 409) return { kind: 'unfit', note };
  return { kind: 'trouble', note, retryAfter: undefined, slow: status > 0 && status < 500 };
}

/** What an answer to an announcement means, as `announce` in src/federation/dialects/ocm says. */
export function judgeAnnouncement({ status }: Answer): OfferAnswer {
  const note = `answered ${String(status)}`;
  if (status === 201 || status === 409) return { kind: 'waiting-there', host: 'there', acceptsByUse: false };
  if (status === 0 || status >= 500) return { kind: 'unreachable', note, retryAfter: undefined };
  return { kind: 'refused', status, note };
}

/** What an answer to a notification means: with 400 it is over there already. */
export function judgeNotification(answer: Answer, { type }: Pick<Notification, 'type'>): MessageAnswer {
  const isOver = answer.status === 400 && type !== 'SHARE_ACCEPTED';
  return isOver ? { kind: 'taken', note: 'it is over there' } : judge(answer);
}
