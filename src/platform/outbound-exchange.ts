import { Readable } from 'node:stream';
import { errors, type Client, type Dispatcher } from 'undici';
import { OutboundTimeout, peerFailure, unusable } from './outbound-failures.js';
import { invalid } from '../kernel/index.js';
import type { ConnectionPool, Lease } from './outbound-pool.js';

/** Limits of one exchange, in milliseconds (reliability.md PEER-01). */
export interface ExchangeLimits {
  /** From the call until a connection takes the request: name, TCP, TLS and the wait for a free connection. */
  readonly start: number;
  /** From the sent request to the status line. */
  readonly headers: number;
  /** Without any progress of a body in either direction, while it is the peer that has to move. */
  readonly idle: number;
}

/** What goes out. */
export interface ExchangeRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: Readable | Buffer | string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What came back: status and headers are read, the body is not. */
export interface ExchangeAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Record<string, string | string[]>;
  readonly body: Readable;
}

// Two reads ahead of the slowest consumer: enough to overlap, small enough for hundreds of transfers (FLW-01).
const READ_AHEAD = 256 * 1024;

/** Sends one request over a pooled connection and resolves at the status line; aborting destroys both directions at once. */
export function exchange(
  pool: ConnectionPool,
  request: ExchangeRequest,
  limits: ExchangeLimits,
): Promise<ExchangeAnswer> {
  return new Exchange(pool, request, limits).start();
}

/** One request and its answer on one connection. Every ending passes through `fail` or `complete`, whichever is first. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #pool: ConnectionPool;
  readonly #request: ExchangeRequest;
  readonly #limits: ExchangeLimits;
  #timer: NodeJS.Timeout | undefined;
  #lease: Lease | undefined;
  #sending = false;
  #answer: Readable | undefined;
  #settle: { resolve(answer: ExchangeAnswer): void; reject(error: unknown): void } | undefined;
  #over = false;

  constructor(pool: ConnectionPool, request: ExchangeRequest, limits: ExchangeLimits) {
    this.#pool = pool;
    this.#request = request;
    this.#limits = limits;
  }

  start(): Promise<ExchangeAnswer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      if (this.#request.signal?.aborted === true) {
        this.#fail(this.#request.signal.reason);
        return;
      }
      this.#request.signal?.addEventListener('abort', this.#onAbort, { once: true });
      this.#watchSource();
      this.#wait(this.#limits.start, 'start');
      this.#lease = this.#pool.lease(this.#request.origin, (client) => {
        this.#dispatch(client);
      });
      if (this.#over) this.#lease.discard(new Error('over'));
    });
  }

  #dispatch(client: Client): void {
    const { origin, path, method, headers, body } = this.#request;
    // The headers limit is ours: it must not be renewed by a flood of 1xx answers (PXY-06).
    const limits = { headersTimeout: 0, bodyTimeout: this.#limits.idle };
    try {
      client.dispatch({ origin, path, method, headers, body: body ?? null, ...limits }, this);
    } catch (error) {
      this.#fail(error);
    }
  }

  onRequestStart(): void {
    this.#sending = true;
    if (isStream(this.#request.body)) this.#wait(this.#limits.idle, 'body idle');
    else this.#wait(this.#limits.headers, 'headers');
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    clearTimeout(this.#timer);
    this.#answer = this.#openAnswer(controller).once('close', () => {
      this.#forgetSignal();
    });
    this.#settle?.resolve({ status, headers: plainHeaders(headers), body: this.#answer });
    this.#settle = undefined;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#answer?.push(chunk) === false) controller.pause();
  }

  onResponseEnd(): void {
    this.#finish();
    this.#lease?.giveBack();
    this.#answer?.push(null);
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#fail(error);
  }

  /** The answer's body: reading it drives the socket, destroying it ends the exchange. */
  #openAnswer(controller: Dispatcher.DispatchController): Readable {
    return new Readable({
      highWaterMark: READ_AHEAD,
      read: () => {
        controller.resume();
      },
      destroy: (error, done) => {
        if (!this.#over) this.#fail(error ?? new Error('the reader left'));
        done(error);
      },
    });
  }

  /** A source that fails or leaves is its own trouble, not the peer's. */
  #watchSource(): void {
    const source = this.#request.body;
    if (!isStream(source)) return;
    source.once('error', (error) => {
      this.#fail(error);
    });
    source.once('close', () => {
      if (!source.readableEnded) this.#fail(invalid('The upload ended early.'));
    });
    // The tail of the body may still be on its way after its end, so the wait for the answer is that of a body.
    for (const progress of ['pause', 'resume', 'end']) {
      source.on(progress, () => {
        this.#wait(this.#limits.idle, 'body idle');
      });
    }
  }

  readonly #onAbort = (): void => {
    if (this.#over) this.#answer?.destroy(asError(this.#request.signal?.reason));
    else this.#fail(this.#request.signal?.reason);
  };

  #wait(limit: number, phase: string): void {
    clearTimeout(this.#timer);
    if (this.#over || this.#answer !== undefined) return;
    this.#timer = setTimeout(() => {
      if (this.#isSourceSlow()) this.#wait(limit, phase);
      else this.#fail(new OutboundTimeout(phase));
    }, limit);
  }

  /** While the source flows it is the one that has to move: whoever feeds it watches over its pace (FLW-04). */
  #isSourceSlow(): boolean {
    const source = this.#request.body;
    return this.#sending && isStream(source) && source.readableFlowing === true && !source.readableEnded;
  }

  #fail(reason: unknown): void {
    if (this.#over) return;
    this.#finish();
    this.#forgetSignal();
    const error = this.#blame(reason);
    this.#lease?.discard(asError(reason));
    this.#settle?.reject(error);
    if (isStream(this.#request.body)) this.#request.body.on('error', ignore).destroy();
    this.#answer?.destroy(error);
  }

  /** The caller's own abort and the source's own error pass as they are; everything else is the peer's. */
  #blame(reason: unknown): Error {
    const own = reason === this.#request.signal?.reason && this.#request.signal?.aborted === true;
    const source = isStream(this.#request.body) && reason === this.#request.body.errored;
    return own || (source && !(reason instanceof errors.UndiciError))
      ? asError(reason)
      : peerFailure(reason, this.#answer !== undefined);
  }

  #finish(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  #forgetSignal(): void {
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
  }
}

/** Refuses an answer whose body is coded: nothing in here decodes, and passing it on would corrupt it (PXY-04). */
export function refuseCoded(answer: ExchangeAnswer): ExchangeAnswer {
  const coding = String(answer.headers['content-encoding'] ?? 'identity').trim();
  if (coding === '' || coding.toLowerCase() === 'identity') return answer;
  const failure = unusable(`the answer is coded: ${coding}`);
  answer.body.on('error', ignore).destroy(failure);
  throw failure;
}

function plainHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string | string[]> {
  const known = Object.entries(headers).filter((entry): entry is [string, string | string[]] => entry[1] !== undefined);
  return Object.assign(Object.create(null) as Record<string, string | string[]>, Object.fromEntries(known));
}

function isStream(body: ExchangeRequest['body']): body is Readable {
  return body instanceof Readable;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

function ignore(): void {
  // The error has been reported through the exchange.
}
