import { once } from 'node:events';

/** A signal that is aborted by Ctrl-C, by a request to stop, and after `limit` milliseconds where one is given. */
export function stopSignal(limit?: number): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Error('stopped before the end'));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, stop);
  if (limit === undefined) return controller.signal;
  const late = (): void => controller.abort(new Error(`time is up: ${String(limit / 1000)} s`));
  setTimeout(late, limit).unref();
  return controller.signal;
}

/** Resolves when the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** The outcome of `work`; rejects with the signal's reason as soon as that is aborted, whatever becomes of the work. */
export async function unlessAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const over = new Promise<never>((_resolve, reject) => (stop = () => reject(signal.reason as Error)));
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([work, over]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
