import type { Verdict } from '../../deliveries/index.js';
import type { MessageAnswer, OfferAnswer } from '../agreement/agreement.js';
import type { ProbeFinding } from '../agreement/probe-finding.js';
import { isRefusal } from './origin.js';

/** What an answer of the other cloud means for the message that it answers (reliability.md DLV-05). */

/** The verdict for a message that is no longer needed. */
export const OVERTAKEN: Verdict = { kind: 'done', note: 'no longer needed' };

/** For credentials: a 404 counts only once it has lasted; `waited`: milliseconds since they were queued. */
export function credentialsVerdict(answer: MessageAnswer, waited: number): Verdict {
  if (answer.kind === 'taken' || isRefusal(answer.kind, waited)) return { kind: 'done', note: answer.note };
  return answer.kind === 'unknown' ? { kind: 'retry', note: answer.note, answered: true } : undelivered(answer);
}

/**
 * For ends: after a 409, or a 404 that has lasted, the other cloud has nothing left to end. A peer that is starting up
 * may answer 404 too; if that counted at once, it would keep a share whose end nobody sends again.
 */
export function endVerdict(answer: MessageAnswer, waited: number): Verdict {
  const isOver = answer.kind === 'taken' || isRefusal(answer.kind, waited);
  if (isOver) return { kind: 'done', note: answer.note };
  return answer.kind === 'unknown' ? { kind: 'retry', note: answer.note, answered: true } : undelivered(answer);
}

/**
 * For decisions by Open Cloud Mesh: told once is told, also to a server that says that it knows of no such share, once that has
 * lasted; `waited`: milliseconds since it was queued.
 */
export function toldVerdict(answer: MessageAnswer, accepted: boolean, waited: number): Verdict {
  if (answer.kind === 'trouble') return troubleVerdict(answer);
  const isEarly = answer.kind === 'unknown' && !isRefusal(answer.kind, waited);
  if (isEarly) return { kind: 'retry', note: answer.note, answered: true };
  const isLost = answer.kind === 'malformed' && accepted;
  return { kind: isLost ? 'failed' : 'done', note: answer.note };
}

/** For changed terms: any definite answer is enough, since they hold where the files are, whoever has heard of them. */
export function termsVerdict(answer: MessageAnswer): Verdict {
  return answer.kind === 'trouble' ? troubleVerdict(answer) : { kind: 'done', note: answer.note };
}

/** For offers that nobody waits for: they are sent until they are answered. */
export function offerVerdict(answer: OfferAnswer): Verdict {
  if (answer.kind !== 'unreachable') return { kind: 'done', note: answer.kind === 'refused' ? answer.note : 'taken' };
  const { note, retryAfter: after, unasked } = answer;
  return { kind: 'retry', note, after, unasked };
}

/** For decisions: a refusal is sent until it is answered once; 409 means that the origin no longer waits for one. */
export function decisionVerdict(answer: MessageAnswer, accepted: boolean): Verdict {
  if (accepted) return untilGranted(answer);
  return answer.kind === 'taken' || answer.kind === 'unfit' ? { kind: 'done', note: answer.note } : undelivered(answer);
}

/** No answer of the origin to an acceptance ends the share here; only an unshare message does (CNV-03). */
function untilGranted(answer: MessageAnswer): Verdict {
  if (answer.kind === 'taken') {
    return { kind: 'retry', note: 'told; the credentials have not come yet', answered: true };
  }
  const verdict = undelivered(answer);
  return verdict.kind === 'failed' ? { kind: 'retry', note: answer.note, slow: true } : verdict;
}

/** A probe goes on until it finds something definite. */
export function probeVerdict(finding: ProbeFinding): Verdict {
  if (finding.kind !== 'trouble') return { kind: 'done', note: finding.kind };
  const { note, detail = note, answered, retryAfter: after } = finding;
  return { kind: 'retry', note: detail, after, answered, unasked: answered === undefined };
}

function undelivered(answer: Exclude<MessageAnswer, { kind: 'taken' }>): Verdict {
  if (answer.kind === 'trouble') return troubleVerdict(answer);
  if (answer.kind === 'malformed') return { kind: 'failed', note: answer.note };
  return { kind: 'retry', note: answer.note, slow: true };
}

/**
 * For errors that a retry may solve: the message is sent again, and the error counts against the peer only if it was
 * asked (ruling F-14).
 */
export function troubleVerdict({ note, retryAfter, slow, unasked }: MessageAnswer & { kind: 'trouble' }): Verdict {
  return { kind: 'retry', note, after: retryAfter, slow, unasked };
}
