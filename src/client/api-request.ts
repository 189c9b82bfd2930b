import { formatPairs, type Pair } from '../signing/index.js';

/** One call of the storage API, as its contract words it (stacksync-api-v2.md 4 to 6). */
export interface ApiCall<Body> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the base, of fixed words and checked ids only. */
  readonly path: string;
  readonly query?: readonly Pair[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body | string | undefined;
  /** What comes back, for a transport that bounds what it reads: one item unless said otherwise. */
  readonly answer?: 'item' | 'listing' | 'versions' | 'content';
  readonly signal?: AbortSignal | undefined;
}

/** A request, complete but for its authorization. */
export interface ApiRequest<Body> {
  readonly method: ApiCall<Body>['method'];
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body | string | undefined;
  readonly answer: NonNullable<ApiCall<Body>['answer']>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Carries requests to a cloud: proves who asks, sends, and judges what comes back. `Body` is what it can send beside
 * text, `Opened` how it hands over content.
 */
export interface Transport<Body, Opened> {
  /** Sends a request and answers its JSON, undefined for an empty body. Rejects when the cloud refuses. */
  ask(request: ApiRequest<Body>): Promise<unknown>;
  /** Sends a request and answers at the status line (200, 206 or 304), content unread. Rejects when the cloud refuses. */
  open(request: ApiRequest<Body>): Promise<Opened>;
}

/** True for a request that does no harm when it is made twice: it changes nothing, or a key makes its repeats one. */
export function isRepeatable({ method, headers }: Pick<ApiRequest<unknown>, 'method' | 'headers'>): boolean {
  return method === 'GET' || headers['idempotency-key'] !== undefined;
}

/** The request that a call makes at the API with this base, which ends in a slash. */
export function apiRequest<Body>(base: URL, call: ApiCall<Body>): ApiRequest<Body> {
  const { method, path, query = [], headers, body, answer = 'item', signal } = call;
  const url = new URL(base.href + path);
  if (query.length > 0) url.search = formatPairs(query);
  return { method, url, headers: { 'stacksync-api': 'v2', ...headers }, body, answer, signal };
}
