import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { DatabaseLocation } from '../../src/platform/index.js';
import { bundleOf } from '../support/own-process.js';

const SCRIPT = fileURLToPath(new URL('in-own-process.ts', import.meta.url));

/** Starts so many processes, lets all of them do the task at the same moment, and answers what each said. */
export async function atOnce(task: 'migrate' | 'count' | 'ocm-keys', location: DatabaseLocation, processes: number) {
  const waiting = Array.from({ length: processes }, () => startProcess(task, location));
  const go = await Promise.all(waiting);
  return Promise.all(go.map((finish) => finish()));
}

async function startProcess(task: string, location: DatabaseLocation): Promise<() => Promise<unknown>> {
  const child = spawn(process.execPath, [await bundleOf(SCRIPT), task, JSON.stringify(location)]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const errors = text(child.stderr);
  await once(child.stdout, 'data');
  return async () => {
    const answer = text(child.stdout);
    child.stdin.write('go\n');
    const [status] = (await once(child, 'exit')) as [number | null];
    if (status !== 0) throw new Error(`the process ended with ${String(status)}: ${await errors}`);
    return JSON.parse(await answer) as unknown;
  };
}
