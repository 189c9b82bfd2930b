import type { Random } from '../../kernel/index.js';

/** Crockford's base32: no letters that look like digits or like each other. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 10;

/** A one-time code of ten characters, 50 bits (cloudspaces-interop.md 14), which people read to each other. */
export function makeJoinCode(random: Random): string {
  return [...random.bytes(LENGTH)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
}

/** A code as it is shown: `7KQ2M-XW4ZT`. */
export function showJoinCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`;
}

/** What somebody typed, in any case, with blanks and hyphens, O for 0, I or L for 1; undefined when it cannot be a code. */
export function readJoinCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  return /^[0-9A-HJKMNP-TV-Z]{10}$/.test(code) ? code : undefined;
}
