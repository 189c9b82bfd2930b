import { Readable } from 'node:stream';
import { isRepeatable, type ApiRequest, type Transport } from '../../../client/index.js';
import { Failure, type Clock } from '../../../kernel/index.js';
import type { Credentials, Signer } from '../../../oauth1/index.js';
import {
  JsonRefusal,
  parseForeignJson,
  readForeignJson,
  wasCutBeforeAnswer,
  type ExchangeAnswer,
  type ForeignList,
  type Log,
  type Outbound,
} from '../../../platform/index.js';
import {
  answerLost,
  MAX_ANSWER,
  readRefusal,
  readText,
  shielded,
  trouble,
  type Refusal,
} from '../../peer-call/foreign-answers.js';
import { heard, resting, unheard, type Gate } from '../../peer-call/gate.js';
import { isReplay, withSecondChance } from '../../peer-call/second-chance.js';
import type { PeerClock } from '../../peer-call/skew.js';
import { failureOf } from './refusals.js';

/** What {@link PeerTransport} needs. */
export interface PeerTransportInputs {
  readonly outbound: Pick<Outbound, 'consult' | 'transfer'>;
  /** Whose share it is: people take turns at a peer (F-63). */
  readonly person?: string | undefined;
  readonly signer: Signer;
  readonly clock: Clock;
  /** The other cloud's clock; one per peer. */
  readonly peerClock: PeerClock;
  readonly log: Pick<Log, 'warn'>;
  /** Our consumer at the other cloud and the share's grant. */
  readonly credentials: Credentials;
  /** One per peer, shared with everything that calls it (reliability.md PEER-02). */
  readonly breaker: Gate;
  /** The peer's registered origins: no request goes anywhere else (threat model PXY-01). */
  readonly originPins: readonly string[];
  /**
   * Called when a refusal may be about the grant: asks for the shared item itself, freshly signed, and answers the
   * failure to give if that is refused too; undefined if it works (ruling F-06).
   */
  readonly onRefused: () => Promise<Failure | undefined>;
  /** Called when the other cloud forbids a change that our terms allow: our terms may be old. */
  readonly onForbidden?: (() => Promise<void>) | undefined;
  readonly caps?: Partial<Caps> | undefined;
}

/** Longest answers that are read, bytes. */
export interface Caps {
  readonly listing: number;
  readonly versions: number;
}

const CAPS: Caps = { listing: 64 * 1024 * 1024, versions: 8 * 1024 * 1024 };
/**
 * Milliseconds. Apps give up after some 12 seconds (ruling F-26); with these limits they are told within eight that a
 * cloud hangs. Contents have the limits of transfers.
 */
const PATIENCE = { answer: 5_000, idle: 5_000 };

/**
 * Sends the storage API's requests to another cloud: freshly signed each time, only to registered origins, behind the
 * breaker. Rejects with `Failure` only. Sends the headers of our own client and none of the caller's (threat model
 * PXY-02).
 */
export class PeerTransport implements Transport<Readable, ExchangeAnswer> {
  readonly #in: PeerTransportInputs;
  readonly #caps: Caps;

  constructor(inputs: PeerTransportInputs) {
    this.#in = inputs;
    this.#caps = { ...CAPS, ...inputs.caps };
  }

  /**
   * Asks for JSON; an unreadable answer is `peer-failed`. A change is sent only once. When its answer is lost, it is
   * unknown whether it was made, and the result is `peer-timeout`, never success (reliability.md PEER-05).
   */
  ask(request: ApiRequest<Readable>): Promise<unknown> {
    return request.method === 'GET' ? this.#read(request) : this.#change(request);
  }

  /**
   * Asks for a list, whose entries are handed over as they arrive; answers the rest of the JSON (F-60). `unchanged`,
   * only for a request with `If-None-Match`: the cached list is current.
   */
  async list(request: ApiRequest<Readable>, list: ForeignList): Promise<ListAnswer | 'unchanged'> {
    const answer = await this.askRaw(request, list);
    if (answer.status === 304 && request.headers['if-none-match'] !== undefined) return 'unchanged';
    const { etag } = answer.headers;
    return { value: await this.#valueOf(answer), etag: typeof etag === 'string' ? etag : undefined };
  }

  /** Sends a request and answers what came back, also a refusal. */
  async askRaw(request: ApiRequest<Readable>, list?: ForeignList): Promise<PeerAnswer> {
    const { clock, peerClock, log } = this.#in;
    return withSecondChance((ahead) => this.#asked(request, ahead, list), {
      clock,
      ahead: peerClock.ahead,
      confirmed(ahead) {
        peerClock.ahead = ahead;
        log.warn({ origin: request.url.origin, ahead }, "another cloud's clock differs from ours, seconds");
      },
    });
  }

  /** Asks for content and resolves with the status line of a 200, 206 or 304, the body unread. */
  async open(request: ApiRequest<Readable>): Promise<ExchangeAnswer> {
    const answer = await this.#transfer(request);
    if ([200, 206, 304].includes(answer.status)) return answer;
    throw await this.#refusal(await readRefusal(answer), 'read');
  }

  async #asked(request: ApiRequest<Readable>, ahead: number, list?: ForeignList): Promise<PeerAnswer> {
    const { method, url, signal, answer: kind } = request;
    const { originPins: pinnedOrigins, outbound, person } = this.#in;
    const bytes = kind === 'listing' || kind === 'versions' ? this.#caps[kind] : MAX_ANSWER;
    return this.#guarded(request, () =>
      outbound.consult(
        { method, url, headers: this.#signed(request, ahead), pinnedOrigins, signal, person, patience: PATIENCE },
        (answer) => readAnswer(answer, { bytes, list }),
      ),
    );
  }

  async #read(request: ApiRequest<Readable>): Promise<unknown> {
    return this.#valueOf(await this.askRaw(request));
  }

  async #valueOf(answer: PeerAnswer): Promise<unknown> {
    if (answer.status !== 200) throw await this.#refusal(answer, 'read');
    if (answer.unreadable !== undefined) throw unreadable(answer, answer.unreadable);
    return answer.value;
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
    return text.trim() === '' ? undefined : parseAnswer(answer, text);
  }

  /**
   * A refusal as a replay means that a proxy has sent our request twice (F-87). The request is signed again and
   * repeated once if that is safe; otherwise it is unknown whether the first one was executed.
   */
  async #transfer(request: ApiRequest<Readable>): Promise<ExchangeAnswer> {
    const answer = await this.#transferOnce(request);
    if (!isReplay(answer)) return answer;
    const { text } = await readRefusal(answer);
    if (isRepeatable(request) && !(request.body instanceof Readable)) return this.#transferOnce(request);
    throw answerLost(new Error(`a replay was refused: ${text}`));
  }

  #transferOnce(request: ApiRequest<Readable>): Promise<ExchangeAnswer> {
    const { method, url, signal, answer: kind } = request;
    const { originPins: pinnedOrigins, outbound, person } = this.#in;
    return this.#guarded(request, () => {
      const body = request.body instanceof Readable ? shielded(request.body, signal) : request.body;
      const content = body === undefined ? {} : { body };
      const headers = this.#signed(request);
      const patience = kind === 'content' || body instanceof Readable ? undefined : PATIENCE;
      return outbound.transfer({ method, url, headers, pinnedOrigins, signal, person, patience, ...content });
    });
  }

  #signed(request: ApiRequest<Readable>, ahead = this.#in.peerClock.ahead): Record<string, string> {
    const { signer, credentials } = this.#in;
    const authorization = signer.header(request, { ...credentials, timestampOffset: ahead });
    return { ...request.headers, authorization };
  }

  /** Sends behind the breaker; every error becomes a {@link Failure}. */
  async #guarded<T extends { status: number }>(request: ApiRequest<Readable>, attempt: () => Promise<T>): Promise<T> {
    const { breaker } = this.#in;
    if (!breaker.allow()) throw resting(breaker);
    try {
      return heard(breaker, await onceMore(request, attempt));
    } catch (error) {
      throw asFailure(unheard(breaker, error), request);
    }
  }

  async #refusal(refusal: Refusal, intent: 'read' | 'write'): Promise<Failure> {
    const { status } = refusal;
    const refused = mayBeOfGrant(status, intent) ? await this.#in.onRefused() : undefined;
    if (refused !== undefined) return refused;
    return status === 401
      ? trouble(refusal, 'the other cloud refused the grant, but not when asked again')
      : failureOf(refusal, intent);
  }
}

/**
 * True for statuses that may be about the grant and not about the item: a cloud that has lost a grant, or is starting
 * up, may answer any of them.
 */
function mayBeOfGrant(status: number, intent: 'read' | 'write'): boolean {
  return status === 401 || status === 404 || (status === 403 && intent === 'read');
}

/** Repeats a GET, freshly signed, whose pooled connection had died; nothing else is repeated (reliability.md 7). */
async function onceMore<T>({ method }: ApiRequest<Readable>, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (method !== 'GET' || !wasCutBeforeAnswer(error)) throw error;
    return attempt();
  }
}

function asFailure(error: unknown, { signal, body }: ApiRequest<Readable>): Failure {
  if (error instanceof Failure) return error;
  if (signal?.aborted === true) return new Failure('unavailable', 'The request was given up.', { cause: error });
  if (body instanceof Readable) return new Failure('invalid', 'The upload broke off.', { cause: error });
  return new Failure('internal', 'Something went wrong here.', { cause: error });
}

/** The rest of the JSON beside the entries of a list, and the entity tag of the answer. */
export interface ListAnswer {
  readonly value: unknown;
  readonly etag: string | undefined;
}

/** An answer; for a 200 its JSON, or why it cannot be read. */
export interface PeerAnswer extends Refusal {
  readonly value?: unknown;
  readonly unreadable?: JsonRefusal | undefined;
}

/** An unreadable answer is reported to the caller and does not count against the peer, which did answer. */
async function readAnswer(
  answer: ExchangeAnswer,
  bounds: { readonly bytes: number; readonly list?: ForeignList | undefined },
): Promise<PeerAnswer> {
  if (answer.status !== 200) return readRefusal(answer);
  const { status, headers, body } = answer;
  try {
    return { status, headers, text: '', value: await readForeignJson(body, bounds) };
  } catch (error) {
    if (error instanceof JsonRefusal) return { status, headers, text: '', unreadable: error };
    throw error;
  }
}

function parseAnswer(answer: ExchangeAnswer, text: string): unknown {
  try {
    return parseForeignJson(text);
  } catch (error) {
    throw error instanceof JsonRefusal ? unreadable(answer, error) : error;
  }
}

function unreadable(answer: Pick<Refusal, 'headers'>, { message, mostEntries }: JsonRefusal): Failure {
  if (mostEntries !== undefined) return tooLong(mostEntries);
  return trouble(answer, `the answer of the other cloud cannot be read: ${message}`);
}

/** The failure for a longer list: the API cannot list in parts, and an incomplete list must not look complete. */
function tooLong(most: number): Failure {
  const count = most.toLocaleString('en').replaceAll(',', ' ');
  const words = `There are more than ${count} entries here, and the other cloud lists them only all at once.`;
  return new Failure('peer-failed', words, { detail: `more than ${String(most)} entries` });
}
