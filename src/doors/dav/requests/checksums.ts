import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { IncomingHttpHeaders } from 'node:http';
import { invalid } from '../../../kernel/index.js';
import { heldBack } from '../../../platform/index.js';

/** A checksum that a client says of what it sends. */
export interface Checksum {
  readonly kind: 'MD5' | 'SHA1' | 'SHA256' | 'ADLER32';
  /** In small hexadecimal digits. */
  readonly hex: string;
}

const DIGITS = { MD5: 32, SHA1: 40, SHA256: 64, ADLER32: 8 } as const;

/** `OC-Checksum: SHA1:<hex>`; undefined for none, and for a kind that is not known here. Throws `invalid` for a broken one. */
export function readChecksum(text: string | string[] | undefined): Checksum | undefined {
  if (text === undefined) return undefined;
  const [, word = '', hex = ''] = /^\s*([A-Za-z0-9-]+):([0-9a-fA-F]*)\s*$/.exec(String(text)) ?? [];
  const kind = word.toUpperCase();
  if (word === '') throw invalid('OC-Checksum is malformed.');
  if (!isKind(kind)) return undefined;
  const digits = kind === 'ADLER32' ? hex.padStart(DIGITS.ADLER32, '0') : hex;
  if (hex === '' || digits.length !== DIGITS[kind]) throw invalid('OC-Checksum is malformed.');
  return { kind, hex: digits.toLowerCase() };
}

function isKind(word: string): word is Checksum['kind'] {
  return word in DIGITS;
}

/**
 * The SHA-256 in `Repr-Digest` or `Content-Digest` (RFC 9530), which are the same for an upload that is not in parts.
 */
export function readDigest(headers: IncomingHttpHeaders): Buffer | undefined {
  for (const header of [headers['repr-digest'], headers['content-digest']]) {
    for (const member of String(header ?? '').split(',')) {
      const [name = '', ...value] = member.split('=');
      if (name.trim().toLowerCase() !== 'sha-256') continue;
      const digest = /^:([A-Za-z0-9+/]{43}=):$/.exec(value.join('=').trim())?.[1];
      if (digest === undefined) throw invalid('The digest is malformed.');
      return Buffer.from(digest, 'base64');
    }
  }
  return undefined;
}

/** Hashes as they are kept, with one more, or with another one of its kind. */
export function withHash(hashes: string | undefined, hash: string): string {
  const [kind = ''] = hash.split(':', 1);
  const others = hashes?.split(' ').filter((each) => !each.startsWith(`${kind}:`)) ?? [];
  return [...others, hash].join(' ');
}

/** What an upload is held to while its bytes pass. */
export interface Promises {
  readonly checksum: Checksum | undefined;
  /** `X-Expected-Entity-Length`: some proxies cut such uploads to nothing (webdav.md 1.12). */
  readonly length: number | undefined;
}

/**
 * The same body, which ends only if it is what its sender promised, and breaks with `invalid` otherwise. Nothing is read before the
 * result is; the source is not destroyed, since the request still has to be answered.
 */
export function heldTo(body: Readable, promises: Promises): Readable {
  if (promises.checksum === undefined && promises.length === undefined) return body;
  const { checksum, length } = promises;
  const sum = checksum === undefined ? undefined : sumOf(checksum.kind);
  let size = 0;
  const see = (piece: Buffer): void => {
    size += piece.length;
    sum?.update(piece);
  };
  const prove = (): void => {
    if (length !== undefined && size !== length) {
      throw invalid(`The file has ${String(size)} bytes instead of the ${String(length)} announced.`);
    }
    if (sum !== undefined && sum.hex() !== checksum?.hex) throw invalid('The checksum does not match.');
  };
  const pieces = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  return Readable.from(heldBack(pieces, see, prove), { objectMode: false });
}

/** A checksum that is being computed. */
interface Sum {
  update(piece: Uint8Array): void;
  hex(): string;
}

function sumOf(kind: Checksum['kind']): Sum {
  if (kind === 'ADLER32') return new Adler32();
  const hash = createHash(kind.toLowerCase());
  return { update: (piece) => void hash.update(piece), hex: () => hash.digest('hex') };
}

/** Adler-32 (RFC 1950 8.2). */
class Adler32 implements Sum {
  #a = 1;
  #b = 0;

  update(piece: Uint8Array): void {
    let [a, b] = [this.#a, this.#b];
    // In slices that are short enough for both sums to stay below 2^32.
    for (let start = 0; start < piece.length; start += 3_800) {
      const end = Math.min(start + 3_800, piece.length);
      for (let at = start; at < end; at += 1) {
        a += piece[at] ?? 0;
        b += a;
      }
      a %= 65_521;
      b %= 65_521;
    }
    this.#a = a;
    this.#b = b;
  }

  hex(): string {
    return hexOf(this.#b * 65_536 + this.#a);
  }
}

/** An Adler-32 as checksums are written, eight digits. */
export function hexOf(adler32: number): string {
  return adler32.toString(16).padStart(DIGITS.ADLER32, '0');
}
