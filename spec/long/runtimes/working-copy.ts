import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Runtime } from './runtime.js';
import { temporaryFolder } from './temporary.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** How a command ended, and everything that it wrote. */
export interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/** What a clone of this repository would hold, with changes not yet committed; nothing is installed in it. */
export interface WorkingCopy {
  /** Runs a command there. */
  run(runtime: Runtime, command: readonly [string, ...string[]], env?: NodeJS.ProcessEnv): Promise<Outcome>;
  remove(): Promise<void>;
}

/** Copies the files of this tree that are tracked, or would be. */
export async function copyTree(): Promise<WorkingCopy> {
  const folder = await temporaryFolder('copy');
  for (const file of await ownFiles()) await cp(path.join(ROOT, file), path.join(folder, file));
  return {
    run: (runtime, command, env = {}) => runIn(folder, command, { ...runtime.env, ...env }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function ownFiles(): Promise<string[]> {
  const git = (...words: string[]): Promise<{ stdout: string }> =>
    promisify(execFile)('git', ['ls-files', '-z', ...words], { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
  const [all, deleted] = [await git('--cached', '--others', '--exclude-standard'), await git('--deleted')];
  const gone = new Set(deleted.stdout.split('\0'));
  return [...new Set(all.stdout.split('\0'))].filter((file) => !gone.has(file));
}

async function runIn(
  folder: string,
  [program, ...words]: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
): Promise<Outcome> {
  const child = spawn(program, words, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}
