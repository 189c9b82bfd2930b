import { readRetryAfter } from '../../client/index.js';
import { isFailure } from '../../kernel/index.js';
import { wasNeverAsked, type OutboundAnswer } from '../../platform/index.js';
import type { MessageAnswer } from '../../shares/index.js';

/** What the status of an answer means for a delivery (reliability.md DLV-05). Bodies of peers never reach a log whole. */
export function judge(answer: OutboundAnswer): MessageAnswer {
  const { status } = answer;
  const note = `answered ${String(status)}`;
  if (status >= 200 && status < 300) return { kind: 'taken', note };
  if (status === 404) return { kind: 'unknown', note };
  if (status === 409) return { kind: 'unfit', note };
  if (status === 400 || status === 415) return { kind: 'malformed', note };
  if (status === 408 || status === 429 || status >= 500) {
    const retryAfter = readRetryAfter(answer.headers['retry-after'], answer.headers['date']);
    return { kind: 'trouble', note, retryAfter, slow: false };
  }
  return { kind: 'trouble', note, retryAfter: undefined, slow: true };
}

/**
 * Sends a message and judges the answer. A failed connection counts as trouble that a retry may solve. Throws errors
 * that are not the peer's fault, such as `unavailable` when its keys are not recorded, so that its breaker does not
 * count them.
 */
export async function attempted(send: () => Promise<OutboundAnswer>, judgeAnswer = judge): Promise<MessageAnswer> {
  try {
    return judgeAnswer(await send());
  } catch (error) {
    if (!isFailure(error, 'peer-failed') && !isFailure(error, 'peer-timeout')) throw error;
    const note = error.detail ?? error.message;
    return {
      kind: 'trouble',
      note,
      retryAfter: undefined,
      slow: false,
      ...(wasNeverAsked(error) && { unasked: true }),
    };
  }
}
