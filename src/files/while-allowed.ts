import type { Readable } from 'node:stream';
import { isFailure, SECOND, type Failure } from '../kernel/index.js';

/** How often a running download is asked about again (threat model AUT-04: cut within 5 s). */
const INTERVAL = 2 * SECOND;

/**
 * Lets a download run as long as `ask` resolves: once it throws a refusal the body is destroyed with it, so the reader
 * sees a broken transfer and never a clean end. Costs one timer, nothing per chunk.
 */
export function whileAllowed(body: Readable, ask: () => Promise<unknown>, interval = INTERVAL): Readable {
  const timer = setInterval(() => void askAgain(body, ask), interval);
  timer.unref();
  body.once('close', () => clearInterval(timer));
  return body;
}

async function askAgain(body: Readable, ask: () => Promise<unknown>): Promise<void> {
  const refusal = await refusalOf(ask);
  if (refusal !== undefined) body.destroy(refusal);
}

/** Trouble with the database is no refusal: nothing can be revoked in it either. */
async function refusalOf(ask: () => Promise<unknown>): Promise<Failure | undefined> {
  try {
    await ask();
    return undefined;
  } catch (error) {
    return isFailure(error) ? error : undefined;
  }
}
