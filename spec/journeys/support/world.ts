import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { eachPage } from '../../../src/platform/index.js';
import { isEnd, type IncomingState, type OutgoingState } from '../../../src/shares/index.js';
import type { Station, Town } from '../../support/open-pair.js';

/** Counters of use and notes of refusals are no effect (threat model, "N"); a browser's session is not the agreement's. */
const COUNTERS = new Set(['limits', 'sessions', 'sqlite_sequence', 'refused_messages']);

/** Everything that a cloud holds, has sent and has asked, as comparable text by table or kind. */
export type Snapshot = Readonly<Record<string, readonly string[]>>;

/** What there is at one cloud. */
async function snapshotOf(station: Station, town: Town): Promise<Snapshot> {
  const tables = await tablesOf(station);
  const rows = await Promise.all(tables.map(async (table) => [table, await rowsOf(station, table)] as const));
  return {
    ...Object.fromEntries(rows),
    '(connections)': [...station.connections],
    '(mail)': town.mailbox.letters.map(({ subject, to }) => `${subject} to ${to.join()}`),
    '(files)': await filesBelow(path.join(station.dataDir, 'contents')),
  };
}

/** What there is at every cloud. */
export async function snapshotOfAll(town: Town): Promise<Readonly<Record<string, Snapshot>>> {
  const all = await Promise.all(town.stations.map(async (each) => [each.name, await snapshotOf(each, town)] as const));
  return Object.fromEntries(all);
}

/**
 * Proves that something had no effect anywhere: no row changed, nothing was queued, mailed or sent, no socket opened, no
 * file left. `except` names tables in which something may change.
 */
export async function withoutEffect<T>(town: Town, act: () => Promise<T>, except: readonly string[] = []): Promise<T> {
  const before = await snapshotOfAll(town);
  const result = await act();
  const after = await snapshotOfAll(town);
  for (const { name } of town.stations) {
    expect(without(after[name], except), `${name} stays as it was`).toEqual(without(before[name], except));
  }
  return result;
}

function without(snapshot: Snapshot | undefined, except: readonly string[]): Snapshot {
  return Object.fromEntries(Object.entries(snapshot ?? {}).filter(([table]) => !except.includes(table)));
}

/** Ends every share there is, so that the next test has the place to itself. */
export async function endEverything(town: Town): Promise<void> {
  for (const { services } of town.stations) {
    const open = [];
    for await (const { items } of eachPage((wish) => services.agreements.shareLists.all(wish)))
      open.push(...items.filter(isOpen));
    for (const shareId of new Set(open.map((share) => share.shareId))) {
      await services.shares.endings.byName(shareId, 'administrator').catch(() => undefined);
    }
  }
  await town.settle();
}

const isOpen = ({ state }: { readonly state: OutgoingState | IncomingState }): boolean => !isEnd(state);

async function tablesOf({ services }: Station): Promise<string[]> {
  const rows = await services.base.database
    .read('sqlite_master')
    .where({ type: 'table' })
    .orderBy('name')
    .select<{ name: string }[]>('name');
  return rows.map(({ name }) => name).filter((name) => !COUNTERS.has(name));
}

async function rowsOf({ services }: Station, table: string): Promise<string[]> {
  const rows = (await services.base.database.read(table).select('*')) as unknown[];
  return rows.map((row) => JSON.stringify(row, uncounted)).sort();
}

/** When a token was last used is a counter too. */
function uncounted(key: string, value: unknown): unknown {
  return key === 'last_used_at' ? undefined : value;
}

async function filesBelow(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
