import { readFileSync } from 'node:fs';

/**
 * Starts a watch that answers how many milliseconds have passed, less those in which a process (our own unless told
 * otherwise) was ready to run and other programs had the processors: a limit that is the product's own is held on a busy
 * machine too. Counted by the kernel, for the main thread; where it counts nothing (not Linux) all time is ours.
 */
export function startWatch(pid: number | 'self' = 'self'): () => number {
  const [started, kept] = [performance.now(), keptWaiting(pid)];
  return () => performance.now() - started - (keptWaiting(pid) - kept);
}

/** Milliseconds that this process has used the processors. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/**
 * Starts a watch for work that waits for nothing: it answers the milliseconds of `startWatch`, or those of the processor if
 * they are less. Threads that collect garbage go on while other programs stop the main one, so that the processor's alone
 * would count them.
 */
export function startWorkWatch(): () => number {
  const [watch, cpu] = [startWatch(), processorTime()];
  return () => Math.min(watch(), processorTime() - cpu);
}

/**
 * Milliseconds that a piece of work takes which waits for nothing, at the best of `times`: a busy machine, a collection of
 * garbage or code not yet compiled is no fault of the work. It is not repeated once it took less than `enough`.
 */
export function quickest(work: () => unknown, { enough = 0, times = 8 } = {}): number {
  let best = Infinity;
  for (let time = 0; time < times && best >= enough; time += 1) {
    const watch = startWorkWatch();
    work();
    best = Math.min(best, watch());
  }
  return best;
}

/**
 * Watches the event loop from now on; what it answers ends that, and says for how many milliseconds of work one turn held it
 * at most.
 */
export function watchTurns(): () => number {
  let [longest, isOn, watch] = [0, true, startWorkWatch()];
  const turn = (): void => {
    longest = Math.max(longest, watch());
    watch = startWorkWatch();
    if (isOn) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    isOn = false;
    return longest;
  };
}

function keptWaiting(pid: number | 'self'): number {
  try {
    const [, waited] = readFileSync(`/proc/${String(pid)}/schedstat`, 'utf8').split(' ');
    return Number(waited) / 1e6;
  } catch {
    return 0;
  }
}
