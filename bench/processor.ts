import { readFile } from 'node:fs/promises';
import { median, type Line } from './figures.js';

/** Microseconds of a tick of `/proc` (USER_HZ is 100 wherever Node.js runs). */
const TICK = 10_000;

/** Processor time that a process has used so far, its own and the kernel's, microseconds; undefined without `/proc`. */
export async function processorTime(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
  // The second field is the program's name in parentheses, which may hold blanks.
  const [user, system] =
    stat
      ?.slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13) ?? [];
  return user === undefined || system === undefined ? undefined : (Number(user) + Number(system)) * TICK;
}

/** What a number of requests cost each of some processes. */
export interface Cost {
  /** Microseconds of a processor a request, in the order of the processes; NaN where the system does not tell. */
  readonly each: readonly number[];
}

/** Does `work`, which makes so many requests, and answers what it cost processes beside its own result. */
export async function costing<T>(
  pids: readonly number[],
  requests: number,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly cost: Cost }> {
  const now = () => Promise.all(pids.map((pid) => processorTime(pid)));
  const before = await now();
  const result = await work();
  const after = await now();
  const each = after.map((time, index) => ((time ?? NaN) - (before[index] ?? NaN)) / requests);
  return { result, cost: { each } };
}

/** The middle of what each process was charged over some rounds, in words: `378 + 512 µs`. */
export function costWords(costs: readonly Cost[]): string {
  const middles = (costs[0]?.each ?? []).map((_, index) => median(costs.map(({ each }) => each[index] ?? NaN)));
  return `${middles.map((middle) => middle.toFixed(0)).join(' + ')} µs`;
}

/** A line with the cost of both sides. It has no bound, since the cost depends on the machine. */
export function costLine(what: string, ours: readonly Cost[], reference: readonly Cost[]): Line {
  const words = { ours: costWords(ours), reference: costWords(reference) };
  return { what, ...words, figure: undefined, unit: '', bound: '', holds: undefined };
}
