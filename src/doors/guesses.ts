import type { Request } from 'express';
import { MINUTE, isFailure } from '../kernel/index.js';
import type { Limiter } from '../platform/index.js';

/** Twenty misses a minute are a person with a bad copy; more is somebody who tries words (PRO-09). */
const MISSES = { acts: 20, per: MINUTE };

/**
 * Looks up what a secret address names, for somebody at `http`. A miss is counted; after too many of them even a right
 * address is `too-many` from there for a while.
 */
export async function lookUpSecret<Found>(
  limiter: Pick<Limiter, 'check' | 'spend'>,
  http: Request,
  look: () => Promise<Found>,
): Promise<Found> {
  const key = `secret-address-miss:${http.ip ?? ''}`;
  await limiter.check(key, MISSES);
  try {
    return await look();
  } catch (error) {
    if (isFailure(error, 'not-found')) await limiter.spend(key, MISSES);
    throw error;
  }
}
