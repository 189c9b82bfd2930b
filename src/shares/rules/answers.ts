import type { Verdict } from '../../deliveries/index.js';
import type { MessageAnswer } from '../agreement.js';
import type { ProbeFinding } from '../probe-finding.js';
import { isRefusal } from './origin.js';

/** What an answer of the other cloud means for the message that it answers (reliability.md DLV-05). */

/** The message makes no sense any more. */
export const OVERTAKEN: Verdict = { kind: 'done', note: 'no longer needed' };

/** Credentials: a 404 is believed once it has lasted; `waited`: milliseconds since they were queued. */
export function credentialsVerdict(answer: MessageAnswer, waited: number): Verdict {
  if (answer.kind === 'taken' || isRefusal(answer.kind, waited)) return { kind: 'done', note: answer.note };
  return answer.kind === 'unknown' ? { kind: 'retry', note: answer.note, answered: true } : undelivered(answer);
}

/**
 * An end: after 409, and after a 404 that has lasted, the other side has nothing left to end. Believed at once, the 404 of
 * a peer that is starting up would leave it with a share that nobody tells it about again.
 */
export function endVerdict(answer: MessageAnswer, waited: number): Verdict {
  const isOver = answer.kind === 'taken' || isRefusal(answer.kind, waited);
  if (isOver) return { kind: 'done', note: answer.note };
  return answer.kind === 'unknown' ? { kind: 'retry', note: answer.note, answered: true } : undelivered(answer);
}

/** A decision: a refusal is heard once, and 409 says that the origin waits for none any more. */
export function decisionVerdict(answer: MessageAnswer, accepted: boolean): Verdict {
  if (accepted) return untilGranted(answer);
  return answer.kind === 'taken' || answer.kind === 'unfit' ? { kind: 'done', note: answer.note } : undelivered(answer);
}

/** Nothing that the origin says to an acceptance ends it here: only its unshare does (CNV-03). */
function untilGranted(answer: MessageAnswer): Verdict {
  if (answer.kind === 'taken') {
    return { kind: 'retry', note: 'told; the credentials have not come yet', answered: true };
  }
  const verdict = undelivered(answer);
  return verdict.kind === 'failed' ? { kind: 'retry', note: answer.note, slow: true } : verdict;
}

/** A probe goes on until it finds something definite. */
export function probeVerdict(finding: ProbeFinding): Verdict {
  return finding.kind === 'trouble'
    ? {
        kind: 'retry',
        note: finding.detail ?? finding.note,
        answered: finding.answered,
        unasked: finding.answered === undefined,
      }
    : { kind: 'done', note: finding.kind };
}

function undelivered(answer: Exclude<MessageAnswer, { kind: 'taken' }>): Verdict {
  if (answer.kind === 'trouble')
    return { kind: 'retry', note: answer.note, after: answer.retryAfter, slow: answer.slow };
  if (answer.kind === 'malformed') return { kind: 'failed', note: answer.note };
  return { kind: 'retry', note: answer.note, slow: true };
}
