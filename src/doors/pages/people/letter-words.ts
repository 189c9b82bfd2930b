import type { LetterKind } from '../../../mail/index.js';

/** When a letter of a kind is written, as people are asked whether they want it. */
export const LETTER_WORDS: Readonly<Record<LetterKind, string>> = {
  arrivals: 'a folder that somebody shares with you is among your files',
  changes: 'an owner changes what you can do in a folder',
  endings: 'a folder is no longer shared between you and somebody',
  answers: 'somebody accepts or declines what you share',
  troubles: 'something that you share does not reach somebody',
};
