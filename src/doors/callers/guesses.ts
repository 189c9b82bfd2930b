import type { Request } from 'express';
import { countMisses, networkOf, type Limiter } from '../../platform/index.js';

/**
 * Looks up what a secret address names, or a secret that is shown. A miss is counted for the client's network; after too many
 * of them even a right one is refused as `too-many` for a while, see {@link countMisses}.
 */
export async function lookUpSecret<Found>(
  limiter: Pick<Limiter, 'check' | 'spend'>,
  http: Request,
  look: () => Promise<Found>,
): Promise<Found> {
  return countMisses(limiter, `secret-address-miss:${networkOf(http.ip)}`, look);
}
