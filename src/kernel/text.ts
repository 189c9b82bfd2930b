import { invalid } from './failure.js';

/** How much of a text may be kept. */
export interface TextBounds {
  /** Code points, as databases and the storage API count them. */
  readonly characters?: number;
  /** Bytes of UTF-8. */
  readonly bytes?: number;
}

const CLUSTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The longest beginning of a text within the bounds that ends between two characters as readers see them (grapheme
 * clusters, UAX 29): no emoji, flag, letter with its marks or syllable is cut in two. The one place where people's text
 * is cut (ruling F-30).
 */
export function cutText(text: string, { characters = Infinity, bytes = Infinity }: TextBounds): string {
  if (characterCount(text) <= characters && Buffer.byteLength(text) <= bytes) return text;
  const end = endWithin(text, characters, bytes);
  // Only the cluster at the end is looked for: finding all of a long text's takes a tenth of a second (F-60).
  return text.slice(0, CLUSTERS.segment(text).containing(end)?.index ?? end);
}

/** The index of the first code point beyond the bounds. */
function endWithin(text: string, characters: number, bytes: number): number {
  let [points, size, index] = [0, 0, 0];
  for (const point of text) {
    points += 1;
    size += Buffer.byteLength(point);
    if (points > characters || size > bytes) return index;
    index += point.length;
  }
  return index;
}

/**
 * `stem` and `ending`, or the first of `stem (2)ending`, `stem (3)ending`, … that `taken` does not hold. The stem is
 * cut where a number would not fit within the bounds.
 */
export function freeText(stem: string, ending: string, taken: (text: string) => boolean, bounds: TextBounds): string {
  if (!taken(stem + ending)) return stem + ending;
  for (let number = 2; ; number += 1) {
    const suffix = ` (${String(number)})${ending}`;
    const candidate = cutText(stem, without(bounds, suffix)) + suffix;
    if (!taken(candidate)) return candidate;
  }
}

function without({ characters = Infinity, bytes = Infinity }: TextBounds, text: string): TextBounds {
  return { characters: characters - characterCount(text), bytes: bytes - Buffer.byteLength(text) };
}

/** The length of a text in code points: what every limit that counts characters counts. */
export function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Longest name of a person, an app or a cloud, in code points. */
export const LONGEST_LABEL = 100;

/** Matches a visible character, of which every name needs at least one. */
const VISIBLE = /[^\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

/** True when a text shows something when it is written down: not only blanks and marks that nobody sees. */
export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}

/** Marks that nobody sees and no script needs: all but joiners, variation selectors and the tags of flags. */
const NEEDLESS =
  /(?!\p{Join_Control}|\p{Variation_Selector}|[\u{e0020}-\u{e007f}])[\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * The name of a person, an app or a cloud, by which people decide whom they trust: {@link keepName} without direction
 * marks and other invisible ones (threat model PRO-08). At most `most` code points.
 */
export function keepLabel(text: string, most = LONGEST_LABEL): string {
  return keepName(text.replace(NEEDLESS, ''), most);
}

/** Reads the name of a person, an app or a cloud as {@link keepLabel} does. Throws `invalid`, beginning with `what`. */
export function parseLabel(text: string, what: string): string {
  const name = keepLabel(text, Infinity);
  if (isVisible(name) && characterCount(name) <= LONGEST_LABEL) return name;
  throw invalid(`${what} has 1 to ${String(LONGEST_LABEL)} characters.`);
}

/** Text without the byte order mark that some editors and shells put in front (ruling F-44). */
export function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Text that UTF-8 can hold: halves of surrogate pairs, which stand alone, become U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/**
 * What a person wrote, as it is kept and shown as content: joiners, variation selectors and line breaks stay, other
 * control characters become blanks (ruling F-31). At most `most` code points.
 */
export function keepText(text: string, most: number): string {
  const plain = wellFormed(text)
    .replace(/\r\n?/g, '\n')
    .replace(/(?![\n\t])\p{Cc}/gu, ' ');
  return cutText(plain.trim(), { characters: most });
}

/**
 * The name of a person, an app or a cloud as somebody claims it, on one line and in NFC: what would break the
 * line or is a control character becomes one blank, so that no two words are joined. At most `most` code points. Show it
 * with {@link showName}.
 */
export function keepName(text: string, most = 200): string {
  const line = wellFormed(text)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .normalize('NFC');
  return cutText(line.trim(), { characters: most }).trimEnd();
}

/** A text without the repeats of one character at its end, in time that grows with its length alone (ruling F-66). */
export function withoutTrailing(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end -= 1;
  return text.slice(0, end);
}
