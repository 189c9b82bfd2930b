import type { Breaker } from '../../deliveries/index.js';
import { Failure, isFailure } from '../../kernel/index.js';
import { wasNeverAsked } from '../../platform/index.js';

/**
 * The part of a breaker that calls to a peer ask before they start and inform when they have ended (reliability.md
 * PEER-02).
 */
export type Gate = Pick<Breaker, 'allow' | 'retryAfter' | 'succeeded' | 'failed'>;

/** The refusal of a call that the gate does not allow; no request is sent. */
export function resting(gate: Gate): Failure {
  const retryAfter = gate.retryAfter();
  return new Failure('unavailable', 'The other cloud is not answering at the moment.', { retryAfter });
}

/**
 * Tells the gate of an answer, and passes it on: 5xx and 429 count against the peer, any other answer for it. Not used
 * for queued messages: the queue asks and informs the same breaker itself.
 */
export function heard<A extends { readonly status: number }>(gate: Gate, answer: A): A {
  if (answer.status >= 500 || answer.status === 429) gate.failed();
  else gate.succeeded();
  return answer;
}

/** Tells the gate of a call that ended without an answer, and passes its error on. */
export function unheard(gate: Gate, error: unknown): unknown {
  if (isOfPeer(error)) gate.failed();
  return error;
}

/** Only failures of the peer count: not refusals of our guard, of our own queue, or cancelled calls (ruling F-14). */
function isOfPeer(error: unknown): boolean {
  return (isFailure(error, 'peer-failed') || isFailure(error, 'peer-timeout')) && !wasNeverAsked(error);
}

/** Allows every call and remembers whether the peer answered the last one. */
export class ObservingGate implements Gate {
  /** Whether the last call was answered; undefined: there was none. */
  answered: boolean | undefined = undefined;

  allow(): boolean {
    return true;
  }

  retryAfter(): number {
    return 0;
  }

  succeeded(): void {
    this.answered = true;
  }

  failed(): void {
    this.answered = false;
  }
}
