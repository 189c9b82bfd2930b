import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { changesSince, cursorOf } from '../../../src/files/index.js';
import type { AccountId } from '../../../src/kernel/index.js';
import type { Database, DatabaseLocation } from '../../../src/platform/index.js';
import { eachDatabase, openForTest } from '../../support/each-database.js';
import { bundleOf } from '../../support/own-process.js';
import { until } from '../../support/until.js';

const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));
const SEED = String(process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomInt(2 ** 31));
/** Processes that write at the same time, and changes that are read between two kills. */
const [WRITERS, BETWEEN] = [3, 60];
const PATIENCE = { deadline: 60_000, every: 2 };

/** Starts a writer; resolves when it has written for the first time. */
async function startWriter(location: DatabaseLocation, seed: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [await bundleOf(WRITER), JSON.stringify(location), seed], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.stdout.resume();
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  expect([child.exitCode, child.signalCode], 'writes until it is killed').toEqual([null, null]);
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

interface Told {
  readonly number: number;
  readonly item_id: string;
  readonly kind: string;
}

interface ChangeRow extends Omit<Told, 'item_id'> {
  readonly tree: string;
  readonly item_id: number | string;
}

/** Reads a tree's changes, a few at a time, from where it had none. */
async function reader(database: Database, tree: AccountId) {
  const told: Told[] = [];
  let cursor = await cursorOf(database.read, tree);
  const more = async (): Promise<boolean> => {
    const since = await changesSince(database.read, { ownerId: tree, topId: null }, cursor, 7);
    if (since.outcome === 'too-old') throw new Error('too old');
    ({ cursor } = since);
    told.push(...since.changes.map(({ number, itemId, kind }) => ({ number, item_id: itemId, kind })));
    return since.hasMore;
  };
  return { told, more };
}

eachDatabase(({ engine, migrated }) => {
  it('DUR-07 nobody who follows a tree misses a change, whoever else writes and whoever is killed', async () => {
    console.info(`writers on ${engine}: FOOTBRIDGE_SPEC_SEED=${SEED}`);
    const location = await migrated();
    const database = await openForTest(location);
    const [ana, bo] = [await reader(database, 'ana' as AccountId), await reader(database, 'bo' as AccountId)];
    const numbers = Array.from({ length: WRITERS }, (_, index) => index);
    const writers = await Promise.all(numbers.map((index) => startWriter(location, `${SEED} ${String(index)}`)));
    for (const writer of writers) {
      const enough = ana.told.length + BETWEEN;
      const follow = async (): Promise<boolean> => (await bo.more(), await ana.more(), ana.told.length >= enough);
      await until('changes to be told', async () => ((await follow()) ? true : undefined), PATIENCE);
      await kill(writer);
    }
    for (const { more } of [ana, bo]) while (await more());

    for (const [tree, { told }] of [
      ['ana', ana],
      ['bo', bo],
    ] as const) {
      expect(told.map(({ number }) => number)).toEqual(told.map((_, index) => index + 1));
      const kept = database.read<ChangeRow>('changes').where('tree', tree).orderBy('number');
      const rows = await kept.select('number', 'item_id', 'kind');
      expect(told).toEqual(rows.map((row) => ({ ...row, item_id: String(row.item_id) })));
    }
    expect(countsOf(ana.told)).toEqual(await versionCounts(database));
    expect(new Set(ana.told.map(({ kind }) => kind))).toEqual(new Set(['made', 'changed', 'moved', 'removed']));
  });
});

/** How often each item was told. */
function countsOf(told: readonly Told[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { item_id: id } of told) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}

/** How often each item became another: each change of an item here keeps a version. */
async function versionCounts(database: Database): Promise<Record<string, number>> {
  const rows: VersionCount[] = await database
    .read('item_versions')
    .groupBy('item_id')
    .select('item_id', { count: database.read.raw('count(*)') });
  return Object.fromEntries(rows.map(({ item_id: id, count }) => [String(id), Number(count)]));
}

interface VersionCount {
  readonly item_id: number | string;
  readonly count: number | string;
}
