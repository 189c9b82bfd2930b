import { isRepeatable, type ApiRequest, type Transport } from './api-request.js';
import type { Authorizer } from './authorizer.js';
import { saysNonceUsed } from '../signing/index.js';
import { refusalIn, StorageError } from './storage-error.js';
import { ownFetch, type Fetch } from './surroundings.js';

export type { Fetch } from './surroundings.js';

/** Content on its way up. A stream is sent as it comes; browsers want a Blob (such as a File) in its place. */
export type UploadBody = string | Uint8Array | Blob | ReadableStream<Uint8Array>;

/** What {@link FetchTransport} works with. */
export interface FetchTransportOptions {
  /** Proves who asks, see `createAuthorizer`. */
  readonly authorize: Authorizer;
  /** Default: the global one. */
  readonly fetch?: Fetch | undefined;
}

/**
 * Carries requests by `fetch`. Cookies never travel, redirects are not followed (a signature is good for one address),
 * nothing is cached and nothing is sent twice, but for what a proxy on the way has repeated. Rejects with {@link StorageError} when the cloud refuses, and as `fetch`
 * does when it cannot be reached or the signal was aborted.
 */
export class FetchTransport implements Transport<UploadBody, Response> {
  readonly #authorize: Authorizer;
  readonly #fetch: Fetch;

  constructor({ authorize, fetch = ownFetch }: FetchTransportOptions) {
    this.#authorize = authorize;
    this.#fetch = fetch;
  }

  async ask(request: ApiRequest<UploadBody>): Promise<unknown> {
    const response = await this.#send(request);
    if (!response.ok) throw await refusalIn(response);
    const text = await response.text();
    return text.trim() === '' ? undefined : parse(text, response);
  }

  async open(request: ApiRequest<UploadBody>): Promise<Response> {
    const response = await this.#send(request);
    if (response.ok || response.status === 304) return response;
    throw await refusalIn(response);
  }

  /**
   * A 401 that says that the request was taken before shows that something on the way repeats requests. What does no
   * harm twice is then signed afresh, once (F-87).
   */
  async #send(request: ApiRequest<UploadBody>): Promise<Response> {
    const response = await this.#sendOnce(request);
    const isReplay = response.status === 401 && saysNonceUsed(response.headers.get('www-authenticate'));
    if (!isReplay || !isRepeatable(request) || request.body instanceof ReadableStream) return response;
    await response.body?.cancel();
    return this.#sendOnce(request);
  }

  async #sendOnce(request: ApiRequest<UploadBody>): Promise<Response> {
    const { method, url, body, signal } = request;
    const headers = { ...request.headers, authorization: await this.#authorize(request) };
    const init = { method, headers, redirect: 'error', credentials: 'omit', cache: 'no-store' } as const;
    return this.#fetch(url, { ...init, ...bodyInit(body), ...(signal === undefined ? {} : { signal }) });
  }
}

/** Streams have to be announced: they go up before the answer comes down. Not every list of types knows the word. */
function bodyInit(body: UploadBody | undefined): RequestInit & { readonly duplex?: 'half' } {
  if (body === undefined) return {};
  const init = { body: body as NonNullable<RequestInit['body']> };
  return body instanceof ReadableStream ? { ...init, duplex: 'half' } : init;
}

function parse(text: string, { status }: Response): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw Object.assign(new StorageError(status, 'The cloud answered something that is not JSON.'), { cause });
  }
}
