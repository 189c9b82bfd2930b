import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Failure, SECOND } from '../../kernel/index.js';

/** How slowly a sender or a reader may move (ruling F-64). */
export interface PaceLimits {
  /** Bytes that have to move… */
  readonly least: number;
  /** …within so many milliseconds. */
  readonly within: number;
  /** How often everybody is looked at, milliseconds. */
  readonly every: number;
}

export const PACE: PaceLimits = { least: 4 * 1024, within: 30 * SECOND, every: 5 * SECOND };

const refusals = new WeakMap<IncomingMessage, (failure: Failure) => void>();

/** Registers who words the refusal when the sender of this request is too slow; otherwise it is a bare 408. */
export function whenTooSlow(request: IncomingMessage, refuse: (failure: Failure) => void): void {
  refusals.set(request, refuse);
}

/**
 * Watches the pace of bodies in both directions: a side that has to act and is too slow is cut off, a sender with 408,
 * a reader by a broken transfer (threat model DOS-01). Only the side that we wait for is watched, not one that waits
 * for us or for another cloud. A transfer that keeps moving is never cut off, however long it takes (reliability.md
 * FLW-04).
 */
export class Pacekeeper {
  readonly #limits: PaceLimits;
  readonly #now: () => number;
  readonly #watched = new Set<Exchange>();

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(limits: PaceLimits = PACE, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Watches a request and its answer until both are complete. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    const exchange = new Exchange(request, response, this.#now());
    this.#watched.add(exchange);
    response.once('close', () => this.#watched.delete(exchange));
  }

  /** Checks all transfers once, and cuts off those that are too slow. */
  look(): void {
    const { least, within } = this.#limits;
    for (const exchange of this.#watched) {
      if (exchange.isTooSlow(this.#now(), least, within)) exchange.cut();
    }
  }

  /** Checks regularly until the returned function is called. */
  begin(): () => void {
    const timer = setInterval(() => this.look(), this.#limits.every).unref();
    return () => clearInterval(timer);
  }
}

/** A request and its answer on their connection. */
class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  #moved = 0;
  #since: number;

  constructor(request: IncomingMessage, response: ServerResponse, now: number) {
    this.#request = request;
    this.#response = response;
    this.#socket = request.socket;
    this.#since = now;
  }

  isTooSlow(now: number, least: number, within: number): boolean {
    const moved = this.#movedBy(this.#awaited());
    const isOnItsWay = moved !== undefined && moved >= this.#moved && moved - this.#moved < least;
    if (isOnItsWay) return now - this.#since >= within;
    this.#moved = moved ?? 0;
    this.#since = now;
    return false;
  }

  /** Tells a sender why, unless an answer has begun; breaks the transfer to a reader, which never sees a clean end. */
  cut(): void {
    if (this.#awaited() === 'sender' && !this.#response.headersSent) {
      const failure = new Failure('too-slow', 'The body did not arrive in time. Please send it again.');
      (refusals.get(this.#request) ?? (() => this.#refuse(failure)))(failure);
    } else this.#socket.destroy();
  }

  #refuse({ message }: Failure): void {
    const headers = { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' };
    this.#response.writeHead(408, headers).end(message);
  }

  /** The side that has to act; undefined when that is this server. */
  #awaited(): 'sender' | 'reader' | undefined {
    if (this.#socket.writableLength > 0) return 'reader';
    const { complete, readableFlowing, readableLength, readableHighWaterMark } = this.#request;
    // If nobody reads the body, the sender waits for us.
    const isWanted = !complete && readableFlowing !== null && readableLength < readableHighWaterMark;
    return isWanted ? 'sender' : undefined;
  }

  #movedBy(who: 'sender' | 'reader' | undefined): number | undefined {
    if (who === undefined) return undefined;
    if (who === 'sender') return this.#socket.bytesRead;
    // What the kernel has not taken of a running write is known to the handle alone, as in Node's own socket timeout.
    const { _handle: handle } = this.#socket as { _handle?: { readonly writeQueueSize?: number } | null };
    return this.#socket.bytesWritten - this.#socket.writableLength - (handle?.writeQueueSize ?? 0);
  }
}
