import type { Request } from 'express';
import { Failure, isFailure, type Clock, type Principal } from '../../kernel/index.js';
import {
  createVerifier,
  digestOf,
  formatPairs,
  HMAC_METHODS,
  isProtocolName,
  parsePairs,
  type Charset,
  SIGNATURE_METHODS,
  type FoundConsumer,
  type FoundToken,
  type NonceStore,
  type SignatureMethod,
  type Verified,
} from '../../oauth1/index.js';
import { namePeer, namePerson } from '../callers/askers.js';
import { readText } from '../front/bodies.js';
import { charsetOf, isForm, type Arrival } from '../door/door.js';
import { originForm, requireOwnWebOrigin } from '../callers/web-origin.js';
import type { Delegate, StorageCaller } from './wire/ports.js';

/** The owner of a consumer key. */
export type StorageConsumer =
  | { readonly kind: 'client'; readonly id: string; readonly forbiddenAs400: boolean; readonly delegated: boolean }
  | {
      readonly kind: 'peer';
      readonly id: string;
      /** Told once the proof was found right; must not keep the request waiting. */
      readonly used: () => void;
    };

/** What a token opens: a person's tree for an app, one shared folder for a peer. */
export interface StorageToken {
  readonly id: string;
  readonly principal: Principal;
  /** Told once the proof was found right; must not keep the request waiting. */
  readonly used?: () => void;
  /** Only where the app is flagged for it. */
  readonly delegate?: Delegate;
}

/** What the authorizer needs from the rest of the cloud. */
export interface StorageAuthorizerInputs {
  readonly clock: Clock;
  readonly nonces: NonceStore;
  /** Our configured public URL. */
  readonly webOrigin: string;
  /** Whether a request came over TLS, here or at a trusted proxy; true for all in a trial (OAU-02). */
  readonly isSecure: (http: Request) => boolean;
  /** The live consumer with this key: an app, or the inbound pair of a peer that is not blocked. */
  readonly findConsumer: (key: string) => Promise<FoundConsumer<StorageConsumer> | undefined>;
  /** The live token that was issued to this consumer and no other (OAU-14). */
  readonly findToken: (
    consumer: StorageConsumer | undefined,
    token: string,
  ) => Promise<FoundToken<StorageToken> | undefined>;
}

/** Longest form-typed body that is read before its signature is known (OAU-11). */
const MAX_FORM = 64 * 1024;

/**
 * Turns an OAuth-signed storage request into its caller. Cookies and passwords are not looked at. Throws `misdirected`
 * or `invalid` for a foreign host (OAU-12), `invalid` for a malformed proof, `unauthenticated` for everything that does
 * not prove who asks, always in the same words.
 */
export function createStorageAuthorizer(inputs: StorageAuthorizerInputs): (arrival: Arrival) => Promise<StorageCaller> {
  const { clock, nonces, findConsumer, findToken, webOrigin, isSecure } = inputs;
  // A peer never proves itself with a bare secret (OAU-03).
  const policy = (consumer: StorageConsumer): readonly SignatureMethod[] =>
    consumer.kind === 'peer' ? HMAC_METHODS : SIGNATURE_METHODS;
  const verifier = createVerifier<StorageConsumer, StorageToken>({ clock, nonces, findConsumer, findToken, policy });
  return async ({ http }) => {
    requireOwnWebOrigin(http, webOrigin);
    const form = isForm(http) ? await readForm(http) : undefined;
    const verified = await verifier.verify({
      method: http.method,
      target: originForm(http.originalUrl),
      rawHeaders: http.rawHeaders,
      formBody: form,
      formCharset: charsetOf(http),
      transports: ['header', 'query', 'body'],
      origin: webOrigin,
      secure: isSecure(http),
      token: 'required',
      allowedMethods: SIGNATURE_METHODS,
    });
    nameVerified(http, verified);
    verified.token?.used?.();
    if (verified.consumer.kind === 'peer') verified.consumer.used();
    return callerOf(verified, form === undefined ? undefined : withoutProof(form, charsetOf(http)));
  };
}

function nameVerified(http: Request, { consumer, token }: Verified<StorageConsumer, StorageToken>): void {
  if (consumer.kind === 'peer') namePeer(http, consumer.id);
  else if (token !== undefined && token.principal.kind !== 'grant') namePerson(http, token.principal.accountId);
}

/** Only form-typed bodies are under the signature, so these alone are drawn before it is checked, and never for long. */
async function readForm(http: Request): Promise<string> {
  const refusal = new Failure('unsupported-type', 'Send uploads as application/octet-stream.');
  // A sender that waits for `100 Continue` must not get it before it is known (PXY-09).
  if (http.headers.expect !== undefined) throw refusal;
  return readText(http, MAX_FORM).catch((error: unknown) => {
    throw isFailure(error, 'too-large') ? refusal : error;
  });
}

function callerOf(
  { consumer, token, bodyHash, method }: Verified<StorageConsumer, StorageToken>,
  form?: string,
): StorageCaller {
  if (token === undefined) throw new Failure('unauthenticated', 'Could not authorize request');
  return {
    principal: token.principal,
    id: `${consumer.kind}:${consumer.id}:${token.id}`,
    forbiddenAs400: consumer.kind === 'client' && consumer.forbiddenAs400,
    ...(token.delegate === undefined ? {} : { delegate: token.delegate }),
    ...(form === undefined ? {} : { buffered: Buffer.from(form) }),
    ...(bodyHash === undefined ? {} : { bodyHash: { algorithm: digestOf(method), digest: bodyHash } }),
  };
}

/** A proof that travels in the body is no part of what is uploaded: PLAINTEXT would store the secrets themselves. */
function withoutProof(form: string, charset: Charset): string {
  const pairs = parsePairs(form, charset);
  const content = pairs.filter(([name]) => !isProtocolName(name));
  return content.length === pairs.length ? form : formatPairs(content);
}
