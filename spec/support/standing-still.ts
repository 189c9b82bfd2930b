import { readdir, readFile } from 'node:fs/promises';
import { until } from './until.js';

/**
 * Stops processes and resolves when they are really stopped: on a busy machine a process may continue for a moment
 * after the signal. Answers a function that lets them continue.
 */
export async function standStill(pids: readonly number[]): Promise<() => void> {
  const goOn = (): void => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  };
  try {
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const stands = async (): Promise<boolean> =>
      (await Promise.all(pids.map(statusOf))).every((status) => status === undefined || status.state === 'T');
    await until('processes that stand still', stands, { every: 5 });
    return goOn;
  } catch (error) {
    goOn();
    throw error;
  }
}

/** Process ids of the children of a process; the process should stand still, or there may be more at once. */
export async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const each = await Promise.all(pids.map(async (pid) => ({ pid, parent: (await statusOf(pid))?.parent })));
  return each.filter((found) => found.parent === parent).map(({ pid }) => pid);
}

/** From the kernel's table; undefined for a process that is gone. */
async function statusOf(pid: number): Promise<{ state: string; parent: number } | undefined> {
  const line = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
  const [state = '', parent = ''] = line?.slice(line.lastIndexOf(')') + 2).split(' ') ?? [];
  return line === undefined ? undefined : { state, parent: Number(parent) };
}
