import { characterCount, invalid } from '../kernel/index.js';

/** Longest values of fields, in characters. */
const LONGEST: Readonly<Record<string, number>> = { text: 2_000, subject: 500, location: 500, description: 2_000 };
const LONGEST_OTHER = 100;

// No database keeps NUL in a text, nor half of a surrogate pair.
const UNKEEPABLE = /\0|\p{Surrogate}/u;

/** Throws `invalid`, naming the first field that is too long, no text, or empty although it is among `required`. */
export function checkTexts(fields: object, required: readonly string[]): void {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'string') continue;
    const longest = LONGEST[name] ?? LONGEST_OTHER;
    if (characterCount(value) > longest) throw invalid(`${name} may have at most ${String(longest)} characters.`);
    if (UNKEEPABLE.test(value)) throw invalid(`${name} is not text.`);
    if (value === '' && required.includes(name)) throw invalid(`${name} is missing.`);
  }
}
