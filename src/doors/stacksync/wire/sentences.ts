import type { Failure, FailureReason } from '../../../kernel/index.js';

/*
 * The sentences that clients of the storage API compare byte by byte (stacksync-api-v2.md 4 to 6). They change for nobody;
 * what people read on pages says the same in words of its own.
 */

/** By the reason of a refusal. The first one ends in a blank, as in the old server. */
export const SENTENCES = {
  'name-taken': 'This name is already used in the same folder. Please use a different one. ',
  'folder-exists': 'Folder already exists.',
  'bad-name': 'Invalid file name.',
  'no-name': 'Folder name not set.',
  'parent-missing': 'Parent not found.',
  'parent-deleted': 'Parent is deleted.',
  'parent-wrong': 'Incorrect parent.',
  'parent-is-file': 'Parent must be a folder, not a file.',
  'into-itself': 'A folder cannot be moved into itself.',
  'over-quota': 'Upload exceeds quota.',
  'not-shared': 'This workspace is not shared.',
} as const satisfies Readonly<Partial<Record<FailureReason, string>>>;

/** A name that no folder can have. */
export const BAD_FOLDER_NAME = 'Invalid folder name.';
/** Sic: a file's call with the id of a folder, or the other way round. */
export const WRONG_KIND = 'Type missmatch (file and folder)';
/** Sharing what is no folder, or not the asker's to know. */
export const NO_FOLDER = 'No folder found with the given ID.';
/** Sharing with an empty list. */
export const NO_ADDRESSEE = 'No addressee found.';
/** Sharing, or its end, with a list of which nobody is left. */
export const NOBODY_LEFT = 'No addressees found';
/** Ending shares with an empty list. */
export const NO_ADDRESS = 'Any email to share folder';

/** What the storage API says of a refusal. */
export function sentenceOf({ reason, message }: Failure): string {
  const sentences: Readonly<Partial<Record<FailureReason, string>>> = SENTENCES;
  return (reason === undefined ? undefined : sentences[reason]) ?? message;
}
