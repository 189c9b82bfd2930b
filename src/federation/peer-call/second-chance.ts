import type { Clock } from '../../kernel/index.js';
import { saysNonceUsed } from '../../oauth1/index.js';
import { isSameSkew, skewOf } from './skew.js';

/** Status line and headers of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * What is known of the peer's clock when a request is signed, and who is told what answers show of it (OPS-06). All
 * values are seconds ahead of our clock.
 */
export interface Sight {
  readonly clock: Clock;
  /** The difference with which the first attempt is signed. */
  readonly ahead: number;
  /** Called when the answer to the first attempt does not contradict that. */
  readonly kept?: () => void;
  /** Called when a refusal shows another difference, with which the second attempt is signed. */
  readonly shown?: (ahead: number) => void;
  /** Called when the second attempt was not refused. */
  readonly confirmed?: (ahead: number) => void;
}

/**
 * Sends a signed request that may safely be repeated, and once more when a 401 has another reason than the keys: signed
 * again when the request was refused as a replay, because a proxy has sent it twice (F-87), or with the time of the
 * refusal's `Date` header when the clocks differ (DLV-05).
 */
export async function withSecondChance<A extends AnswerHead>(
  attempt: (ahead: number) => Promise<A>,
  { clock, ahead, kept, shown, confirmed }: Sight,
): Promise<A> {
  const first = await attempt(ahead);
  if (isReplay(first)) return attempt(ahead);
  const theirs = first.status === 401 ? skewOf(first.headers, clock) : ahead;
  if (isSameSkew(theirs, ahead)) {
    kept?.();
    return first;
  }
  shown?.(theirs);
  const second = await attempt(theirs);
  if (second.status !== 401) confirmed?.(theirs);
  return second;
}

/** True for a refusal which says that the same nonce was used before. */
export function isReplay({ status, headers }: AnswerHead): boolean {
  return status === 401 && saysNonceUsed(headers['www-authenticate']);
}
