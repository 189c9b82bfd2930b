import { isFailure } from '../kernel/index.js';
import type { OutboundAnswer } from '../platform/index.js';
import type { MessageAnswer } from '../shares/index.js';

const LONGEST_WAIT = 3600;

/** What the status of an answer means for a delivery (reliability.md DLV-05). Bodies of peers never reach a log whole. */
export function judge(answer: OutboundAnswer): MessageAnswer {
  const { status } = answer;
  const note = `answered ${String(status)}`;
  if (status >= 200 && status < 300) return { kind: 'taken', note };
  if (status === 404) return { kind: 'unknown', note };
  if (status === 409) return { kind: 'unfit', note };
  if (status === 400 || status === 415) return { kind: 'malformed', note };
  if (status === 408 || status === 429 || status >= 500) {
    return { kind: 'trouble', note, retryAfter: retryAfterOf(answer), slow: false };
  }
  return { kind: 'trouble', note, retryAfter: undefined, slow: true };
}

/**
 * Sends and judges; a connection that broke or never came is trouble that time may mend. Throws what is no fault of the
 * peer, such as `unavailable` when its keys are not recorded: its breaker must not count that.
 */
export async function attempted(send: () => Promise<OutboundAnswer>, judgeAnswer = judge): Promise<MessageAnswer> {
  try {
    return judgeAnswer(await send());
  } catch (error) {
    if (!isFailure(error, 'peer-failed') && !isFailure(error, 'peer-timeout')) throw error;
    return { kind: 'trouble', note: error.detail ?? error.message, retryAfter: undefined, slow: false };
  }
}

function retryAfterOf(answer: OutboundAnswer): number | undefined {
  const text = answer.headers['retry-after'];
  const seconds = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  return seconds === undefined ? undefined : Math.min(seconds, LONGEST_WAIT);
}
