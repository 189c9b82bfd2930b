import { createPublicKey } from 'node:crypto';
import { displayText, Failure, invalid } from '../kernel/index.js';
import type { Sealer } from '../platform/index.js';
import { isPlainAddress } from './callback.js';
import type { Client, ClientOptions, ClientWithSecret } from './client.js';

/** A row of `clients`. */
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

/** The client of a row. */
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

/** The client of a row with its secret. */
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
  if (secret === '') throw new Failure('internal', 'A stored secret is empty.', { detail: context });
  return secret;
}

/** The columns that an administrator decides. Throws `invalid`. */
export function columnsOf(name: string, options: ClientOptions) {
  return {
    name: checkName(name),
    callback: options.callback === undefined ? null : checkCallback(options.callback),
    first_party: options.firstParty ?? false,
    delegated: options.delegated ?? false,
    forbidden_as_400: options.forbiddenAs400 ?? false,
    public_key: options.publicKey === undefined ? null : checkPublicKey(options.publicKey),
  };
}

const LONGEST_NAME = 100;

function checkName(text: string): string {
  const name = displayText(text.normalize('NFC'), LONGEST_NAME + 1);
  if (name === '' || name.length > LONGEST_NAME) throw invalid('The name of an app has 1 to 100 characters.');
  return name;
}

/** The person's browser is sent there with the verifier, so nothing but a plain web address will do (OAU-17). */
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
