import type { Readable } from 'node:stream';
import { isFailure, SECOND, type Failure } from '../../kernel/index.js';
import { WholeBody } from '../../platform/index.js';

/** How often a running download is checked again (threat model AUT-04: cut within 5 s). */
const INTERVAL = 2 * SECOND;

/**
 * Lets a download run as long as `ask` resolves. Once `ask` throws a refusal, the body is destroyed with it, so that
 * the reader sees a broken transfer and never a clean end. Costs one timer and nothing per chunk; a download that ends
 * before the first check is not checked.
 */
export function whileAllowed(body: Readable, ask: () => Promise<unknown>, interval = INTERVAL): Readable {
  if (body instanceof WholeBody) return body;
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(() => void askAgain(), interval).unref();
  };
  const askAgain = async (): Promise<void> => {
    const refusal = await refusalOf(ask);
    if (refusal !== undefined) body.destroy(refusal);
    // The next check waits for the answer to this one, so that a slow database is not asked twice at once.
    else if (!body.closed) wait();
  };
  body.once('close', () => clearTimeout(timer));
  wait();
  return body;
}

/** An error of the database is no refusal: while it fails, no right can have been revoked in it either. */
async function refusalOf(ask: () => Promise<unknown>): Promise<Failure | undefined> {
  try {
    await ask();
    return undefined;
  } catch (error) {
    return isFailure(error) ? error : undefined;
  }
}
