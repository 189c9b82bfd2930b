import { createPublicKey } from 'node:crypto';
import { Failure, invalid, parseLabel } from '../kernel/index.js';
import type { Sealer } from '../platform/index.js';
import { isPlainAddress } from './callback.js';
import type { Client, ClientOptions, ClientWithSecret } from './client.js';

/** An app as the table `clients` keeps it. */
export interface ClientRow {
  readonly id: string;
  readonly name: string;
  readonly consumer_key: string;
  readonly consumer_secret: string;
  readonly callback: string | null;
  /** SQLite answers 0 and 1. */
  readonly first_party: boolean | number;
  readonly delegated: boolean | number;
  readonly forbidden_as_400: boolean | number;
  readonly public_key: string | null;
  readonly created_at: number;
}

/** Reads a row. Its secret stays sealed: whoever needs that asks {@link clientWithSecret}. */
export function clientOf(row: ClientRow): Client {
  return {
    id: row.id,
    name: row.name,
    consumerKey: row.consumer_key,
    callback: row.callback ?? undefined,
    firstParty: Boolean(row.first_party),
    delegated: Boolean(row.delegated),
    forbiddenAs400: Boolean(row.forbidden_as_400),
    publicKey: row.public_key ?? undefined,
    createdAt: row.created_at,
  };
}

/** The same with its secret opened. Throws when the row was sealed with another key. */
export function clientWithSecret(sealer: Sealer, row: ClientRow): ClientWithSecret {
  return { ...clientOf(row), consumerSecret: openSecret(sealer, row.consumer_secret, consumerContext(row.id)) };
}

/** What the consumer secret of a client is bound to (SEC-01). */
export function consumerContext(clientId: string): string {
  return `clients.consumer_secret:${clientId}`;
}

/** Opens a stored secret; an empty one proves nothing and is refused (G5, OAU-01). */
export function openSecret(sealer: Sealer, sealed: string, context: string): string {
  const secret = sealer.open(sealed, context);
  if (secret.trim() === '') throw new Failure('internal', 'A stored secret is empty.', { detail: context });
  return secret;
}

/** The columns that an administrator decides. Throws `invalid`. */
export function columnsOf(name: string, options: ClientOptions) {
  return {
    name: parseLabel(name, 'The name of an app'),
    callback: options.callback === undefined ? null : checkCallback(options.callback),
    first_party: options.firstParty ?? false,
    delegated: options.delegated ?? false,
    forbidden_as_400: options.forbiddenAs400 ?? false,
    public_key: options.publicKey === undefined ? null : checkPublicKey(options.publicKey),
  };
}

/** A pair that an app has already: a key that signatures can name, a secret that can prove something. Throws `invalid`. */
export function checkPair(pair: NonNullable<ClientOptions['pair']>): NonNullable<ClientOptions['pair']> {
  if (!/^[A-Za-z0-9._~-]{1,128}$/.test(pair.key)) {
    throw invalid('The consumer key must be 1 to 128 letters, digits, dots, dashes, underlines or tildes.');
  }
  if (!/^[\x21-\x7e]{1,400}$/.test(pair.secret)) {
    throw invalid('The consumer secret must be 1 to 400 visible ASCII characters, on standard input.');
  }
  return pair;
}

/**
 * Checks a callback: the person's browser is sent there with the verifier, so it must be a plain web address (OAU-17).
 */
function checkCallback(text: string): string {
  if (isPlainAddress(text)) return text;
  throw invalid('The callback must be an absolute http or https address without user name or fragment.');
}

/** RSA keys only: that is what RSA-SHA1 and RSA-SHA256 verify with. A private key would be readable by whoever reads the database. */
function checkPublicKey(pem: string): string {
  const text = pem.trim();
  if (!text.includes('PRIVATE KEY') && isRsaKey(text)) return `${text}\n`;
  throw invalid('The public key must be an RSA public key of at least 2048 bits in PEM form.');
}

function isRsaKey(pem: string): boolean {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048;
  } catch {
    return false;
  }
}
