import { Readable } from 'node:stream';
import type { ApiRequest, Transport } from '../../../client/index.js';
import { Failure, invalid, isFailure, notFound, type Clock } from '../../../kernel/index.js';
import type { Breaker } from '../../../deliveries/index.js';
import type { Credentials, Signer } from '../../../oauth1/index.js';
import { wasCutBeforeAnswer, type ExchangeAnswer, type Log, type Outbound } from '../../../platform/index.js';
import { isSameSkew, skewOf, type PeerClock } from '../../skew.js';
import { failureOf, trouble, type Refusal } from './refusals.js';

/** What one share at one cloud is reached with. */
export interface PeerTransportInputs {
  readonly outbound: Pick<Outbound, 'call' | 'transfer'>;
  readonly signer: Signer;
  readonly clock: Clock;
  /** The other cloud's; one per peer. */
  readonly peerClock: PeerClock;
  readonly log: Pick<Log, 'warn'>;
  /** Our consumer at the other cloud and the share's grant. */
  readonly credentials: Credentials;
  /** One per peer, shared with everything that calls it (reliability.md PEER-02). */
  readonly breaker: Pick<Breaker, 'allow' | 'retryAfter' | 'succeeded' | 'failed'>;
  /** The peer's registered origins: no request goes anywhere else (threat model PXY-01). */
  readonly originPins: readonly string[];
  /** Asks once more, freshly signed, whether the grant is dead; called on every 401 (CNV-03). */
  readonly onUnauthorized: () => Promise<'dead' | 'alive'>;
  /** The other cloud forbids a change that we took to be allowed: what we know of the share may be old. */
  readonly onForbidden?: (() => Promise<void>) | undefined;
  readonly caps?: Partial<Caps> | undefined;
}

/** Longest answers that are read, bytes. */
export interface Caps {
  readonly listing: number;
  readonly versions: number;
}

const CAPS: Caps = { listing: 64 * 1024 * 1024, versions: 8 * 1024 * 1024 };
/** Longest answer that is no list, bytes. */
const MAX_ANSWER = 64 * 1024;
/** Milliseconds for the answer to a change, once its status line has come (PEER-01). */
const ANSWER_TIME = 30_000;

/**
 * Carries the storage API's requests to another cloud: signed afresh each time, pinned, behind the breaker. Rejects with
 * `Failure` only. The headers are those of our own client: none of whoever asked us travels (threat model PXY-02).
 */
export class PeerTransport implements Transport<Readable, ExchangeAnswer> {
  readonly #in: PeerTransportInputs;
  readonly #caps: Caps;

  constructor(inputs: PeerTransportInputs) {
    this.#in = inputs;
    this.#caps = { ...CAPS, ...inputs.caps };
  }

  /**
   * Asks for JSON; junk is `peer-failed`. A change is sent once and never again; when its answer is lost nobody knows
   * whether it was made: `peer-timeout`, never a success (reliability.md PEER-05).
   */
  ask(request: ApiRequest<Readable>): Promise<unknown> {
    return request.method === 'GET' ? this.#read(request) : this.#change(request);
  }

  /** Asks and answers whatever came back, refusals included. */
  async askRaw(request: ApiRequest<Readable>): Promise<Refusal> {
    const answer = await this.#asked(request);
    return answer.status === 401 ? this.#byTheirClock(request, answer) : answer;
  }

  /** Asks for content and answers at the status line: 200, 206 or 304, the body unread. */
  async open(request: ApiRequest<Readable>): Promise<ExchangeAnswer> {
    const answer = await this.#transfer(request);
    if ([200, 206, 304].includes(answer.status)) return answer;
    throw await this.#refusal(await readRefusal(answer), 'read');
  }

  async #asked(request: ApiRequest<Readable>, ahead?: number): Promise<Refusal> {
    const { method, url, signal, answer: kind } = request;
    const { originPins: pinnedOrigins, outbound } = this.#in;
    const maxBytes = kind === 'listing' || kind === 'versions' ? this.#caps[kind] : MAX_ANSWER;
    const answer = await this.#guarded(request, () =>
      outbound.call({ method, url, headers: this.#signed(request, ahead), pinnedOrigins, maxBytes, signal }),
    );
    return { status: answer.status, headers: answer.headers, text: answer.body.toString() };
  }

  /** A refusal that is about clocks says nothing about the grant: asked once more by the time that it shows (OPS-06). */
  async #byTheirClock(request: ApiRequest<Readable>, refusal: Refusal): Promise<Refusal> {
    const { clock, peerClock, log } = this.#in;
    const ahead = skewOf(refusal.headers, clock);
    if (isSameSkew(ahead, peerClock.ahead)) return refusal;
    const again = await this.#asked(request, ahead);
    if (again.status === 401) return again;
    peerClock.ahead = ahead;
    log.warn({ origin: request.url.origin, ahead }, "another cloud's clock differs from ours, seconds");
    return again;
  }

  async #read(request: ApiRequest<Readable>): Promise<unknown> {
    const answer = await this.askRaw(request);
    if (answer.status !== 200) throw await this.#refusal({ ...answer, text: answer.text.slice(0, 1_000) }, 'read');
    return parseAnswer(answer);
  }

  async #change(request: ApiRequest<Readable>): Promise<unknown> {
    const answer = await this.#transfer(request).catch((error: unknown) => {
      throw wasCutBeforeAnswer(error) ? answerLost(error) : error;
    });
    if (answer.status === 403) await this.#in.onForbidden?.();
    if (answer.status < 200 || answer.status > 202) throw await this.#refusal(await readRefusal(answer), 'write');
    const text = await readText(answer, MAX_ANSWER).catch((error: unknown) => {
      throw answerLost(error);
    });
    return text.trim() === '' ? undefined : parseAnswer({ ...answer, text });
  }

  #transfer(request: ApiRequest<Readable>): Promise<ExchangeAnswer> {
    const { method, url, signal } = request;
    const { originPins: pinnedOrigins, outbound } = this.#in;
    return this.#guarded(request, () => {
      const body = request.body instanceof Readable ? shielded(request.body, signal) : request.body;
      const content = body === undefined ? {} : { body };
      return outbound.transfer({ method, url, headers: this.#signed(request), pinnedOrigins, signal, ...content });
    });
  }

  #signed(request: ApiRequest<Readable>, ahead = this.#in.peerClock.ahead): Record<string, string> {
    const { signer, credentials } = this.#in;
    const authorization = signer.header(request, { ...credentials, timestampOffset: ahead });
    return { ...request.headers, authorization };
  }

  /** Behind the breaker; every failure is a {@link Failure}. */
  async #guarded<T extends { status: number }>(request: ApiRequest<Readable>, attempt: () => Promise<T>): Promise<T> {
    const { breaker } = this.#in;
    if (!breaker.allow()) {
      throw new Failure('unavailable', 'The other cloud is not answering at the moment.', {
        retryAfter: breaker.retryAfter(),
      });
    }
    try {
      const answer = await onceMore(request, attempt);
      if (answer.status >= 500 || answer.status === 429) breaker.failed();
      else breaker.succeeded();
      return answer;
    } catch (error) {
      if (isFailure(error, 'peer-failed') || isFailure(error, 'peer-timeout')) breaker.failed();
      throw asFailure(error, request);
    }
  }

  async #refusal(refusal: Refusal, intent: 'read' | 'write'): Promise<Failure> {
    if (refusal.status !== 401) return failureOf(refusal, intent);
    const verdict = await this.#in.onUnauthorized();
    return verdict === 'dead'
      ? notFound()
      : trouble(refusal, 'the other cloud refused the grant, but not when asked again');
  }
}

/** A GET whose pooled connection had died is asked again, signed afresh; nothing else ever is (reliability.md 7). */
async function onceMore<T>({ method }: ApiRequest<Readable>, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (method !== 'GET' || !wasCutBeforeAnswer(error)) throw error;
    return attempt();
  }
}

/**
 * The same bytes from a stream of its own: whoever gives up destroys only that, so that an upload's sender can still be
 * answered on its connection. A sender that itself gives up has its stream destroyed.
 */
function shielded(body: Readable, signal: AbortSignal | undefined): Readable {
  const shield = Readable.from(body.iterator({ destroyOnReturn: false }), { objectMode: false });
  // Nobody listens before the first draw, which then meets the same error.
  body.on('error', () => undefined);
  const onAbort = (): unknown => body.destroy();
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return shield.once('close', () => signal?.removeEventListener('abort', onAbort));
}

function asFailure(error: unknown, { signal, body }: ApiRequest<Readable>): Failure {
  if (error instanceof Failure) return error;
  if (signal?.aborted === true) return new Failure('unavailable', 'The request was given up.', { cause: error });
  if (body instanceof Readable) return new Failure('invalid', 'The upload broke off.', { cause: error });
  return new Failure('internal', 'Something went wrong here.', { cause: error });
}

function answerLost(cause: unknown): Failure {
  return new Failure('peer-timeout', 'The other cloud did not say whether it made the change.', { cause });
}

function parseAnswer({ headers, text }: Refusal): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw trouble({ headers }, 'the other cloud answered something that is not JSON');
  }
}

async function readRefusal(answer: ExchangeAnswer): Promise<Refusal> {
  const text = await readText(answer, MAX_ANSWER).catch(() => '');
  return { status: answer.status, headers: answer.headers, text: text.slice(0, 1_000) };
}

/** A short body whole; one that is long or slow is broken off. */
async function readText({ body }: ExchangeAnswer, maxBytes: number): Promise<string> {
  const timer = setTimeout(() => body.destroy(invalid('The answer took too long.')), ANSWER_TIME);
  try {
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > maxBytes) throw invalid('The answer is too long.');
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString();
  } finally {
    clearTimeout(timer);
  }
}
