import { invalid } from '../kernel/failure.js';
import { parsePairs, percentEncode, type Pair } from './parameters.js';

/** What of a request enters its signature. */
export interface SignableRequest {
  readonly method: string;
  /** Scheme, host and port under which the client knows the server: the public origin, never the socket's. */
  readonly origin: string;
  /** Path and query exactly as on the wire: undecoded, dot segments and letter case kept. */
  readonly target: string;
  /** Decoded parameters from elsewhere: the Authorization header, and the body if it is form-encoded. */
  readonly extra?: readonly Pair[] | undefined;
}

/** The signature base string of RFC 5849 3.4.1.1. Throws `invalid` when the target or its query cannot be read. */
export function baseString(request: SignableRequest): string {
  const { query } = splitTarget(request.target);
  const pairs = [...parsePairs(query), ...(request.extra ?? [])];
  return [request.method.toUpperCase(), baseStringUri(request.origin, request.target), normalise(pairs)]
    .map(percentEncode)
    .join('&');
}

/**
 * RFC 5849 3.4.1.2: scheme and host in lower case, default ports dropped, the raw path (an empty one is `/`), no query.
 * Throws `invalid` when `origin` is no http(s) origin.
 */
export function baseStringUri(origin: string, target: string): string {
  if (origin !== last.origin) last = { origin, normal: normalWebOrigin(origin) };
  return last.normal + splitTarget(target).path;
}

/** A cloud verifies under one origin, and an app mostly signs for one. */
let last = { origin: '', normal: '' };

function normalWebOrigin(origin: string): string {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw invalid('A signed request needs an http origin.');
  return url.origin;
}

/**
 * Cuts a request target in origin-form at its first `?`. Throws `invalid` on other forms and on characters that no
 * target may hold: two readings of one target would be two signatures (threat model OAU-09).
 */
export function splitTarget(target: string): { path: string; query: string } {
  if (!/^(?:[/?][\x21-\x7e]*)?$/.test(target)) throw invalid('The request target is malformed.');
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  return { path: path === '' ? '/' : path, query: mark === -1 ? '' : target.slice(mark + 1) };
}

/** RFC 5849 3.4.1.3.2: encoded, sorted by name and then value in byte order. `oauth_signature` never signs itself. */
function normalise(pairs: readonly Pair[]): string {
  return pairs
    .filter(([name]) => name !== 'oauth_signature')
    .map(({ encoded, 0: name, 1: value }) => encoded ?? ([percentEncode(name), percentEncode(value)] as const))
    .sort(([nameA, valueA], [nameB, valueB]) => byCodeUnit(nameA, nameB) || byCodeUnit(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** After percent-encoding all is ASCII, so code units are bytes. */
function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
