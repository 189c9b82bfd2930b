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
import { isForm, type Arrival } from '../door.js';
import { originForm, requireOrigin } from '../origin.js';

/** What the entry checks need from the rest of the cloud. */
export interface TokenEntryInputs {
  readonly clock: Clock;
  readonly nonces: NonceStore;
  /** Our configured public origin. */
  readonly publicOrigin: string;
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
  /** Two-legged: the app alone. */
  readonly app: (arrival: Arrival) => Promise<AppCaller>;
  /** Three-legged: the app with its temporary credentials. */
  readonly appWithToken: (arrival: Arrival) => Promise<AppCaller>;
}

/**
 * Checks which app calls, by any method and any one transport of stacksync-api-v2.md 3.1. Peers are nobody here: their
 * keys are not looked for.
 */
export function createTokenEntry(inputs: TokenEntryInputs): TokenEntry {
  const verifier = verifierOf(inputs);
  const enter =
    (token: IncomingRequest['token']) =>
    async (arrival: Arrival): Promise<AppCaller> => {
      requireOrigin(arrival.http, inputs.publicOrigin);
      const verified = await verifier.verify({ ...incoming(arrival, inputs), token });
      checkBodyHash(verified, arrival.text);
      return { client: verified.consumer, token: verified.token ?? '', protocol: verified.protocol };
    };
  return { app: enter('forbidden'), appWithToken: enter('required') };
}

function verifierOf({ clock, nonces, clients, temporaryCredentials }: TokenEntryInputs) {
  return createVerifier<Client, string>({
    ...{ clock, nonces },
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

/** INT labels its empty bodies with a type of its own; a body that says something must be a form (OAU-10). */
function incoming(
  { http, text }: Arrival,
  { publicOrigin, isSecure }: TokenEntryInputs,
): Omit<IncomingRequest, 'token'> {
  const form = isForm(http);
  if (!form && text !== '') throw new Failure('unsupported-type', 'Send application/x-www-form-urlencoded.');
  return {
    method: http.method,
    origin: publicOrigin,
    target: originForm(http.originalUrl),
    rawHeaders: http.rawHeaders,
    formBody: form ? text : undefined,
    transports: ['header', 'query', 'body'],
    secure: isSecure(http),
    allowedMethods: SIGNATURE_METHODS,
  };
}

function checkBodyHash({ bodyHash: announced, method }: Verified<unknown, unknown>, text: string): void {
  if (announced === undefined || sameText(bodyHash(Buffer.from(text), method), announced)) return;
  throw new Failure('unauthenticated', 'Could not authorize request', { detail: 'oauth_body_hash does not fit' });
}
