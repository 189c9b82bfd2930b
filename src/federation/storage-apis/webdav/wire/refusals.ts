import { refusal } from '../../../../files/index.js';
import { Failure, keepName, notFound } from '../../../../kernel/index.js';
import { SAID_ALIKE, trouble, type Refusal } from '../../../peer-call/foreign-answers.js';

/**
 * Turns a server's refusal into ours (webdav.md 2). None of them becomes a 401 here, and 403 is told only of changes. A
 * 401 of the server is dealt with elsewhere.
 */
export function failureOf(answer: Refusal, intent: 'read' | 'write'): Failure {
  const { status } = answer;
  const detail = `the other cloud answered ${String(status)}: ${keepName(answer.text)}`;
  if (status === 404 || status === 410) return notFound();
  if (status === 403) {
    return intent === 'write' ? new Failure('forbidden', 'This share does not allow it.', { detail }) : notFound();
  }
  if (status === 507) return refusal('over-quota', { detail });
  const [code, message] = SAID_ALIKE[status] ?? [];
  return code === undefined || message === undefined ? trouble(answer, detail) : new Failure(code, message, { detail });
}
