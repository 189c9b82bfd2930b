import type { Request } from 'express';
import type { Client, Clients, TemporaryCredentials } from '../../clients/index.js';
import { Failure, type Clock } from '../../kernel/index.js';
import {
  bodyHash,
  createVerifier,
  sameText,
  SIGNATURE_METHODS,
  type IncomingRequest,
  type NonceStore,
  type Verified,
} from '../../oauth1/index.js';
import { charsetOf, isForm, type Arrival } from '../door/door.js';
import { hasBody } from '../front/bodies.js';
import { originForm, requireOwnWebOrigin } from '../callers/web-origin.js';

/** What the entry checks need from the rest of the cloud. */
export interface TokenEntryInputs {
  readonly clock: Clock;
  readonly nonces: NonceStore;
  /** Our configured public origin. */
  readonly webOrigin: string;
  /** Whether a request came over TLS, here or at a trusted proxy; true for all in a trial (OAU-02). */
  readonly isSecure: (http: Request) => boolean;
  readonly clients: Pick<Clients, 'byKey'>;
  readonly temporaryCredentials: Pick<TemporaryCredentials, 'find'>;
}

/** An app whose signature was right. */
export interface AppCaller {
  readonly client: Client;
  /** The token of its temporary credentials; empty while it has none. */
  readonly token: string;
  /** `oauth_callback`, `oauth_verifier` and whatever else it sent. */
  readonly protocol: ReadonlyMap<string, string>;
}

/** Entry checks of the token calls. */
export interface TokenEntry {
  /** What a call can be refused for before its body is drawn on: a foreign host, a body that is no form. */
  readonly greet: (http: Request) => void;
  /** Two-legged: the app alone. */
  readonly app: (arrival: Arrival) => Promise<AppCaller>;
  /** Three-legged: the app with its temporary credentials. */
  readonly appWithToken: (arrival: Arrival) => Promise<AppCaller>;
}

/**
 * Checks which app calls, by any method and any one transport of stacksync-api-v2.md 3.1. Keys of peers are not
 * accepted here.
 */
export function createTokenEntry(inputs: TokenEntryInputs): TokenEntry {
  const verifier = verifierOf(inputs);
  const enter =
    (token: IncomingRequest['token']) =>
    async (arrival: Arrival): Promise<AppCaller> => {
      requireOwnWebOrigin(arrival.http, inputs.webOrigin);
      const verified = await verifier.verify({ ...incoming(arrival, inputs), token });
      checkBodyHash(verified, arrival.text);
      return { client: verified.consumer, token: verified.token ?? '', protocol: verified.protocol };
    };
  return {
    greet(http) {
      requireOwnWebOrigin(http, inputs.webOrigin);
      if (!isForm(http) && hasBody(http)) throw formsOnly();
    },
    app: enter('forbidden'),
    appWithToken: enter('required'),
  };
}

function verifierOf({ clock, nonces, clients, temporaryCredentials }: TokenEntryInputs) {
  return createVerifier<Client, string>({
    clock,
    nonces,
    findConsumer: async (key) => {
      const client = await clients.byKey(key);
      if (client === undefined) return undefined;
      return { key, secret: client.consumerSecret, publicKey: client.publicKey, owner: client };
    },
    findToken: async (client, token) => {
      const found = await temporaryCredentials.find(client?.id ?? '', token);
      return found === undefined ? undefined : { token, secret: found.secret, owner: token };
    },
  });
}

/**
 * The StackSync branch of the interop module labels empty bodies with a type of its own: only a body that is not empty
 * must be a form (threat model OAU-10).
 */
function incoming({ http, text }: Arrival, { webOrigin, isSecure }: TokenEntryInputs): Omit<IncomingRequest, 'token'> {
  const form = isForm(http);
  if (!form && text !== '') throw formsOnly();
  return {
    method: http.method,
    origin: webOrigin,
    target: originForm(http.originalUrl),
    rawHeaders: http.rawHeaders,
    formBody: form ? text : undefined,
    formCharset: charsetOf(http),
    transports: ['header', 'query', 'body'],
    secure: isSecure(http),
    allowedMethods: SIGNATURE_METHODS,
  };
}

function formsOnly(): Failure {
  return new Failure('unsupported-type', 'Send application/x-www-form-urlencoded.');
}

function checkBodyHash({ bodyHash: announced, method }: Verified<unknown, unknown>, text: string): void {
  if (announced === undefined || sameText(bodyHash(Buffer.from(text), method), announced)) return;
  throw new Failure('unauthenticated', 'Could not authorize request', { detail: 'oauth_body_hash does not fit' });
}
