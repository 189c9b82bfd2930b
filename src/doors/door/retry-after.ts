import type { Response } from 'express';
import type { Failure, Random } from '../../kernel/index.js';
import { systemRandom } from '../../platform/index.js';

/**
 * Waits are lengthened by up to a half, so that clients that were refused together do not return together (ruling
 * F-85).
 */
const SPREAD = 0.5;

/** Sets `Retry-After` if the failure has a time: never shorter than that, and with jitter. */
export function sendRetryAfter(response: Response, failure: Failure | undefined): void {
  if (failure?.retryAfter === undefined) return;
  response.setHeader('Retry-After', String(spreadWish(failure.retryAfter, systemRandom)));
}

/** The seconds, lengthened by up to a half and rounded up. */
export function spreadWish(seconds: number, random: Random): number {
  const longer = Math.ceil(seconds * SPREAD);
  return seconds + Math.floor((random.bytes(4).readUInt32BE() / 0x1_0000_0000) * (longer + 1));
}
