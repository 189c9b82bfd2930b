import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { StorageClient } from '../../spec/journeys/support/storage-client.js';
import type { Credentials } from '../../src/oauth1/index.js';
import { median, ratioLine, type Line } from '../figures.js';
import type { Ground } from '../ground.js';
import { requestsPerSecond, type Prepared } from '../load.js';

const CONNECTIONS = 8;
const TARGET = { least: 0.8, aim: 0.9 };

/** One process with one tree behind two doors. */
interface TwoDoors {
  readonly signed: string;
  readonly unsigned: string;
  readonly keys: Credentials;
  readonly folder: number;
  stop(): Promise<void>;
}

/** Metadata of a folder through the signature check, against the same door with a fixed caller instead of one. */
export async function signature({ isQuick }: Ground): Promise<Line[]> {
  const doors = await startTwoDoors();
  try {
    const [count, rounds] = isQuick ? [400, 3] : [4_000, 5];
    return [await measure(doors, 'folder metadata', `/v1/folder/${String(doors.folder)}`, count, rounds)];
  } finally {
    await doors.stop();
  }
}

async function measure(doors: TwoDoors, what: string, target: string, count: number, rounds: number): Promise<Line> {
  const app = new StorageClient(doors.signed, doors.keys);
  const [ours, theirs]: [number[], number[]] = [[], []];
  // The first round of each warms up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    theirs.push(await requestsPerSecond(doors.unsigned, signedFor(app, target, count), CONNECTIONS));
    ours.push(await requestsPerSecond(doors.signed, signedFor(app, target, count), CONNECTIONS));
  }
  const sides = { ours: median(ours.slice(1)), reference: median(theirs.slice(1)) };
  return ratioLine(`${what}, signed / without a check`, sides, TARGET, (value) => `${value.toFixed(0)} /s`);
}

/** Signed beforehand, and sent to both with the same headers: the client costs both the same. */
function signedFor(app: StorageClient, target: string, count: number): Prepared[] {
  return Array.from({ length: count }, () => ({ path: target, headers: app.headers('GET', target) }));
}

async function startTwoDoors(): Promise<TwoDoors> {
  const script = path.join(import.meta.dirname, '..', 'reference', 'two-doors.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    ...(JSON.parse(line) as Omit<TwoDoors, 'stop'>),
    async stop() {
      const gone = once(child, 'close');
      child.stdin.end();
      await gone;
    },
  };
}
