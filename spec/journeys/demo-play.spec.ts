import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureProgram, freePort } from '../support/cloud-process.js';

const SCRIPT = path.resolve(import.meta.dirname, '..', '..', 'scripts', 'demo.mjs');

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/** Runs the demo as `npm run demo -- …` does, without standard input; `watch` sees what it has printed so far. */
async function runDemo(args: readonly string[], watch?: (output: string, pid: number) => void): Promise<Outcome> {
  const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      watch?.(output, child.pid ?? 0);
    });
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}

async function freePorts(): Promise<readonly number[]> {
  return [await freePort(), await freePort(), await freePort()];
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://localhost:${String(port)}/`).then(
    () => true,
    () => false,
  );
}

describe('npm run demo', { timeout: 240_000 }, () => {
  it('plays the whole main job, every step held, and prints nothing that opens a door', async () => {
    await ensureProgram();
    const { status, output } = await runDemo(['--play', '--ports', (await freePorts()).join()]);
    const verdict = /^(\d+) of (\d+) steps held$/m.exec(output);
    expect(verdict, output).not.toBeNull();
    expect(verdict?.[1], output).toBe(verdict?.[2]);
    expect(Number(verdict?.[2])).toBeGreaterThanOrEqual(16);
    expect(status).toBe(0);
    expect(output).not.toMatch(/[\w-]{24,}|oauth_signature/);
  });

  it('keeps both clouds and the mailbox running until it is asked to stop, and leaves nothing behind', async () => {
    await ensureProgram();
    const ports = await freePorts();
    const seen: Promise<boolean[]>[] = [];
    const { status, output } = await runDemo(['--ports', ports.join()], (soFar, pid) => {
      if (!soFar.includes('Ctrl-C stops everything') || seen.length > 0) return;
      const all = Promise.all(ports.map(answers));
      seen.push(all);
      void all.finally(() => process.kill(pid, 'SIGTERM'));
    });
    expect(await seen[0], output).toEqual([true, true, true]);
    expect(status).toBe(0);
    expect(await Promise.all(ports.map(answers))).toEqual([false, false, false]);
  });

  it('says which port is taken and does not start', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const taken = (server.address() as AddressInfo).port;
    const { status, output } = await runDemo(['--ports', [await freePort(), taken, await freePort()].join()]);
    server.close();
    expect(output).toContain(`port ${String(taken)} (for Birch)`);
    expect(status).toBe(1);
  });
});
