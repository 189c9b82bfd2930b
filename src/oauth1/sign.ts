import OAuth from 'oauth-1.0a';
import { Failure, invalid, randomWord, SECOND, type Clock, type Random } from '../kernel/index.js';
import {
  baseString,
  baseStringUri,
  formatAuthorization,
  formatPairs,
  isProtocolName,
  isUsableSecret,
  isWellFormed,
  parsePairs,
  signingKey,
  type Pair,
} from '../signing/index.js';
import { signature, type SecretMethod } from './signature.js';

/** Who signs. */
export interface Credentials {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  /** Together with `tokenSecret`; without both the request is two-legged. */
  readonly token?: string | undefined;
  readonly tokenSecret?: string | undefined;
  /** Seconds by which the verifier's clock is ahead of ours, learnt from its `Date` (reliability.md DLV-05). */
  readonly timestampOffset?: number | undefined;
}

/** A request to sign. */
export interface OutgoingRequest {
  readonly method: string;
  /** As it will be sent; a fragment is not. */
  readonly url: URL;
  /** The fields of a form-encoded body, in order. Other bodies are covered by `bodyHash` only. */
  readonly form?: readonly Pair[] | undefined;
}

/** How to sign it. */
export interface SigningOptions {
  /** Default HMAC-SHA1, which every peer reads (cloudspaces-interop.md 11). */
  readonly method?: SecretMethod | undefined;
  /** Of a body that is not form-encoded; see `bodyHash`. */
  readonly bodyHash?: string | undefined;
  /** More protocol parameters, such as `oauth_callback` and `oauth_verifier` of the token calls. */
  readonly protocol?: readonly Pair[] | undefined;
}

/** Signs outgoing requests; every call draws a fresh nonce and reads the clock (threat model CRD-08). */
export interface Signer {
  /** The value of the Authorization header. Throws `invalid` for PLAINTEXT over http (OAU-02). */
  header(request: OutgoingRequest, credentials: Credentials, options?: SigningOptions): string;
  /**
   * The URL for a GET with its signature in the query (cloudspaces-interop.md 5): its own query stays as written and is
   * signed too. Throws `invalid` when that query already holds `oauth_*` names.
   */
  signedUrl(url: URL, credentials: Credentials): string;
  /**
   * The fields of a form that a browser POSTs to `url`, with the signature among them (RFC 5849 3.5.2). Throws `invalid`
   * when the URL or the form already holds `oauth_*` names.
   */
  signedForm(url: URL, form: readonly Pair[], credentials: Credentials): readonly Pair[];
}

/** What a signer works with. */
export interface SignerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Trial mode: PLAINTEXT is also signed for http. */
  readonly insecure?: boolean;
}

/** A signer for RFC 5849, standing on `oauth-1.0a`. */
export function createSigner(signerOptions: SignerOptions): Signer {
  return {
    header: (request, credentials, options = {}) =>
      formatAuthorization(signedParameters(signerOptions, request, credentials, options)),
    signedUrl(url, credentials) {
      requireNoneOf(queryOf(url), 'URL');
      const added = formatPairs(signedParameters(signerOptions, { method: 'GET', url }, credentials, {}));
      return `${url.origin}${url.pathname}${url.search === '' ? '?' : `${url.search}&`}${added}`;
    },
    signedForm(url, form, credentials) {
      requireNoneOf([...queryOf(url), ...form], 'form');
      return [...form, ...signedParameters(signerOptions, { method: 'POST', url, form }, credentials, {})];
    },
  };
}

/** Whoever verifies could not tell protocol parameters from data of the same name (RFC 5849 3.1). */
function requireNoneOf(pairs: readonly Pair[], what: string): void {
  if (pairs.some(([name]) => isProtocolName(name))) throw invalid(`The ${what} already holds OAuth parameters.`);
}

/** All protocol parameters of a request, signature included. */
function signedParameters(
  { clock, random, insecure }: SignerOptions,
  request: OutgoingRequest,
  credentials: Credentials,
  { method = 'HMAC-SHA1', bodyHash, protocol = [] }: SigningOptions,
): Pair[] {
  checkCredentials(credentials);
  if (method === 'PLAINTEXT' && request.url.protocol !== 'https:' && insecure !== true) {
    throw invalid('PLAINTEXT is never sent over http.');
  }
  const stamped: OAuth.Data = {
    oauth_consumer_key: credentials.consumerKey,
    ...(credentials.token === undefined ? {} : { oauth_token: credentials.token }),
    oauth_signature_method: method,
    oauth_timestamp: Math.floor(clock.now() / SECOND) + Math.round(credentials.timestampOffset ?? 0),
    oauth_nonce: randomWord(random),
    oauth_version: '1.0',
  };
  const more: Pair[] = bodyHash === undefined ? [...protocol] : [...protocol, ['oauth_body_hash', bodyHash]];
  const sign = packageCanSign(request) ? signWithPackage : signWithCore;
  const result = sign(request, credentials, method, stamped, more);
  return [...toPairs(stamped), ...more, ['oauth_signature', result]];
}

/** Fails closed (G5): with a missing secret, anybody could make the same signature. */
function checkCredentials({ consumerSecret, token, tokenSecret }: Credentials): void {
  const complete = isUsableSecret(consumerSecret) && (token === undefined) === (tokenSecret === undefined);
  if (!complete || (tokenSecret !== undefined && !isUsableSecret(tokenSecret))) {
    throw new Failure('internal', 'The request could not be signed.', { detail: 'missing or empty OAuth secret' });
  }
}

/**
 * The package keeps parameters in plain objects, where `__proto__` vanishes and data replaces a protocol parameter of
 * the same name; and it throws an error of its own on text that is not well-formed. Our core signs these.
 */
function packageCanSign({ url, form = [] }: OutgoingRequest): boolean {
  return [...queryOf(url), ...form].every(
    ([name, value]) => name !== '__proto__' && !isProtocolName(name) && isWellFormed(name) && isWellFormed(value),
  );
}

type Sign = (
  request: OutgoingRequest,
  secrets: Credentials,
  method: SecretMethod,
  stamped: OAuth.Data,
  more: readonly Pair[],
) => string;

/**
 * `oauth-1.0a`, made right: it gets a normalised URL without its query, every other parameter already decoded in an
 * object of its own (it writes into the ones it is given), repeated names as arrays, and our nonce and time (its own
 * come from `Math.random` and the system clock). The body hash travels among the data, else the package would leave the
 * data out.
 */
const signWithPackage: Sign = ({ method, url, form = [] }, credentials, signatureMethod, stamped, more) => {
  const oauth = new OAuth({
    consumer: { key: credentials.consumerKey, secret: credentials.consumerSecret },
    signature_method: signatureMethod,
    hash_function: (base, key) => signature(signatureMethod, base, key),
  });
  const data = grouped([...queryOf(url), ...form, ...more]);
  const request = { method, url: baseStringUri(url.origin, url.pathname), data };
  return oauth.getSignature(request, credentials.tokenSecret, { ...stamped });
};

const signWithCore: Sign = ({ method, url, form = [] }, credentials, signatureMethod, stamped, more) => {
  const extra = [...form, ...toPairs(stamped), ...more];
  const base = baseString({ method, origin: url.origin, target: url.pathname + url.search, extra });
  return signature(signatureMethod, base, signingKey(credentials.consumerSecret, credentials.tokenSecret));
};

function toPairs(data: OAuth.Data): Pair[] {
  return Object.entries(data).map(([name, value]) => [name, String(value)]);
}

function queryOf(url: URL): Pair[] {
  return parsePairs(url.search.slice(1));
}

/** Without a prototype: `constructor` is a parameter like any other. */
function grouped(pairs: readonly Pair[]): Record<string, string[]> {
  const groups = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of pairs) (groups[name] ??= []).push(value);
  return groups;
}
