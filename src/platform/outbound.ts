import type { Readable } from 'node:stream';
import { refuseUrl, sameOrigin, type AddressPolicy, type PeerException } from './addresses.js';
import { createConnector, systemResolver, type Resolver } from './outbound-connector.js';
import { exchange, refuseCoded, type ExchangeAnswer, type ExchangeRequest } from './outbound-exchange.js';
import { ConnectionPool } from './outbound-pool.js';
import { OutboundTimeout, peerFailure, refused, unusable } from './outbound-failures.js';

export { parsePeerExceptions, type PeerException } from './addresses.js';
export type { ResolvedAddress, Resolver } from './outbound-connector.js';
export type { ExchangeAnswer } from './outbound-exchange.js';
export { wasCutBeforeAnswer } from './outbound-failures.js';

/** What every outgoing request names. */
export interface OutboundRequest {
  readonly method: string;
  readonly url: string | URL;
  /** `Host`, `Accept-Encoding` and connection headers are ours. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The origins that this request may go to; absent only where the URL is a person's own input (G6, G7). */
  readonly pinnedOrigins?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** A control call: a small body out, a small answer back. */
export interface OutboundCall extends OutboundRequest {
  readonly body?: string | Buffer;
  /** Milliseconds for everything together; default 30 s (PEER-01). */
  readonly timeout?: number;
  /** Longest answer that is read; default 64 KiB (G9). */
  readonly maxBytes?: number;
}

/** A transfer: bodies of any size, in either direction. */
export interface OutboundTransfer extends OutboundRequest {
  readonly body?: Readable | Buffer | string;
}

/** The whole answer to a control call; the body is as it came, never decoded. */
export interface OutboundAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Record<string, string | string[]>;
  readonly body: Buffer;
}

/** How often the guard and the network were used since the start. */
export interface OutboundCounters {
  requests: number;
  connections: number;
  refusals: number;
}

/**
 * The one way out (threat model SSR-04). A 3xx is an answer like any other and never followed (SSR-03), nothing is sent
 * twice, environment proxies are not looked at. Rejects with `peer-failed` (refused by the guard, connection trouble,
 * unusable answer: one text, SSR-05), `peer-timeout`, or the reason of the caller's own `signal`.
 */
export interface Outbound {
  readonly counters: Readonly<OutboundCounters>;
  /** Sends a control call and reads its whole answer. */
  call(request: OutboundCall): Promise<OutboundAnswer>;
  /** Sends a transfer and resolves at the status line. The body must be read or destroyed; a coded answer is refused (PXY-04). */
  transfer(request: OutboundTransfer): Promise<ExchangeAnswer>;
  /** Ends idle connections and lets running exchanges finish. */
  close(): Promise<void>;
}

/** Milliseconds and connections allowed per exchange and peer (reliability.md PEER-01, PEER-03). */
export interface OutboundLimits {
  readonly connect: number;
  readonly tls: number;
  /** Until a connection takes the request: waiting in line, name, TCP and TLS together. */
  readonly start: number;
  readonly headers: number;
  readonly idle: number;
  readonly call: number;
  /** Pooled connections per origin. */
  readonly connections: number;
}

// 64 transfers and 4 deliveries are what one peer may hold (PEER-03); the rest is room for probes and pages.
const LIMITS: OutboundLimits = {
  connect: 5_000,
  tls: 5_000,
  start: 11_000,
  headers: 15_000,
  idle: 30_000,
  call: 30_000,
  connections: 80,
};

const MAX_ANSWER = 64 * 1024;

/** What {@link createOutbound} is made of. */
export interface OutboundOptions {
  /** `FOOTBRIDGE_ALLOW_INSECURE_PEERS`: http, loopback and private addresses pass; metadata services never. */
  readonly allowInsecure: boolean;
  /** `FOOTBRIDGE_PEER_EXCEPTIONS`, see `parsePeerExceptions`. */
  readonly exceptions: readonly PeerException[];
  /** PEM of certificate authorities trusted beside the built-in ones. */
  readonly extraCa?: string | undefined;
  /** For tests: answers instead of the operating system. */
  readonly resolver?: Resolver | undefined;
  readonly limits?: Partial<OutboundLimits>;
  /** Told of every connection that was opened, with the address it really reached. */
  readonly onConnect?: (origin: string, address: string) => void;
}

/** Builds the guarded HTTP client. */
export function createOutbound(options: OutboundOptions): Outbound {
  return new GuardedOutbound(options);
}

class GuardedOutbound implements Outbound {
  readonly counters: OutboundCounters = { requests: 0, connections: 0, refusals: 0 };
  readonly #policy: AddressPolicy;
  readonly #limits: OutboundLimits;
  readonly #pool: ConnectionPool;

  constructor(options: OutboundOptions) {
    this.#policy = { allowInsecure: options.allowInsecure, exceptions: options.exceptions };
    this.#limits = { ...LIMITS, ...options.limits };
    this.#pool = this.#openPool(options);
  }

  #openPool(options: OutboundOptions): ConnectionPool {
    const connect = createConnector({
      policy: this.#policy,
      resolver: options.resolver ?? systemResolver(),
      extraCa: options.extraCa,
      limits: this.#limits,
      onConnect: (origin, address) => {
        this.counters.connections += 1;
        options.onConnect?.(origin, address);
      },
      onRefuse: () => {
        this.counters.refusals += 1;
      },
    });
    return new ConnectionPool({ connect, connections: this.#limits.connections });
  }

  async call(request: OutboundCall): Promise<OutboundAnswer> {
    const deadline = new Deadline(request.timeout ?? this.#limits.call, request.signal);
    try {
      const answer = await this.#send({ ...request, signal: deadline.signal });
      const body = await readWhole(answer.body, request.maxBytes ?? MAX_ANSWER);
      return { status: answer.status, headers: answer.headers, body };
    } catch (error) {
      throw deadline.expired === error ? peerFailure(error, false) : error;
    } finally {
      deadline.clear();
    }
  }

  async transfer(request: OutboundTransfer): Promise<ExchangeAnswer> {
    return refuseCoded(await this.#send(request));
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #send(request: OutboundTransfer): Promise<ExchangeAnswer> {
    this.counters.requests += 1;
    const url = this.#admit(request);
    return exchange(this.#pool, exchangeRequest(request, url), this.#limits);
  }

  /** Everything that can be judged before a name is resolved; literals are judged here and again on connecting (SSR-01). */
  #admit(request: OutboundTransfer): URL {
    const url = URL.canParse(String(request.url)) ? new URL(String(request.url)) : undefined;
    const reason = url === undefined ? 'not a URL' : (refuseUrl(url, this.#policy) ?? refusePinned(url, request));
    if (url !== undefined && reason === undefined) return url;
    this.counters.refusals += 1;
    discardBody(request.body);
    throw refused(reason ?? 'not a URL');
  }
}

function refusePinned(url: URL, request: OutboundRequest): string | undefined {
  if (request.pinnedOrigins === undefined) return undefined;
  const pinned = request.pinnedOrigins.some((origin) => URL.canParse(origin) && sameOrigin(url, new URL(origin)));
  return pinned ? undefined : `${url.origin} is not an origin of this peer`;
}

function exchangeRequest(request: OutboundTransfer, url: URL): ExchangeRequest {
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    method: request.method,
    headers: outgoingHeaders(request.headers),
    body: request.body,
    signal: request.signal,
  };
}

const OURS = new Set(['host', 'connection', 'accept-encoding', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect']);

function outgoingHeaders(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !OURS.has(name.toLowerCase()));
  return { 'user-agent': 'Footbridge', ...Object.fromEntries(kept), 'accept-encoding': 'identity' };
}

async function readWhole(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw unusable(`the answer is longer than ${String(maxBytes)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function discardBody(body: OutboundTransfer['body']): void {
  if (body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body)) body.destroy();
}

/** The whole time of a control call, joined with the caller's own signal. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  /** Set once the time is up: the very error that the exchange then rejects with. */
  expired: OutboundTimeout | undefined;

  constructor(limit: number, outer: AbortSignal | undefined) {
    this.#outer = outer;
    if (outer?.aborted === true) this.#onAbort();
    outer?.addEventListener('abort', this.#onAbort, { once: true });
    this.#timer = setTimeout(() => {
      this.expired = new OutboundTimeout(`call took longer than ${String(limit)} ms`);
      this.#controller.abort(this.expired);
    }, limit);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly #onAbort = (): void => {
    this.#controller.abort(this.#outer?.reason);
  };

  clear(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }
}
