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

function keptWaiting(pid: number | 'self'): number {
  try {
    const [, waited] = readFileSync(`/proc/${String(pid)}/schedstat`, 'utf8').split(' ');
    return Number(waited) / 1e6;
  } catch {
    return 0;
  }
}
