import type { Environment } from './setting-error.js';
import { SETTINGS } from './settings.js';

const OURS = /^FOOTBRIDGE_/;
/** Most differing letters with which a name is still suggested. */
const MOST_SLIPS = 3;

/**
 * A sentence for each name in the environment that begins like a setting and is none, which an operator has mistyped or
 * taken from another version: with the known name that comes closest. A warning and no refusal, for settings of a newer
 * version must not keep an older one from starting.
 */
export function unknownSettings(environment: Environment): string[] {
  const known: string[] = Object.values(SETTINGS).map(({ name }) => name);
  const unknown = Object.keys(environment).filter((name) => OURS.test(name) && !known.includes(name));
  return unknown.sort().map((name) => {
    const [closest] = known
      .map((candidate) => ({ candidate, slips: slipsBetween(name, candidate) }))
      .filter(({ slips }) => slips <= MOST_SLIPS)
      .sort((a, b) => a.slips - b.slips);
    const hint = closest === undefined ? 'See docs/settings.md.' : `Did you mean ${closest.candidate}?`;
    return `${name} is not a setting of this version and is ignored. ${hint}`;
  });
}

/** How many letters differ, are missing or are too many (Levenshtein). */
function slipsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, letter] of Array.from(one).entries()) {
    const next = [at + 1];
    for (let index = 0; index < other.length; index += 1) {
      const replaced = (row[index] ?? 0) + (letter === other[index] ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
