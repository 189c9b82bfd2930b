import { Readable } from 'node:stream';
import { errors, type Client, type Dispatcher } from 'undici';
import { AnswerBody } from './outbound-body.js';
import { noConnection, OutboundTimeout, peerFailure, unusable } from './outbound-failures.js';
import { invalid } from '../../kernel/index.js';
import type { ConnectionPool, PooledConnection } from './outbound-pool.js';

/** Limits of one exchange, in milliseconds (reliability.md PEER-01). */
export interface ExchangeLimits {
  /** From the call until a connection takes the request: name, TCP, TLS and the wait for a free connection. */
  readonly start: number;
  /** From the sent request to the status line. */
  readonly headers: number;
  /** Without progress of a body in either direction, while the peer has to act. */
  readonly idle: number;
  /** From the call to the status line, all of the above together; absent: no common limit. */
  readonly answer?: number | undefined;
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

/** Sends one request over a pooled connection and resolves at the status line; aborting destroys both directions at once. */
export function exchange(
  pool: ConnectionPool,
  request: ExchangeRequest,
  limits: ExchangeLimits,
): Promise<ExchangeAnswer> {
  return new Exchange(pool, request, limits).start();
}

/** One request and its answer on one connection. It ends by `fail` or `complete`, whichever comes first. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #pool: ConnectionPool;
  readonly #request: ExchangeRequest;
  readonly #limits: ExchangeLimits;
  #timer: NodeJS.Timeout | undefined;
  #whole: NodeJS.Timeout | undefined;
  #lease: PooledConnection | undefined;
  /** Undefined while all connections are taken by others. */
  #client: Client | undefined;
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
      this.#waitForAnswer();
      this.#wait(this.#limits.start, 'start');
      this.#lease = this.#pool.lease(this.#request.origin, (client) => {
        this.#dispatch(client);
      });
      if (this.#over) this.#lease.discard(new Error('over'));
    });
  }

  #dispatch(client: Client): void {
    this.#client = client;
    const { origin, path, method, headers, body } = this.#request;
    // The limit for headers is our own timer, so that many 1xx answers do not restart it (PXY-06).
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
    this.#stopWaiting();
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

  #openAnswer(controller: Dispatcher.DispatchController): Readable {
    return new AnswerBody({
      resume: () => {
        controller.resume();
      },
      left: (error) => {
        if (!this.#over) this.#fail(error ?? new Error('the reader left'));
      },
    });
  }

  /** An error or end of the source is not the peer's fault. */
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
      else this.#fail(this.#client === undefined ? noConnection() : new OutboundTimeout(phase));
    }, limit);
  }

  /** While the request body flows, its source has to act; its own door watches the pace (FLW-04). */
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

  /** The caller's abort and an error of the source are passed on unchanged; all other errors count as the peer's. */
  #blame(reason: unknown): Error {
    const own = reason === this.#request.signal?.reason && this.#request.signal?.aborted === true;
    const source = isStream(this.#request.body) && reason === this.#request.body.errored;
    return own || (source && !(reason instanceof errors.UndiciError))
      ? asError(reason)
      : peerFailure(reason, this.#answer !== undefined);
  }

  #waitForAnswer(): void {
    const { answer } = this.#limits;
    if (answer === undefined) return;
    this.#whole = setTimeout(() => {
      this.#fail(new OutboundTimeout('answer'));
    }, answer);
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#whole);
  }

  #finish(): void {
    this.#over = true;
    this.#stopWaiting();
  }

  #forgetSignal(): void {
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
  }
}

/** Refuses an answer with a Content-Encoding: it is not decoded here, and passing it on would corrupt it (PXY-04). */
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
