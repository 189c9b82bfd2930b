import { invalid } from '../kernel/index.js';
import {
  isOAuthScheme,
  isProtocolName,
  parseAuthorization,
  parsePairs,
  splitTarget,
  type Charset,
  type Pair,
} from '../signing/index.js';
import { refused } from './refusals.js';
import { isSignatureMethod, type SignatureMethod } from './signature.js';

/** The three places in which OAuth 1.0a parameters may travel (RFC 5849 3.5). */
export type Transmission = 'header' | 'query' | 'body';

/** The parts of a request in which parameters may stand. */
export interface CarryingRequest {
  /** Path and query exactly as on the wire. */
  readonly target: string;
  /** Node's `rawHeaders`: names and values in turn. The parsed form silently keeps one of two Authorization headers. */
  readonly rawHeaders: readonly string[];
  /** The body as text, only when its Content-Type is exactly `application/x-www-form-urlencoded`. */
  readonly formBody?: string | undefined;
  /** What the label of a form says that its octets are; default: UTF-8. */
  readonly formCharset?: Charset | undefined;
  /** Where this route accepts protocol parameters. */
  readonly transports: readonly Transmission[];
  /**
   * `'data'`: with an `Authorization: OAuth` header, `oauth_*` in body and query are data like any other
   * (cloudspaces-interop.md 6). Otherwise a second place with such names makes the request `invalid`.
   */
  readonly prefixedData?: 'data' | undefined;
}

/** What {@link collect} found. */
export interface Collected {
  /** The protocol parameters, each once. */
  readonly protocol: ReadonlyMap<string, string>;
  /** The parameters that are data, query first. All of them are under the signature. */
  readonly data: readonly Pair[];
  /** What joins the query in the base string: header and body parameters. */
  readonly extra: readonly Pair[];
}

type ByTransmission = Record<Transmission, readonly Pair[]>;

/**
 * Takes a request's parameters apart. Throws `invalid` when protocol parameters are repeated, stand in two places or in
 * one that this route does not take, or when there are two Authorization headers (threat model OAU-08);
 * `unauthenticated` when there are none.
 */
export function collect(request: CarryingRequest): Collected {
  const header = authorizationOf(request.rawHeaders);
  const signed = header !== undefined && isOAuthScheme(header);
  const places: ByTransmission = {
    header: signed ? parseAuthorization(header) : [],
    query: parsePairs(splitTarget(request.target).query),
    body: parsePairs(request.formBody ?? '', request.formCharset),
  };
  const carrier = carrierOf(places, signed, request);
  if (header !== undefined && !signed) throw invalid('A signed request carries no other Authorization.');
  return {
    protocol: protocolOf(places[carrier]),
    data: dataOf(places, carrier),
    extra: [...places.header, ...places.body],
  };
}

const AUTHORIZATION = 'authorization';

function authorizationOf(rawHeaders: readonly string[]): string | undefined {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.length === AUTHORIZATION.length && rawHeaders[at]?.toLowerCase() === AUTHORIZATION)
      values.push(rawHeaders[at + 1] ?? '');
  }
  if (values.length > 1) throw invalid('There is more than one Authorization header.');
  return values[0];
}

function carrierOf(places: ByTransmission, signed: boolean, request: CarryingRequest): Transmission {
  const carriers = signed ? new Set<Transmission>(['header']) : new Set<Transmission>();
  for (const place of mayCarry(signed, request)) {
    if (places[place].some(([name]) => isProtocolName(name))) carriers.add(place);
  }
  const [carrier] = carriers;
  if (carrier === undefined) throw refused('absent', 'no OAuth parameters');
  if (carriers.size > 1) throw invalid('OAuth parameters stand in more than one place.');
  if (!request.transports.includes(carrier)) throw invalid(`OAuth parameters are not taken from the ${carrier} here.`);
  return carrier;
}

/** Where `oauth_*` names count as protocol parameters, beside the header. */
function mayCarry(signed: boolean, request: CarryingRequest): Transmission[] {
  const elsewhere: Transmission[] = ['query', 'body'];
  if (request.prefixedData !== 'data') return elsewhere;
  return signed ? [] : elsewhere.filter((place) => request.transports.includes(place));
}

function protocolOf(pairs: readonly Pair[]): Map<string, string> {
  const protocol = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (!isProtocolName(name)) continue;
    if (protocol.has(name)) throw invalid(`${name} is repeated.`);
    protocol.set(name, value);
  }
  return protocol;
}

/** `oauth_signature` is left out wherever it stands: RFC 5849 3.4.1.3.1 keeps it unsigned, so nobody may rely on it. */
function dataOf(places: ByTransmission, carrier: Transmission): Pair[] {
  const elsewhere: Transmission[] = ['query', 'body'];
  return elsewhere
    .flatMap((place) => places[place].filter(([name]) => place !== carrier || !isProtocolName(name)))
    .filter(([name]) => name !== 'oauth_signature');
}

/** The protocol parameters of one request, well-formed but not yet verified. */
export interface Claim {
  readonly consumerKey: string;
  /** Undefined when the request is two-legged. */
  readonly token: string | undefined;
  readonly method: SignatureMethod;
  readonly signature: string;
  /** When and under which nonce it was signed; undefined only for PLAINTEXT, which may leave both out. */
  readonly stamp: Stamp | undefined;
}

/** The two parameters that make a request unique. */
export interface Stamp {
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
  readonly nonce: string;
}

const IDENTIFIER = /^[A-Za-z0-9._~-]{1,128}$/;
const NONCE = /^[\x20-\x7e]{1,128}$/;
// Fifteen digits keep the number exact.
const TIMESTAMP = /^[1-9][0-9]{0,14}$/;

/**
 * Reads protocol parameters (stacksync-api-v2.md 3.3). Throws `invalid` on malformed ones and `unauthenticated` when
 * the consumer key or the signature is missing or empty (threat model OAU-01).
 */
export function readClaim(protocol: ReadonlyMap<string, string>): Claim {
  if ((protocol.get('oauth_version') ?? '1.0') !== '1.0') throw invalid('oauth_version must be 1.0.');
  const method = readMethod(protocol.get('oauth_signature_method'));
  return {
    consumerKey: readIdentifier('oauth_consumer_key', required(protocol, 'oauth_consumer_key')),
    token: readToken(protocol.get('oauth_token')),
    method,
    signature: required(protocol, 'oauth_signature'),
    stamp: readStamp(method, protocol.get('oauth_timestamp'), protocol.get('oauth_nonce')),
  };
}

function required(protocol: ReadonlyMap<string, string>, name: string): string {
  const value = protocol.get(name) ?? '';
  if (value === '') throw refused('absent', `no ${name}`);
  return value;
}

function readMethod(text: string | undefined): SignatureMethod {
  if (text === undefined || !isSignatureMethod(text)) throw invalid('oauth_signature_method is not supported.');
  return text;
}

function readIdentifier(name: string, text: string): string {
  if (!IDENTIFIER.test(text)) throw invalid(`${name} is malformed.`);
  return text;
}

/** Clients without a token may send an empty one. */
function readToken(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : readIdentifier('oauth_token', text);
}

function readStamp(method: SignatureMethod, timestamp?: string, nonce?: string): Stamp | undefined {
  if (method === 'PLAINTEXT' && timestamp === undefined && nonce === undefined) return undefined;
  if (timestamp === undefined || !TIMESTAMP.test(timestamp))
    throw invalid('oauth_timestamp must be a positive integer.');
  if (nonce === undefined || !NONCE.test(nonce))
    throw invalid('oauth_nonce must be 1 to 128 printable ASCII characters.');
  return { timestamp: Number(timestamp), nonce };
}
