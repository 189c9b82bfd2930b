import { keepName, Failure, notFound } from '../../../kernel/index.js';
import { refusal, type ChangeReason } from '../../../files/index.js';
import { SAID_ALIKE, trouble, type Refusal } from '../../peer-call/foreign-answers.js';

/** The sentences that the storage API prescribes (stacksync-api-v2.md 4, 5); other texts go to the log only. */
const KNOWN: ReadonlyMap<string, ChangeReason> = new Map([
  ['This name is already used in the same folder. Please use a different one.', 'name-taken'],
  ['Folder already exists.', 'folder-exists'],
  ['Invalid file name.', 'bad-name'],
  ['Folder name not set.', 'no-name'],
  ['Parent not found.', 'parent-missing'],
  ['Incorrect parent.', 'parent-wrong'],
  ['Parent is deleted.', 'parent-deleted'],
  ['Parent must be a folder, not a file.', 'parent-is-file'],
  ['A folder cannot be moved into itself.', 'into-itself'],
  ['Upload exceeds quota.', 'over-quota'],
]);

const SAME: typeof SAID_ALIKE = {
  ...SAID_ALIKE,
  422: ['unprocessable', 'This Idempotency-Key was used with another content.'],
  507: ['full', 'The other cloud has no room left.'],
};

/**
 * Turns a peer's refusal into ours (cloudspaces-interop.md 10.3). Its 401 is handled before. The result is never a 401,
 * and a 403 only for a write.
 */
export function failureOf(answer: Refusal, intent: 'read' | 'write'): Failure {
  const { status } = answer;
  const detail = `the other cloud answered ${String(status)}: ${keepName(answer.text)}`;
  const reason = KNOWN.get(answer.text.trim());
  if (status === 404 || status === 405)
    return reason === undefined ? notFound() : refusal(reason, { code: 'not-found' });
  if (status === 403)
    return intent === 'write' ? new Failure('forbidden', 'This share does not allow it.', { detail }) : notFound();
  if (status === 416) return unsatisfiable(answer, detail);
  const [code, message] = SAME[status] ?? [];
  if (code === undefined || message === undefined) return trouble(answer, detail);
  if (reason === undefined) return new Failure(code, message, { detail });
  return refusal(reason, { code: reason === 'over-quota' ? 'quota' : code, detail });
}

function unsatisfiable({ headers }: Refusal, detail: string): Failure {
  const size = /^bytes \*\/(\d{1,15})$/.exec(String(headers['content-range'] ?? ''))?.[1];
  const facts = size === undefined ? {} : { size: Number(size) };
  return new Failure('range-not-satisfiable', 'The range lies outside the content.', { detail, facts });
}
