import { displayText, Failure, notFound, type FailureCode } from '../../../kernel/index.js';
import { FOLDER_EXISTS, NAME_TAKEN } from '../../../files/index.js';

/** What came back when the other cloud said no. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** The start of its body. */
  readonly text: string;
}

/** Sentences of the storage API that its clients know; anything else a peer says stays in the log. */
const KNOWN = new Map(
  [
    NAME_TAKEN,
    FOLDER_EXISTS,
    'Invalid file name.',
    'Folder name not set.',
    'Parent not found.',
    'Incorrect parent.',
    'Parent is deleted.',
    'Parent must be a folder, not a file.',
    'A folder cannot be moved into itself.',
    'Upload exceeds quota.',
  ].map((sentence) => [sentence.trim(), sentence]),
);

const SAME: Readonly<Record<number, readonly [FailureCode, string]>> = {
  400: ['invalid', 'The other cloud refused the request.'],
  409: ['conflict', 'The other cloud says that this does not fit its state.'],
  412: ['precondition-failed', 'It has changed in the meantime.'],
  413: ['too-large', 'This is too large for the other cloud.'],
};

/**
 * Turns a peer's refusal into ours (cloudspaces-interop.md 10.3). Its 401 is judged elsewhere. Nothing a peer says
 * becomes a 401 here, and a 403 only answers a write.
 */
export function failureOf(refusal: Refusal, intent: 'read' | 'write'): Failure {
  const { status } = refusal;
  const detail = `the other cloud answered ${String(status)}: ${displayText(refusal.text)}`;
  if (status === 404 || status === 405) return notFound(KNOWN.get(refusal.text.trim()));
  if (status === 403)
    return intent === 'write' ? new Failure('forbidden', 'This share does not allow it.', { detail }) : notFound();
  if (status === 416) return unsatisfiable(refusal, detail);
  const [code, message] = SAME[status] ?? [];
  if (code === undefined || message === undefined) return trouble(refusal, detail);
  const sentence = KNOWN.get(refusal.text.trim());
  return new Failure(sentence === 'Upload exceeds quota.' ? 'quota' : code, sentence ?? message, { detail });
}

function unsatisfiable({ headers }: Refusal, detail: string): Failure {
  const size = /^bytes \*\/(\d{1,15})$/.exec(String(headers['content-range'] ?? ''))?.[1];
  const facts = size === undefined ? {} : { size: Number(size) };
  return new Failure('range-not-satisfiable', 'The range lies outside the content.', { detail, facts });
}

/** Redirects, too many requests, errors and junk. */
export function trouble({ headers }: Pick<Refusal, 'headers'>, detail: string): Failure {
  const seconds = /^\d{1,4}$/.exec(String(headers['retry-after'] ?? ''))?.[0];
  return new Failure('peer-failed', 'The other cloud answered in a way that cannot be used.', {
    detail,
    retryAfter: seconds === undefined ? undefined : Math.min(Number(seconds), 3600),
  });
}
