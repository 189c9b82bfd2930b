import type { Readable } from 'node:stream';
import type { Failure } from '../../../../kernel/index.js';
import { wasCutBeforeAnswer, type ExchangeAnswer, type Outbound, type Patience } from '../../../../platform/index.js';
import {
  MAX_ANSWER,
  readRefusal,
  readText,
  trouble,
  answerLost,
  type Refusal,
} from '../../../peer-call/foreign-answers.js';
import { heard, resting, unheard, type Gate } from '../../../peer-call/gate.js';
import type { LearntManners } from './manners.js';
import type { ExchangedProof, Proofs } from './credentials.js';
import { toFailure } from './giving-up.js';
import type { Pause } from './pauses.js';
import { PROPFIND_BODY, readMultistatus, type TakeSaid } from './propfind.js';
import { failureOf } from './refusals.js';

/** What is needed to reach the server of a share. */
export interface DavTransportInputs {
  readonly outbound: Pick<Outbound, 'consult' | 'transfer'>;
  /** The person whose share it is, since people take turns at a peer (F-63). */
  readonly person?: string | undefined;
  readonly proofs: Proofs;
  readonly manners: LearntManners;
  /** One per peer. */
  readonly pause: Pause;
  /** One per peer, shared with everything that calls it (reliability.md PEER-02). */
  readonly breaker: Gate;
  /** The peer's registered origins: no request goes anywhere else (threat model PXY-01). */
  readonly originPins: readonly string[];
  /** Called when an answer may be about the credentials: see `ForeignFolder`. */
  readonly onRefused: () => Promise<Failure | undefined>;
  readonly onForbidden?: (() => Promise<void>) | undefined;
}

/** A request to the server. */
export interface ServerRequest {
  readonly method:
    'GET' | 'HEAD' | 'PROPFIND' | 'PUT' | 'MKCOL' | 'MOVE' | 'COPY' | 'DELETE' | 'OPTIONS' | 'LOCK' | 'UNLOCK';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable | Buffer;
  readonly signal?: AbortSignal | undefined;
}

/** Apps give up after some 12 seconds (ruling F-26): a cloud that hangs is reported before that, milliseconds. */
const PATIENCE: Patience = { answer: 8_000, idle: 5_000 };
/** Some servers take long for large folders (webdav.md 2), milliseconds. */
const LISTING = { patience: { answer: 60_000, idle: 15_000 }, timeout: 120_000 } as const;

/** Answers of a server that is well, but has no use for a method. */
const STUMBLES: readonly number[] = [500, 501];

const REDIRECTS: readonly number[] = [301, 302, 307, 308];

/**
 * Sends WebDAV requests to the server of one share, with its credentials, pinned to its origins, behind the breaker.
 * Rejects with `Failure` only. No header of our own client is passed on (threat model PXY-02).
 */
export class DavTransport {
  readonly #in: DavTransportInputs;

  constructor(inputs: DavTransportInputs) {
    this.#in = inputs;
  }

  /**
   * Asks about a resource (`depth` 0), or about it and what is directly in it (1). `take` is given what a 207 tells as it
   * comes; any other answer is answered as it is. A redirect to the same address with a slash is followed once, no other.
   */
  async propfind(url: URL, depth: 0 | 1, take: TakeSaid, signal?: AbortSignal): Promise<Refusal> {
    const answer = await this.#asked(url, depth, take, signal);
    const slashed = withSlash(url);
    return isSlashMissing(answer, url, slashed) ? this.#asked(slashed, depth, take, signal) : answer;
  }

  /**
   * Sends a request and answers with whatever status comes; the body has to be read or destroyed. A change is sent once
   * only; if its answer is lost, nobody knows whether it was made: `peer-timeout` (reliability.md PEER-05).
   */
  async send(request: ServerRequest): Promise<ExchangeAnswer> {
    const isRead = ['GET', 'HEAD', 'PROPFIND', 'OPTIONS'].includes(request.method);
    try {
      const answer = await this.#proven(!isStream(request.body), (proof) => this.#sentOnce(request, proof, isRead));
      // A server may let us change what it does not let us lock.
      if (answer.status === 403 && !isRead && !request.method.endsWith('LOCK')) await this.#in.onForbidden?.();
      return answer;
    } catch (error) {
      throw !isRead && wasCutBeforeAnswer(error) ? answerLost(error) : error;
    }
  }

  /** {@link send} for a change; answers the status and the beginning of the text. */
  async change(request: ServerRequest): Promise<Refusal> {
    const answer = await this.send(request);
    if (answer.status >= 300) return readRefusal(answer);
    const { status, headers } = answer;
    const text = await readText(answer, MAX_ANSWER).catch((error: unknown) => {
      throw answerLost(error);
    });
    return { status, headers, text };
  }

  /**
   * The failure that a refusal means. If it may be about the credentials, the shared item itself is asked, which shows
   * whether they still open it (ruling F-06).
   */
  async failure(refused: Refusal, intent: 'read' | 'write'): Promise<Failure> {
    const { status } = refused;
    const isOfGrant = status === 401 || (status === 403 && intent === 'read');
    const refusedGrant = isOfGrant ? await this.#in.onRefused() : undefined;
    if (refusedGrant !== undefined) return refusedGrant;
    return status === 401
      ? trouble(refused, 'the other cloud refused the credentials, but not when asked again')
      : failureOf(refused, intent);
  }

  /**
   * Asks the shared item itself whether the share has ended, when something in it is missing; undefined when it has
   * not.
   */
  async endOrUndefined(): Promise<Failure | undefined> {
    return this.#in.onRefused();
  }

  #asked(url: URL, depth: 0 | 1, take: TakeSaid, signal: AbortSignal | undefined): Promise<Refusal> {
    const { outbound, person, originPins: pinnedOrigins } = this.#in;
    const limits = depth === 1 ? LISTING : { patience: PATIENCE };
    const headers = { depth: String(depth), 'content-type': 'application/xml; charset=utf-8' };
    const read = async (answer: ExchangeAnswer): Promise<Refusal> => {
      if (answer.status !== 207) return readRefusal(answer);
      await readMultistatus(answer.body, take);
      return { status: 207, headers: answer.headers, text: '' };
    };
    const call = { method: 'PROPFIND', url, pinnedOrigins, signal, person, body: PROPFIND_BODY, ...limits };
    return this.#proven(true, (authorization) => {
      const attempt = () => outbound.consult({ ...call, headers: { ...headers, authorization } }, read);
      return this.#guarded(signal, () => onceMore(attempt));
    });
  }

  #sentOnce(request: ServerRequest, authorization: string, isRead: boolean): Promise<ExchangeAnswer> {
    const { outbound, person, originPins: pinnedOrigins } = this.#in;
    const { method, url, body, signal } = request;
    const patience = !isStream(body) && method !== 'GET' && method !== 'PUT' ? PATIENCE : undefined;
    const headers = { ...request.headers, authorization };
    const content = body === undefined ? {} : { body };
    const attempt = () =>
      outbound.transfer({ method, url, headers, pinnedOrigins, signal, person, patience, ...content });
    const isOfLocks = method === 'LOCK' || method === 'UNLOCK';
    return this.#guarded(signal, () => (isRead ? onceMore(attempt) : attempt()), isOfLocks);
  }

  /**
   * Sends a request with the proof that worked last. If it is refused and the request can be repeated without harm,
   * tries the other one.
   */
  async #proven<A extends { readonly status: number }>(
    isRepeatable: boolean,
    attempt: (proof: string) => Promise<A>,
  ): Promise<A> {
    const { proofs, manners } = this.#in;
    const { first, second, exchanged } = proofs;
    const answered = exchanged === undefined ? undefined : await withToken(exchanged, isRepeatable, attempt);
    if (answered !== undefined) return answered;
    if (second === undefined) return attempt(first);
    if ((await manners.all()).isBasic === true) return attempt(second);
    const answer = await attempt(first);
    if (answer.status !== 401 || !isRepeatable) return answer;
    const again = await attempt(second);
    if (again.status !== 401) await manners.learn({ isBasic: true });
    return again;
  }

  /**
   * Runs an attempt behind the breaker; whatever goes wrong becomes a `Failure`. A server that stumbles over locks alone does
   * not rest for it: Nextcloud 34 answers 500 to every LOCK by the secret of a share where its app for locks is on.
   */
  async #guarded<A extends { readonly status: number; readonly headers: Refusal['headers'] }>(
    signal: AbortSignal | undefined,
    attempt: () => Promise<A>,
    isOfLocks = false,
  ): Promise<A> {
    const { breaker, pause } = this.#in;
    pause.refuseWithin();
    if (!breaker.allow()) throw resting(breaker);
    try {
      const answer = await attempt();
      if (isOfLocks && STUMBLES.includes(answer.status)) breaker.succeeded();
      else heard(breaker, answer);
      pause.heard(answer);
      return answer;
    } catch (error) {
      throw toFailure(unheard(breaker, error), signal);
    }
  }
}

/** What can be sent once only. */
function isStream(body: ServerRequest['body']): boolean {
  return body !== undefined && !Buffer.isBuffer(body);
}

/**
 * What is sent when there is no token and the secret may not be shown: the server then says itself that the share is
 * not open.
 */
const NO_TOKEN = 'Bearer none';

/**
 * Sends a request with a token, and with a new one after a 401. Undefined when no token works and the secret itself may
 * be used.
 */
async function withToken<A extends { readonly status: number }>(
  { isOnly, token }: ExchangedProof,
  isRepeatable: boolean,
  attempt: (proof: string) => Promise<A>,
): Promise<A | undefined> {
  const tokenOr = async (refused?: string) =>
    token(refused).catch((error: unknown) => {
      if (isOnly) throw error;
      return undefined;
    });
  const held = await tokenOr();
  if (held === undefined) return isOnly ? attempt(NO_TOKEN) : undefined;
  const answer = await attempt(`Bearer ${held}`);
  if (answer.status !== 401) return answer;
  const fresh = await tokenOr(held);
  if (!isRepeatable) return answer;
  const again = fresh === undefined ? answer : await attempt(`Bearer ${fresh}`);
  return again.status === 401 && !isOnly ? undefined : again;
}

/**
 * Repeats a request that is safe to repeat when its pooled connection turned out to be dead; no other request is
 * repeated (reliability.md 7).
 */
async function onceMore<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!wasCutBeforeAnswer(error)) throw error;
    return attempt();
  }
}

function withSlash(url: URL): URL {
  const slashed = new URL(url);
  slashed.pathname = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  return slashed;
}

/** True for a redirect from the address of a folder to the same with a slash (webdav.md 2). */
function isSlashMissing({ status, headers }: Refusal, url: URL, slashed: URL): boolean {
  const { location } = headers;
  if (!REDIRECTS.includes(status) || typeof location !== 'string' || slashed.href === url.href) return false;
  return URL.canParse(location, url.href) && new URL(location, url.href).href === slashed.href;
}
