import { invalid } from './failure.js';

/** Longest name the storage API knows (stacksync-api-v2.md 2), in UTF-16 code units. */
const MAX_CHARACTERS = 100;
const MAX_BYTES = 255;

/** Deepest tree we keep (threat model PTH-03). */
export const MAX_DEPTH = 64;

/** Longest path we keep, in bytes (threat model PTH-03). */
export const MAX_PATH_BYTES = 4096;

// C0, DEL, C1, the separators, and surrogates without a partner (PTH-01).
const FORBIDDEN =
  // eslint-disable-next-line no-control-regex -- control characters are what this refuses
  /[\u0000-\u001f\u007f-\u009f/\\]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * Checks the name of a file or folder and answers its NFC form (threat model PTH-01, PTH-03, PTH-04): NFC and NFD
 * twins are one name, case twins stay two. Throws `invalid` with `message`.
 */
export function parseName(text: string, message = 'Invalid file name.'): string {
  const name = text.normalize('NFC');
  const bad =
    name === '' ||
    name === '.' ||
    name === '..' ||
    FORBIDDEN.test(name) ||
    name.length > MAX_CHARACTERS ||
    Buffer.byteLength(name) > MAX_BYTES;
  if (bad) throw invalid(message);
  return name;
}

/**
 * A name for `wanted` that `taken` does not hold yet: a clash gets a number before the extension
 * (`Plans`, `Plans (2)`; product.md step 7).
 */
export function freeName(wanted: string, taken: (name: string) => boolean): string {
  if (!taken(wanted)) return wanted;
  const dot = wanted.lastIndexOf('.');
  const stem = dot > 0 ? wanted.slice(0, dot) : wanted;
  const extension = dot > 0 ? wanted.slice(dot) : '';
  for (let number = 2; ; number += 1) {
    const suffix = ` (${String(number)})${extension}`;
    const candidate = clip(stem, MAX_CHARACTERS - suffix.length) + suffix;
    if (!taken(candidate)) return candidate;
  }
}

/** Makes a name that a stranger sent fit {@link parseName}: forbidden characters become `_`, length is cut. */
export function tameName(text: string, fallback: string): string {
  const cleaned = stripInvisible(text).replace(new RegExp(FORBIDDEN, 'g'), '_').normalize('NFC').trim();
  let name = clip(cleaned, MAX_CHARACTERS);
  while (Buffer.byteLength(name) > MAX_BYTES) name = clip(name, name.length - 1);
  return name === '' || name === '.' || name === '..' ? fallback : name;
}

/**
 * Text that a peer or a person claims, made safe to show: control, bidirectional and other invisible formatting
 * characters removed (threat model PRO-08), cut to `max` characters.
 */
export function displayText(text: string, max = 200): string {
  return clip(stripInvisible(text).trim(), max);
}

function stripInvisible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/gu, '');
}

function clip(text: string, length: number): string {
  const cut = text.slice(0, Math.max(0, length));
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}
