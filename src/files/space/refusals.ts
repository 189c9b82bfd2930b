import { Failure, type FailureCode, type FailureOptions, type FailureReason } from '../../kernel/index.js';

/** Why a file space refuses a change, for callers that treat some refusals differently. */
export type ChangeReason = Exclude<FailureReason, 'key-refused' | 'not-shared' | 'added-not-joined'>;

/** Sentences for people; each door words the same refusals for its own protocol. */
const WORDS: Readonly<Record<ChangeReason, readonly [FailureCode, string]>> = {
  'bad-name': ['invalid', 'Invalid file name.'],
  'no-name': ['invalid', 'Folder name not set.'],
  'name-taken': ['invalid', 'This name is already used in the same folder. Please use a different one.'],
  'folder-exists': ['invalid', 'Folder already exists.'],
  'parent-missing': ['not-found', 'Parent not found.'],
  'parent-deleted': ['invalid', 'Parent is deleted.'],
  'parent-wrong': ['invalid', 'Incorrect parent.'],
  'parent-is-file': ['invalid', 'Parent must be a folder, not a file.'],
  'into-itself': ['invalid', 'A folder cannot be moved into itself.'],
  'over-quota': ['quota', 'Upload exceeds quota.'],
};

/** The refusal for this reason. `code`: given when another cloud refused with a different code than ours. */
export function refusal(reason: ChangeReason, options: FailureOptions & { code?: FailureCode } = {}): Failure {
  const [usual, words] = WORDS[reason];
  const { code = usual, ...rest } = options;
  return new Failure(code, words, { ...rest, reason });
}
