import type { Readable } from 'node:stream';
import { isFailure, SECOND, type Failure } from '../kernel/index.js';

/** How often a running download is asked about again (threat model AUT-04: cut within 5 s). */
const INTERVAL = 2 * SECOND;

/**
 * Lets a download run as long as `ask` resolves: once it throws a refusal the body is destroyed with it, so the reader
 * sees a broken transfer and never a clean end. Costs one timer, nothing per chunk.
 */
export function whileAllowed(body: Readable, ask: () => Promise<unknown>, interval = INTERVAL): Readable {
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(() => void askAgain(), interval).unref();
  };
  const askAgain = async (): Promise<void> => {
    const refusal = await refusalOf(ask);
    if (refusal !== undefined) body.destroy(refusal);
    // The next question waits for this answer: a slow database is not asked twice at once.
    else if (!body.closed) wait();
  };
  body.once('close', () => clearTimeout(timer));
  wait();
  return body;
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
