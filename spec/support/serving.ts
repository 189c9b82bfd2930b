import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { ensureProgram, freePort } from './cloud-process.js';

const PROGRAM = path.resolve(import.meta.dirname, '../../dist/src/main.js');

/** How a start of the built program ended: it listens and is ready, or is not, or it exited. */
export interface Start {
  readonly outcome: 'ready' | 'unready' | 'exited';
  /** Everything that it wrote. */
  readonly said: string;
  readonly url: string;
  /** Ends it, kindly; answers how many milliseconds that took. */
  stop(): Promise<number>;
}

/** How long a start may take, milliseconds. */
const PATIENCE = 60_000;

/** Starts `serve` so many times at the same moment, each at a port of its own, and waits until each listens or has exited. */
export async function serveAtOnce(
  count: number,
  env: Readonly<Record<string, string>>,
  words: readonly string[] = [],
): Promise<Start[]> {
  await ensureProgram();
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  return Promise.all(ports.map((port) => serveAt(port, env, words)));
}

/** Starts `serve` once, at this port. */
export async function serveAt(
  port: number,
  env: Readonly<Record<string, string>>,
  words: readonly string[] = [],
): Promise<Start> {
  const url = `http://localhost:${String(port)}`;
  const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith('FOOTBRIDGE_'));
  const child = spawn(process.execPath, [PROGRAM, 'serve', ...words], {
    env: { ...Object.fromEntries(inherited), FOOTBRIDGE_PUBLIC_URL: url, FOOTBRIDGE_LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exited = once(child, 'close');
  const left = exited.then(() => 'exited' as const);
  const outcome = await Promise.race([left, ready(child.stdout, url).catch(() => left)]);
  const stop = async (): Promise<number> => {
    const asked = performance.now();
    if (child.exitCode === null) child.kill('SIGTERM');
    await exited;
    return performance.now() - asked;
  };
  return { outcome, url, stop, said };
}

/** It says where it is once it listens. */
async function ready(output: NodeJS.ReadableStream, url: string): Promise<'ready' | 'unready'> {
  await once(output, 'data', { signal: AbortSignal.timeout(PATIENCE) });
  const { status } = await fetch(`${url}/readyz`);
  return status === 200 ? 'ready' : 'unready';
}
