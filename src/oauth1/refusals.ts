import { Failure } from '../kernel/index.js';
import { challenge } from '../signing/index.js';

/**
 * Why a well-formed request was refused, in `facts.problem` of the Failure: token endpoints answer 400 to `absent` and
 * `skew` where all others answer 401 (threat model OAU-01, OAU-07). `rejected` covers unknown consumer, unknown token
 * and bad signature alike (OAU-18).
 */
export type ProofProblem = 'absent' | 'skew' | 'rejected' | 'replay';

/** The `WWW-Authenticate` of a failure that is answered 401. */
export function challengeOf(failure: Failure): string {
  return challenge(failure.facts['problem'] === ('replay' satisfies ProofProblem));
}

/** The one sentence of stacksync-api-v2.md 3.2 for every refusal; `detail` goes to the log only. */
export function refused(problem: ProofProblem, detail: string): Failure {
  return new Failure('unauthenticated', 'Could not authorize request', { detail, facts: { problem } });
}
