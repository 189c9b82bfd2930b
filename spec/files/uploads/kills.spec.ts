import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { isFailure, itemIdOf } from '../../../src/kernel/index.js';
import type { DatabaseLocation } from '../../../src/platform/index.js';
import { eachDatabase, openForTest } from '../../support/each-database.js';
import { bundleOf } from '../../support/own-process.js';
import { until } from '../../support/until.js';
import { bytesAt, bytesOf, coming, openUploadsBench, type UploadsBench } from './uploads-bench.js';

const UPLOADER = fileURLToPath(new URL('uploader.ts', import.meta.url));
const SEED = String(process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomInt(2 ** 31));
/** Processes that work at the same time and are killed one after the other, and promises that each makes before. */
const [KILLS, PROMISES] = [3, 25];

/** What a process has said of an upload: all of it must hold after it was killed. */
interface Promised {
  readonly id: string;
  readonly isNumbered?: boolean;
  readonly received?: number;
  readonly abandoned?: boolean;
  readonly finished?: string;
  readonly version?: number;
}

async function start(location: DatabaseLocation, folder: string, seed: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [await bundleOf(UPLOADER), JSON.stringify(location), folder, seed], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Takes down what a process promises, the last word about each upload; answers how it is killed once it has promised enough. */
function listened(child: ChildProcess, said: Map<string, Promised>): () => Promise<void> {
  let count = 0;
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  lines.on('line', (line) => {
    const promised = JSON.parse(line) as Promised;
    said.set(promised.id, { ...said.get(promised.id), ...promised });
    count += 1;
  });
  return async () => {
    const isEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    await until('promises', async () => count >= PROMISES || isEnded(), { deadline: 60_000, every: 1 });
    expect(isEnded(), 'ended before it was killed').toBe(false);
    child.kill('SIGKILL');
    await once(lines, 'close');
  };
}

eachDatabase(({ engine, migrated }) => {
  it('K4 K5 K6 STO-25 whoever is killed, no piece that was promised is lost, and nothing that nobody names stays', async () => {
    console.info(`uploads on ${engine}: FOOTBRIDGE_SPEC_SEED=${SEED}`);
    const location = await migrated();
    const files = await openUploadsBench(await openForTest(location));
    const said = new Map<string, Promised>();
    const numbers = Array.from({ length: KILLS }, (_, index) => `${SEED} ${String(index)}`);
    const kills = await Promise.all(
      numbers.map(async (seed) => listened(await start(location, files.folder, seed), said)),
    );
    for (const kill of kills) await kill();
    expect(said.size).toBeGreaterThan(KILLS);
    for (const promised of said.values()) await check(files, promised);
    files.clock.advance(25 * 3_600_000);
    await files.uploads.tidy();
    await files.sweep();
    expect(await files.reserved('ana')).toBe(0);
    expect(await files.database.read('upload_parts')).toEqual([]);
    expect((await files.blobs()).length).toBe(await namedCount(files));
    expect((await files.sweeper.verifyContents()).flaws).toEqual([]);
  });
});

/** What was finished is there; what goes on has all that was promised, and becomes a file. */
async function check({ uploads, tree, ana }: UploadsBench, promised: Promised): Promise<void> {
  const { id, received = 0, isNumbered = false } = promised;
  const found = await uploads.find(ana, id).catch((error: unknown) => {
    if (isFailure(error, 'not-found')) return undefined;
    throw error;
  });
  // It may have been given up, or finished, without a word.
  if (promised.abandoned === true) return expect(found).toBeUndefined();
  if (found === undefined) return;
  expect(found.received).toBeGreaterThanOrEqual(received);
  if (found.became === undefined && !isNumbered)
    await uploads.append(ana, id, { offset: found.received, ...coming(bytesAt(id, found.received, 100)) });
  const node = await uploads.finish(ana, id);
  if (promised.finished !== undefined) expect([node.key, node.version]).toEqual([promised.finished, promised.version]);
  const bytes = await bytesOf(tree.open(ana, itemIdOf(node.key), { version: node.version }));
  expect(bytes.equals(bytesAt(id, 0, bytes.length)), id).toBe(true);
}

/** How many stored contents versions refer to, as parts or whole. */
async function namedCount({ database }: UploadsBench): Promise<number> {
  const keys: string[] = await database
    .read('item_versions')
    .whereNotNull('content_key')
    .distinct()
    .pluck('content_key');
  const parts: string[] = await database.read('segments').distinct().pluck('part_key');
  return keys.filter((key) => !key.startsWith('joined-')).length + parts.length;
}
