import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import {
  destinationOf,
  isSameAddress,
  refuseUrl,
  sameWebOrigin,
  type AddressPolicy,
  type PeerException,
} from './addresses.js';
import { FairQueue } from './fair-queue.js';
import { createConnector, systemResolver, type Resolver } from './outbound-connector.js';
import {
  exchange,
  refuseCoded,
  type ExchangeAnswer,
  type ExchangeLimits,
  type ExchangeRequest,
} from './outbound-exchange.js';
import { ConnectionPool } from './outbound-pool.js';
import { OutboundTimeout, peerFailure, refused, unusable } from './outbound-failures.js';

export { parsePeerExceptions, type PeerException } from './addresses.js';
export type { ResolvedAddress, Resolver } from './outbound-connector.js';
export type { ExchangeAnswer } from './outbound-exchange.js';
export { wasCutBeforeAnswer, wasNeverAsked } from './outbound-failures.js';

/** What every outgoing request has. */
export interface OutboundRequest {
  readonly method: string;
  readonly url: string | URL;
  /** `Host`, `Accept-Encoding` and connection headers are ours. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The origins that this request may go to; absent only where the URL is a person's own input (G6, G7). */
  readonly pinnedOrigins?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** The person whose request it is: people take fair turns at a peer (F-63). Absent for our own messages. */
  readonly person?: string | undefined;
  /** Shorter limits than {@link OutboundLimits} where a person waits for the answer, milliseconds. */
  readonly patience?: Patience | undefined;
}

/** How long an answer is waited for. */
export interface Patience {
  /** From the end of queueing to the status line, including connecting. */
  readonly answer: number;
  /** Without progress of its body. */
  readonly idle?: number;
}

/** A control call: a small body out, a small answer back. */
export interface OutboundCall extends OutboundRequest {
  readonly body?: string | Buffer;
  /** Milliseconds for everything together; default 30 s (PEER-01). */
  readonly timeout?: number;
  /** Longest answer that is read; default 64 KiB (G9). */
  readonly maxBytes?: number;
  /** True: a longer answer is cut instead of refused; for messages, where only the status counts (F-71). */
  readonly cutsLong?: boolean;
}

/** A transfer: bodies of any size, in either direction. */
export interface OutboundTransfer extends OutboundRequest {
  readonly body?: Readable | Buffer | string;
}

/** The whole answer to a control call; the body as received, never decoded. */
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
 * The only way to send requests (threat model SSR-04). A 3xx is an answer like any other and never followed (SSR-03),
 * nothing is sent twice, proxies of the environment are ignored. Rejects with `peer-failed` (refused by the guard,
 * connection error, unusable answer: one text, SSR-05), `peer-timeout`, the reason of the caller's own `signal`, or
 * `unavailable` when our own queue was too long: then nothing was sent, and nothing is known of the peer (F-63).
 */
export interface Outbound {
  readonly counters: Readonly<OutboundCounters>;
  /** Sends a control call and reads its whole answer. */
  call(request: OutboundCall): Promise<OutboundAnswer>;
  /** Sends a control call and has `read` read its answer as it comes, within the time of the call; a coded one is refused. */
  consult<T>(request: OutboundCall, read: (answer: ExchangeAnswer) => Promise<T>): Promise<T>;
  /** Sends a transfer and resolves at the status line. The body must be read or destroyed; a coded answer is refused (PXY-04). */
  transfer(request: OutboundTransfer): Promise<ExchangeAnswer>;
  /**
   * Whether a client with this address is the server of a URL, by what the name of its host stands for now. False when that cannot
   * be found out; nothing is sent.
   */
  isAt(url: URL, address: string | undefined): Promise<boolean>;
  /** Ends idle connections and lets running exchanges finish. */
  close(): Promise<void>;
}

/** Milliseconds and connections allowed per exchange and peer (reliability.md PEER-01, PEER-03). */
export interface OutboundLimits {
  readonly connect: number;
  readonly tls: number;
  /** Until a connection takes the request: waiting for one, name, TCP and TLS together. */
  readonly start: number;
  readonly headers: number;
  readonly idle: number;
  readonly call: number;
  /** Pooled connections per origin, for transfers and for calls each. */
  readonly connections: number;
  /** People's transfers at once, of one person and at one peer. */
  readonly transfers: { readonly perPerson: number; readonly perPeer: number };
  /** People's calls at once at one peer, and of one person there. */
  readonly calls: { readonly perPerson: number; readonly perPeer: number };
  /** Longest wait in the queue. */
  readonly turn: { readonly transfer: number; readonly call: number };
}

/** Most requests of one person that wait for a place. */
const WAITING = 128;

// 64 transfers at a peer, 16 of a person (PEER-03, F-63); calls have connections of their own, our messages among them.
const LIMITS: OutboundLimits = {
  connect: 5_000,
  tls: 5_000,
  start: 11_000,
  headers: 15_000,
  idle: 30_000,
  call: 30_000,
  connections: 80,
  transfers: { perPerson: 16, perPeer: 64 },
  calls: { perPerson: 8, perPeer: 32 },
  turn: { transfer: 30_000, call: 2_500 },
};

const MAX_ANSWER = 64 * 1024;

/** What {@link createOutbound} needs. */
export interface OutboundOptions {
  /** `FOOTBRIDGE_ALLOW_INSECURE_PEERS`: http, loopback and private addresses pass; metadata services never. */
  readonly allowInsecure: boolean;
  /** `FOOTBRIDGE_PEER_EXCEPTIONS`, see `parsePeerExceptions`. */
  readonly exceptions: readonly PeerException[];
  /** PEM of certificate authorities trusted beside the built-in ones. */
  readonly extraCa?: string | undefined;
  /** A resolver for tests. Default: the operating system. */
  readonly resolver?: Resolver | undefined;
  readonly limits?: Partial<OutboundLimits>;
  /** Is told of every opened connection, with the address that was really reached. */
  readonly onConnect?: (origin: string, address: string) => void;
}

/** Builds the guarded HTTP client. */
export function createOutbound(options: OutboundOptions): Outbound {
  return new GuardedOutbound(options);
}

type Kind = 'transfer' | 'call';

class GuardedOutbound implements Outbound {
  readonly counters: OutboundCounters = { requests: 0, connections: 0, refusals: 0 };
  readonly #policy: AddressPolicy;
  readonly #limits: OutboundLimits;
  readonly #resolver: Resolver;
  /** Transfers may stand for hours: calls never wait behind them (F-63). */
  readonly #pools: { readonly transfer: ConnectionPool; readonly call: ConnectionPool };
  readonly #lines: { readonly transfer: FairQueue; readonly call: FairQueue };

  constructor(options: OutboundOptions) {
    this.#policy = { allowInsecure: options.allowInsecure, exceptions: options.exceptions };
    this.#limits = { ...LIMITS, ...options.limits };
    this.#resolver = options.resolver ?? systemResolver();
    this.#pools = { transfer: this.#openPool(options), call: this.#openPool(options) };
    const { transfers, calls, turn } = this.#limits;
    this.#lines = {
      transfer: new FairQueue({ ...transfers, waiting: WAITING, patience: turn.transfer }),
      call: new FairQueue({ ...calls, waiting: WAITING, patience: turn.call }),
    };
  }

  async isAt(url: URL, address: string | undefined): Promise<boolean> {
    const { host } = destinationOf(url);
    const known = isIP(host) === 0 ? await this.#resolver(host).catch(() => []) : [{ address: host }];
    return known.some((each) => isSameAddress(address, each.address));
  }

  #openPool(options: OutboundOptions): ConnectionPool {
    const connect = createConnector({
      policy: this.#policy,
      resolver: this.#resolver,
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
    return this.#ask(request, async ({ status, headers, body }) => ({
      status,
      headers,
      body: await readWhole(body, request.maxBytes ?? MAX_ANSWER, request.cutsLong),
    }));
  }

  async consult<T>(request: OutboundCall, read: (answer: ExchangeAnswer) => Promise<T>): Promise<T> {
    return this.#ask(request, (answer) => read(refuseCoded(answer)));
  }

  async transfer(request: OutboundTransfer): Promise<ExchangeAnswer> {
    const url = this.#admit(request);
    const leave = await this.#enter('transfer', url, request).catch((error: unknown) => {
      discardBody(request.body);
      throw error;
    });
    try {
      const answer = refuseCoded(await this.#send('transfer', url, request));
      answer.body.once('close', leave);
      return answer;
    } catch (error) {
      leave();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#pools.transfer.close(), this.#pools.call.close()]);
  }

  async #ask<T>(request: OutboundCall, read: (answer: ExchangeAnswer) => Promise<T>): Promise<T> {
    const url = this.#admit(request);
    const leave = await this.#enter('call', url, request);
    // The time limit of a call is for the peer; it does not run while the call waits in our queue.
    const deadline = new Deadline(request.timeout ?? this.#limits.call, request.signal);
    try {
      return await read(await this.#send('call', url, { ...request, signal: deadline.signal }));
    } catch (error) {
      throw deadline.expired === error ? peerFailure(error, false) : error;
    } finally {
      deadline.clear();
      leave();
    }
  }

  async #enter(kind: Kind, url: URL, { person, signal }: OutboundRequest): Promise<() => void> {
    if (person === undefined) return () => undefined;
    // A person whose request waits for a hanging peer can still ask another one.
    const comer = kind === 'call' ? `${person} ${url.origin}` : person;
    return this.#lines[kind].enter({ person: comer, peer: url.origin }, signal);
  }

  #send(kind: Kind, url: URL, request: OutboundTransfer): Promise<ExchangeAnswer> {
    this.counters.requests += 1;
    return exchange(this.#pools[kind], exchangeRequest(request, url), hurried(this.#limits, request.patience));
  }

  /**
   * Checks everything that is known before a name is resolved; literal addresses are checked here and again on
   * connecting (SSR-01).
   */
  #admit(request: OutboundTransfer): URL {
    const url = URL.canParse(String(request.url)) ? new URL(String(request.url)) : undefined;
    const reason = url === undefined ? 'not a URL' : (refuseUrl(url, this.#policy) ?? refusePinned(url, request));
    if (url !== undefined && reason === undefined) return url;
    this.counters.requests += 1;
    this.counters.refusals += 1;
    discardBody(request.body);
    throw refused(reason ?? 'not a URL');
  }
}

function hurried(limits: OutboundLimits, patience: Patience | undefined): ExchangeLimits {
  const idle = Math.min(limits.idle, patience?.idle ?? Infinity);
  return { start: limits.start, headers: limits.headers, idle, answer: patience?.answer };
}

function refusePinned(url: URL, request: OutboundRequest): string | undefined {
  if (request.pinnedOrigins === undefined) return undefined;
  const pinned = request.pinnedOrigins.some((origin) => URL.canParse(origin) && sameWebOrigin(url, new URL(origin)));
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

async function readWhole(body: Readable, maxBytes: number, cutsLong = false): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes && cutsLong) return Buffer.concat([...chunks, chunk], maxBytes);
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
