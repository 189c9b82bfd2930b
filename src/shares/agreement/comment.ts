import { characterCount, invalid, keepText } from '../../kernel/index.js';

/** Longest comment that is sent with an invitation, in characters. */
export const LONGEST_COMMENT = 1_000;

/** Reads the comment that is sent with an invitation, with its line breaks. Throws `invalid` when it is too long. */
export function parseComment(text: string): string {
  const comment = keepText(text, Infinity);
  if (characterCount(comment) <= LONGEST_COMMENT) return comment;
  throw invalid(`The message may have at most ${String(LONGEST_COMMENT)} characters.`);
}
