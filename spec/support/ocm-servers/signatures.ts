import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';

/**
 * Signatures of the draft and of RFC 9421, as Nextcloud and the newest text make them (open-cloud-mesh.md 10). Written
 * from the contract without any code of ours, so that what it accepts, another program accepts too.
 */

/** A message on its way, as far as it is signed. */
export interface SignedMessage {
  readonly method: string;
  /** `HOST:PORT` */
  readonly host: string;
  readonly path: string;
  /** Plain http unless said. */
  readonly scheme?: 'http' | 'https';
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** The keys of one server: RSA for the draft, Ed25519 for the RFC. */
export interface ServerKeys {
  readonly rsa: KeyObject;
  readonly ed: KeyObject;
}

export function makeKeys(): ServerKeys {
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return { rsa, ed: generateKeyPairSync('ed25519').privateKey };
}

/** Even over plain http (seen of Nextcloud). */
export function draftKeyId(host: string): string {
  return `https://${host}/ocm#signature`;
}

/** What stands in a discovery document. */
export function publishedRsa({ rsa }: ServerKeys, host: string): object {
  const publicKeyPem = createPublicKey(rsa).export({ type: 'spki', format: 'pem' });
  return { keyId: draftKeyId(host), publicKeyPem };
}

/** What stands at the address of the key set. */
export function publishedSet({ ed }: ServerKeys, host: string): object {
  const jwk = createPublicKey(ed).export({ format: 'jwk' });
  return { keys: [{ ...jwk, kid: `${host}#key1`, alg: 'EdDSA', use: 'sig' }] };
}

const DRAFT_ORDER = ['(request-target)', 'content-length', 'date', 'digest', 'host'];

/** Headers that sign by the draft. `now`: milliseconds. */
export function draftHeaders(message: SignedMessage, { rsa }: ServerKeys, from: string, now: number): MoreHeaders {
  const digest = `SHA-512=${hashOf('sha512', message.body)}`;
  const date = new Date(now).toUTCString();
  const headers = { 'content-length': String(message.body.length), date, digest, host: message.host };
  const base = draftBase({ ...message, headers }, DRAFT_ORDER) ?? '';
  const octets = sign('RSA-SHA512', Buffer.from(base), { key: rsa, padding: constants.RSA_PKCS1_PADDING });
  const names = DRAFT_ORDER.join(' ');
  const signature = `keyId="${draftKeyId(from)}",algorithm="rsa-sha512",headers="${names}",signature="${octets.toString('base64')}"`;
  return { date, digest, signature };
}

type MoreHeaders = Readonly<Record<string, string>>;

function draftBase({ method, path, headers }: SignedMessage, names: readonly string[]): string | undefined {
  const lines = names.map((name) => {
    if (name === '(request-target)') return `${name}: ${method.toLowerCase()} ${path}`;
    const value = headers[name];
    return typeof value === 'string' ? `${name}: ${value}` : undefined;
  });
  return lines.includes(undefined) ? undefined : lines.join('\n');
}

/** The parts of a draft signature; undefined when there is none. */
export function draftParts(message: SignedMessage): ReadonlyMap<string, string> | undefined {
  const header = message.headers['signature'];
  if (typeof header !== 'string' || message.headers['signature-input'] !== undefined) return undefined;
  // On one line, without blanks after the commas: Nextcloud cuts at them (open-cloud-mesh.md 10.3).
  return new Map(
    header.split(',').map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at), part.slice(at + 1).replace(/^"|"$/g, '')];
    }),
  );
}

/** Why a message by the draft is not taken (seen of Nextcloud); undefined when it is. */
export function draftFault(message: SignedMessage, published: Published | undefined, now: number): string | undefined {
  const parts = draftParts(message);
  if (parts === undefined) return 'unsigned';
  if (published === undefined || parts.get('keyId') !== published.keyId) return 'another key id';
  const names = (parts.get('headers') ?? '').split(' ');
  if (names[0] !== '(request-target)') return 'no request target';
  if (!DRAFT_ORDER.every((name) => names.includes(name))) return 'too little is signed';
  const { headers, body } = message;
  const [kind = '', ...rest] = String(headers['digest']).split('=');
  const hash = kind === 'SHA-512' ? 'sha512' : kind === 'SHA-256' ? 'sha256' : undefined;
  if (hash === undefined || hashOf(hash, body) !== rest.join('=')) return 'another digest';
  if (Date.parse(String(headers['date'])) < now - 300_000) return 'too old';
  if (headers['content-length'] !== String(body.length)) return 'another length';
  const base = draftBase(message, names) ?? '';
  const algorithm = parts.get('algorithm') === 'rsa-sha512' ? 'RSA-SHA512' : 'RSA-SHA256';
  const octets = Buffer.from(parts.get('signature') ?? '', 'base64');
  const key = { key: createPublicKey(published.publicKeyPem), padding: constants.RSA_PKCS1_PADDING };
  return verify(algorithm, Buffer.from(base), key, octets) ? undefined : 'another signature';
}

/** A key of the draft, as a discovery document holds it. */
export interface Published {
  readonly keyId: string;
  readonly publicKeyPem: string;
}

const COVERED = ['@method', '@target-uri', 'content-digest', 'content-length', 'date'];
const LEAST = COVERED.slice(0, 4);

/** Headers that sign as RFC 9421 has it, in the manner of the newest text (open-cloud-mesh.md 10.2). */
export function messageHeaders(message: SignedMessage, { ed }: ServerKeys, from: string, now: number): MoreHeaders {
  const date = new Date(now).toUTCString();
  const digest = `sha-256=:${hashOf('sha256', message.body)}:`;
  const headers = { 'content-length': String(message.body.length), date, 'content-digest': digest };
  const created = String(Math.floor(now / 1_000));
  const covered = COVERED.map((name) => `"${name}"`).join(' ');
  const params = `(${covered});created=${created};keyid="${from}#key1";alg="ed25519";tag="ocm"`;
  const base = messageBase({ ...message, headers }, COVERED, params) ?? '';
  const octets = sign(null, Buffer.from(base), ed).toString('base64');
  return {
    date,
    'content-digest': digest,
    'signature-input': `ocm=${params}`,
    signature: `ocm=:${octets}:`,
  };
}

function messageBase(message: SignedMessage, names: readonly string[], params: string): string | undefined {
  const lines = names.map((name) => {
    if (name === '@method') return `"${name}": ${message.method}`;
    if (name === '@target-uri') return `"${name}": ${message.scheme ?? 'http'}://${message.host}${message.path}`;
    const value = message.headers[name];
    return typeof value === 'string' ? `"${name}": ${value}` : undefined;
  });
  return lines.includes(undefined) ? undefined : [...lines, `"@signature-params": ${params}`].join('\n');
}

/** The one signature of a message that is marked as of this protocol: by its tag, else by its label. */
function marked(message: SignedMessage): { label: string; params: string; names: string[] } | undefined {
  const input = message.headers['signature-input'];
  if (typeof input !== 'string') return undefined;
  const [label = '', ...rest] = input.split('=');
  const params = rest.join('=');
  if (label !== 'ocm' && !params.includes(';tag="ocm"')) return undefined;
  const inner = params.slice(1, params.indexOf(')'));
  return { label, params, names: inner.split(' ').map((name) => name.replaceAll('"', '')) };
}

/** Which key a message names; undefined when it is not signed in this manner. */
export function messageKeyId(message: SignedMessage): string | undefined {
  const found = marked(message);
  return found && /;keyid="([^"]*)"/.exec(found.params)?.[1];
}

/** Why a message that is signed as RFC 9421 has it is not taken; undefined when it is. `keys`: those of its signer. */
export function messageFault(
  message: SignedMessage,
  keys: readonly PublishedKeyOfSet[],
  now: number,
): string | undefined {
  const found = marked(message);
  if (found === undefined) return 'unsigned';
  const { label, params, names } = found;
  const jwk = keys.find(({ kid }) => kid === messageKeyId(message));
  if (jwk === undefined) return 'unknown key';
  if (!LEAST.every((name) => names.includes(name))) return 'too little is signed';
  const created = Number(/;created=(\d+)/.exec(params)?.[1]) * 1_000;
  if (!(created > now - 300_000 && created < now + 60_000)) return 'not of now';
  if (!isDigest(message)) return 'another digest';
  const octets = new RegExp(`(?:^|, )${label}=:([^:]*):`).exec(String(message.headers['signature']))?.[1] ?? '';
  const base = messageBase(message, names, params) ?? '';
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return verify(null, Buffer.from(base), key, Buffer.from(octets, 'base64')) ? undefined : 'another signature';
}

/** All digests that are known fit, and one is known. */
function isDigest({ headers, body }: SignedMessage): boolean {
  const digests = [...String(headers['content-digest']).matchAll(/sha-(256|512)=:([^:]*):/g)];
  return digests.length > 0 && digests.every(([, bits = '', value]) => hashOf(`sha${bits}`, body) === value);
}

function hashOf(name: string, body: Buffer): string {
  return createHash(name).update(body).digest('base64');
}

/** A key of a set. */
export type PublishedKeyOfSet = JsonWebKey & { readonly kid: string };
