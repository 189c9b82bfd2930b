import { hash } from 'node:crypto';
import { BrokenSignature } from './claim.js';
import { octetsOf, readDictionary } from './structured-fields.js';

/** The hashes that prove a body, by the names of RFC 9530 in lower case; the draft spells them in capitals. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['sha-256', 'sha256'],
  ['sha-512', 'sha512'],
]);

function digest(algorithm: string, body: Uint8Array): Buffer {
  return hash(algorithm, body, 'buffer');
}

/** The `Content-Digest` of a body (RFC 9530 2), with SHA-256. */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${digest('sha256', body).toString('base64')}:`;
}

/** The older `Digest` of a body as Nextcloud writes it (open-cloud-mesh.md 10.3), with SHA-512. */
export function legacyDigest(body: Uint8Array): string {
  return `SHA-512=${digest('sha512', body).toString('base64')}`;
}

/**
 * Checks a body against `Content-Digest`: every digest that we know must match, and one must be known (open-cloud-mesh.md
 * 10.2). Throws {@link BrokenSignature}.
 */
export function checkContentDigest(lines: readonly string[], body: Uint8Array): void {
  const named = [...readDictionary('content-digest', lines)].map(([name, member]) => [name, octetsOf(member)] as const);
  checkDigests(named, body);
}

const LEGACY_DIGEST = /^([A-Za-z0-9-]{1,20})=([A-Za-z0-9+/]{1,128}={0,2})$/;

/** Checks a body against the older `Digest` in the same way. Throws {@link BrokenSignature}. */
export function checkLegacyDigest(line: string, body: Uint8Array): void {
  const named = line.split(',').map((part) => {
    const [, name = '', value = ''] = LEGACY_DIGEST.exec(part.trim()) ?? [];
    if (name === '') throw new BrokenSignature('digest is malformed');
    return [name.toLowerCase(), Buffer.from(value, 'base64')] as const;
  });
  checkDigests(named, body);
}

type NamedDigest = readonly [name: string, octets: Buffer | undefined];

function checkDigests(named: readonly NamedDigest[], body: Uint8Array): void {
  let known = 0;
  for (const [name, octets] of named) {
    const algorithm = HASHES.get(name);
    if (algorithm === undefined) continue;
    known += 1;
    // Digests are not secret, so that this need not take constant time.
    if (octets?.equals(digest(algorithm, body)) !== true)
      throw new BrokenSignature(`the ${name} digest does not match`);
  }
  if (known === 0) throw new BrokenSignature('no digest that we know');
}
