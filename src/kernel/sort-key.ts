import { wellFormed } from './text.js';

/** Longest name in a key, and longest form of it that is compared before, bytes of UTF-8. */
const MOST_BYTES = 255;

const PLAIN = /^[ -~]*$/;

/** Accents and other marks that go with any script, and what nobody sees. Vowel signs that belong to one script stay. */
const MARKS = /(?=\p{M})\p{Script=Inherited}|\p{Default_Ignorable_Code_Point}/gu;

/** Stands before every character that a name can have. */
const END = '\u0001';

/**
 * The key by which files and folders are sorted: folders first, then by letters without regard to case, accents and
 * width, numbers by their values (`file 2` before `file 10`), then by the exact names (ruling F-52). Compared by the
 * bytes of UTF-8 ({@link compareSortKeys}), on every database alike. For any text, at most 512 bytes; different names
 * of at most 255 bytes without control characters have different keys.
 */
export function sortKey(name: string, kind: 'file' | 'folder'): string {
  const isPlain = PLAIN.test(name);
  const text = short(isPlain ? name : wellFormed(name).replace(/\p{Cc}/gu, '\ufffd'));
  const letters = short(isPlain ? withNumbers(text.toLowerCase(), /[0-9]+/g) : folded(text));
  return (kind === 'folder' ? '0' : '1') + (letters === text ? letters : letters + END + text);
}

/** The order of {@link sortKey}s: that of their bytes, not of JavaScript's 16-bit units. */
export function compareSortKeys(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The beginning of a text that fits, cut between two code points; the result is never shown. */
function short(text: string): string {
  const bytes = Buffer.from(text);
  let end = Math.min(bytes.length, MOST_BYTES);
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end === bytes.length ? text : bytes.toString('utf8', 0, end);
}

function folded(text: string): string {
  // Upper case first: `ß` and `SS`, `ς` and `σ` are alike only there.
  const letters = text.normalize('NFKD').replace(MARKS, '').toUpperCase().toLowerCase();
  return withNumbers(letters, /\p{Nd}+/gu);
}

/** Writes numbers without leading zeros, after how many digits they have: of two numbers the longer one is greater. */
function withNumbers(text: string, numbers: RegExp): string {
  return text.replace(numbers, (run) => {
    const values = PLAIN.test(run) ? run : Array.from(run, valueOf).join('');
    const digits = values.replace(/^0+(?=\d)/, '');
    return String(digits.length).padStart(3, '0') + digits;
  });
}

/** The value of a digit of any script: each has its ten in one row, from zero. */
function valueOf(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (code - zero < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return code - zero;
}
