import type { Response } from 'express';

/**
 * Makes, when first needed, a signal that is aborted when the connection closes before the answer is complete (FLW-03).
 * Most answers are so quick that they need none.
 */
export function departureOf(response: Response): () => AbortSignal {
  let signal: AbortSignal | undefined;
  return () => (signal ??= watch(response));
}

function watch(response: Response): AbortSignal {
  if (response.closed) return response.writableFinished ? new AbortController().signal : AbortSignal.abort();
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
