import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { Failure, type Random } from '../kernel/index.js';
import { systemRandom } from './system-random.js';

/** Encrypts secrets in the database, bound to the row and column where they are stored (threat model SEC-01). */
export interface Sealer {
  /** Encrypts `plain` for `context`, such as `peers.consumer_secret:<row id>`. Two seals of one text differ. */
  seal(plain: string, context: string): string;
  /** Decrypts; a value that was altered, moved to another context or sealed with another key throws `internal` (G5). */
  open(sealed: string, context: string): string;
  /** Keyed one-way digest (HMAC-SHA256, hex) under which a secret is looked up without being stored. */
  digest(secret: string, purpose: string): string;
  /** Derives a separate 32-byte key for another use, such as signing sessions. */
  derive(purpose: string): Buffer;
}

const VERSION = 'v1.';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A sealer over the secret key: AES-256-GCM with a fresh 96-bit nonce, sub-keys by HKDF-SHA256. */
export function createSealer(key: Buffer, random: Random = systemRandom): Sealer {
  const keys = new Map<string, Buffer>();
  const derive = (purpose: string): Buffer => {
    const known = keys.get(purpose) ?? Buffer.from(hkdfSync('sha256', key, '', `footbridge/${purpose}`, 32));
    keys.set(purpose, known);
    return known;
  };
  return {
    derive,
    seal: (plain, context) => encrypt(plain, context, derive('seal/v1'), random.bytes(NONCE_BYTES)),
    open: (sealed, context) => decrypt(sealed, context, derive('seal/v1')),
    digest: (secret, purpose) =>
      createHmac('sha256', derive(`digest/${purpose}`))
        .update(secret)
        .digest('hex'),
  };
}

function encrypt(plain: string, context: string, key: Buffer, nonce: Buffer): string {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const parts = [nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return VERSION + Buffer.concat(parts).toString('base64url');
}

function decrypt(sealed: string, context: string, key: Buffer): string {
  const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64url');
  if (!sealed.startsWith(VERSION) || bytes.length < NONCE_BYTES + TAG_BYTES) throw unopened(context);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const plain = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([plain, decipher.final()]).toString('utf8');
  } catch (cause) {
    throw unopened(context, cause);
  }
}

function unopened(context: string, cause?: unknown): Failure {
  return new Failure('internal', 'A stored secret cannot be read.', { detail: `sealed value of ${context}`, cause });
}

const CANARY = 'footbridge';
const CANARY_CONTEXT = 'canary';

/**
 * The sealed canary: a known text whose sealed form the database keeps, so that a lost or different key is noticed at
 * start and on every replica (SEC-03). Answers the value to store; throws when `existing` was sealed with another key.
 */
export function checkCanary(existing: string | undefined, sealer: Sealer): string {
  if (existing === undefined) return sealer.seal(CANARY, CANARY_CONTEXT);
  if (opensTo(existing, sealer) === CANARY) return existing;
  throw new Failure(
    'internal',
    'The secret key is not the one that this database was sealed with. ' +
      'Put back the secret.key file of this data folder, or set FOOTBRIDGE_SECRET_KEY to the key that was used before.',
  );
}

function opensTo(sealed: string, sealer: Sealer): string | undefined {
  try {
    return sealer.open(sealed, CANARY_CONTEXT);
  } catch {
    return undefined;
  }
}

export { loadSecretKey, parseSecretKey, type SecretKeyOptions } from './sealing-key.js';
