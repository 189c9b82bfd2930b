import { Readable } from 'node:stream';
import { Failure, invalid, isFailure, notFound } from '../../../kernel/index.js';
import type { Breaker } from '../../../deliveries/index.js';
import type { Credentials, Pair, Signer } from '../../../oauth1/index.js';
import { formatPairs } from '../../../oauth1/index.js';
import { wasCutBeforeAnswer, type ExchangeAnswer, type Outbound } from '../../../platform/index.js';
import { failureOf, trouble, type Refusal } from './refusals.js';

/** What a client of one share at one cloud works with. */
export interface ClientInputs {
  /** Where the storage API is, with a trailing slash. */
  readonly base: URL;
  readonly outbound: Pick<Outbound, 'call' | 'transfer'>;
  readonly signer: Signer;
  /** Our consumer at the other cloud and the share's grant. */
  readonly credentials: Credentials;
  /** One per peer, shared with everything that calls it (reliability.md PEER-02). */
  readonly breaker: Pick<Breaker, 'allow' | 'retryAfter' | 'succeeded' | 'failed'>;
  /** The peer's registered origins: no request goes anywhere else (threat model PXY-01). */
  readonly originPins: readonly string[];
  /** Asks once more, freshly signed, whether the grant is dead; called on every 401 (CNV-03). */
  readonly onUnauthorized: () => Promise<'dead' | 'alive'>;
}

/** One call of the storage API. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the base, of fixed words and checked ids only. */
  readonly path: string;
  readonly query?: readonly Pair[];
  /** Chosen by us: a client's own headers never travel (threat model PXY-02). */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable | string;
  readonly signal?: AbortSignal | undefined;
}

/** Longest answer that is no listing, bytes. */
const MAX_ANSWER = 64 * 1024;
/** Milliseconds for the answer to a change, once its status line has come (PEER-01). */
const ANSWER_TIME = 30_000;

/** Speaks the storage API to another cloud: signed afresh each time, pinned, behind the breaker, refusals translated. */
export class StorageClient {
  readonly #in: ClientInputs;

  constructor(inputs: ClientInputs) {
    this.#in = inputs;
  }

  /** Asks for JSON; junk is `peer-failed`. */
  async read(call: ApiCall, maxBytes = MAX_ANSWER): Promise<unknown> {
    const answer = await this.readRaw(call, maxBytes);
    if (answer.status !== 200) throw await this.#refusal({ ...answer, text: answer.text.slice(0, 1_000) }, 'read');
    return parseAnswer(answer);
  }

  /** Asks and answers whatever came back, refusals included. */
  async readRaw(call: ApiCall, maxBytes = MAX_ANSWER): Promise<Refusal> {
    const answer = await this.#guarded(call, () => {
      const { method, headers, url } = this.#prepare(call);
      const { originPins: pinnedOrigins, outbound } = this.#in;
      return outbound.call({ method, url, headers, pinnedOrigins, maxBytes, signal: call.signal });
    });
    return { status: answer.status, headers: answer.headers, text: answer.body.toString() };
  }

  /** Asks for content and answers at the status line: 200, 206 or 304, the body unread. */
  async open(call: ApiCall): Promise<ExchangeAnswer> {
    const answer = await this.#transfer(call);
    if ([200, 206, 304].includes(answer.status)) return answer;
    throw await this.#refusal(await readRefusal(answer), 'read');
  }

  /**
   * Sends a change, once and never again, and answers the JSON that came back, undefined for an empty body. When the
   * answer is lost nobody knows whether it was made: `peer-timeout`, never a success (reliability.md PEER-05).
   */
  async change(call: ApiCall): Promise<unknown> {
    const answer = await this.#transfer(call).catch((error: unknown) => {
      throw wasCutBeforeAnswer(error) ? answerLost(error) : error;
    });
    if (answer.status < 200 || answer.status > 202) throw await this.#refusal(await readRefusal(answer), 'write');
    const text = await readText(answer, MAX_ANSWER).catch((error: unknown) => {
      throw answerLost(error);
    });
    return text.trim() === '' ? undefined : parseAnswer({ ...answer, text });
  }

  async #transfer(call: ApiCall): Promise<ExchangeAnswer> {
    return this.#guarded(call, () => {
      const { method, headers, url } = this.#prepare(call);
      const { originPins: pinnedOrigins, outbound } = this.#in;
      const body = call.body instanceof Readable ? shielded(call.body, call.signal) : call.body;
      return outbound.transfer({
        method,
        url,
        headers,
        pinnedOrigins,
        signal: call.signal,
        ...(body === undefined ? {} : { body }),
      });
    });
  }

  #prepare({ method, path, query = [], headers = {} }: ApiCall): {
    method: string;
    url: URL;
    headers: Record<string, string>;
  } {
    const { base, signer, credentials } = this.#in;
    const url = new URL(base.href + path);
    if (query.length > 0) url.search = formatPairs(query);
    const signature = signer.header({ method, url }, credentials);
    return { method, url, headers: { ...headers, authorization: signature, 'stacksync-api': 'v2' } };
  }

  /** Behind the breaker; every failure is a {@link Failure}. */
  async #guarded<T extends { status: number }>(call: ApiCall, attempt: () => Promise<T>): Promise<T> {
    const { breaker } = this.#in;
    if (!breaker.allow()) {
      throw new Failure('unavailable', 'The other cloud is not answering at the moment.', {
        retryAfter: breaker.retryAfter(),
      });
    }
    try {
      const answer = await onceMore(call, attempt);
      if (answer.status >= 500 || answer.status === 429) breaker.failed();
      else breaker.succeeded();
      return answer;
    } catch (error) {
      if (isFailure(error, 'peer-failed') || isFailure(error, 'peer-timeout')) breaker.failed();
      throw asFailure(error, call);
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
async function onceMore<T>({ method }: ApiCall, attempt: () => Promise<T>): Promise<T> {
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
  const onAbort = (): unknown => body.on('error', () => undefined).destroy();
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return shield.once('close', () => signal?.removeEventListener('abort', onAbort));
}

function asFailure(error: unknown, { signal, body }: ApiCall): Failure {
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
