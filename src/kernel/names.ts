import { invalid } from './failure.js';
import { cutText, freeText, isVisible, wellFormed } from './text.js';

/** Longest name of a file or folder, in bytes of UTF-8 (threat model PTH-03, ruling F-33). */
export const MAX_NAME_BYTES = 255;

/** Deepest tree we keep (threat model PTH-03). */
export const MAX_DEPTH = 64;

/** Longest path we keep, in bytes (threat model PTH-03). */
export const MAX_PATH_BYTES = 4096;

// C0, DEL, C1, the separators, and surrogates without a partner (PTH-01).
const FORBIDDEN = /[\p{Cc}\p{Surrogate}/\\]/u;

/**
 * Checks the name of a file or folder and answers its NFC form (threat model PTH-01, PTH-03, PTH-04): NFC and NFD
 * twins are one name, case twins stay two. Throws `invalid` with `message`.
 */
export function parseName(text: string, message = 'Invalid file name.'): string {
  const name = text.normalize('NFC');
  const bad =
    name === '' || name === '.' || name === '..' || FORBIDDEN.test(name) || Buffer.byteLength(name) > MAX_NAME_BYTES;
  if (bad) throw invalid(message);
  return name;
}

/** Longest extension that a number is put before; what follows a dot further ahead is no extension. */
const LONGEST_EXTENSION = 32;

/**
 * A name for `wanted` that `taken` does not hold yet: a clash gets a number before the extension
 * (`Plans`, `Plans (2)`; product.md, step 7). At most {@link MAX_NAME_BYTES} long.
 */
export function freeName(wanted: string, taken: (name: string) => boolean): string {
  return freeText(...partsOf(wanted), taken, { bytes: MAX_NAME_BYTES });
}

/** Bytes reserved for the greatest number that {@link freeName} can add. */
const LONGEST_NUMBER = ' (9007199254740991)'.length;

/** What `wanted` and every name that {@link freeName} makes of it begin with: only such names can clash with them. */
export function clashPrefix(wanted: string): string {
  const [stem, extension] = partsOf(wanted);
  return cutText(stem, { bytes: MAX_NAME_BYTES - LONGEST_NUMBER - Buffer.byteLength(extension) });
}

/** A name before and from the dot of its extension. */
function partsOf(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf('.');
  const isExtension = dot > 0 && Buffer.byteLength(name.slice(dot)) <= LONGEST_EXTENSION;
  return isExtension ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
}

/**
 * The name of a file or folder as another cloud or its owner claims it, to be shown with {@link showName}: blanks at its
 * ends belong to it, control characters become blanks, and it has at most {@link MAX_NAME_BYTES}.
 */
export function keepItemName(text: string): string {
  const plain = wellFormed(text)
    .replace(/\p{Cc}+/gu, ' ')
    .normalize('NFC');
  return cutText(plain, { bytes: MAX_NAME_BYTES });
}

/**
 * Makes a received name acceptable to {@link parseName}: separators become `_`, control characters become blanks, marks
 * that change the reading direction are removed, and the length is cut. An invisible name becomes `fallback`.
 */
export function tameName(text: string, fallback: string): string {
  const plain = text.replace(/[/\\\p{Surrogate}]/gu, '_').replace(/\p{Bidi_Control}/gu, '');
  const name = keepItemName(plain);
  return name === '.' || name === '..' || !isVisible(name) ? fallback : name;
}

/**
 * The name under which a file is saved on a person's machine: separators, control characters and marks that change the
 * reading direction become `_`, so that its extension is the one that is shown (ruling F-32).
 */
export function saveName(name: string): string {
  return name.replace(/[/\\\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\p{Bidi_Control}]/gu, '_');
}
