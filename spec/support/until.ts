import { setTimeout as pause } from 'node:timers/promises';

/** How long to ask, and how often: milliseconds. */
export interface Patience {
  readonly deadline?: number;
  readonly every?: number;
}

/**
 * Asks a running system until it gives an answer (anything but undefined, null and false) and returns that.
 * Throws after the deadline (20 s unless said otherwise), naming `what` was awaited and the last refusal.
 */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined | null | false>,
  { deadline = 20_000, every = 100 }: Patience = {},
): Promise<Answer> {
  const end = performance.now() + deadline;
  let cause: unknown;
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
    } catch (error) {
      cause = error;
    }
    await pause(every);
  }
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  throw new Error(`waited ${String(deadline / 1000)} s in vain for ${what}${why}`, { cause });
}
