import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { startPair, type ProcessPair } from '../../journeys/support/process-pair.js';
import type { CloudProcess } from '../../support/cloud-process.js';
import { ANA, BO, DEV, type Person } from '../../support/seeds.js';

/** The password of everybody here. */
export const PASSWORD = 'correct horse battery staple';

/** Two running clouds with accounts: Ana at Alder, Bo and Dev at Birch. */
export interface Neighbours extends ProcessPair {
  readonly folder: string;
}

export async function startNeighbours(): Promise<Neighbours> {
  const folder = await mkdtemp(path.join(tmpdir(), 'footbridge-browser-'));
  const pair = await startPair(folder);
  await Promise.all([settle(pair.alder, ANA), settle(pair.birch, BO).then(() => settle(pair.birch, DEV))]);
  return {
    ...pair,
    folder,
    async stop() {
      await pair.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function settle(at: CloudProcess, { name, email }: Person): Promise<void> {
  await at.cli(['user', 'add', email, '--name', name, '--password-stdin'], `${PASSWORD}\n`);
}

/** Counters of use are no effect (threat model, "N"); a browser's session is not the agreement's. */
const COUNTERS = new Set(['limits', 'sessions', 'sqlite_sequence']);

/** Everything that a running cloud has in its database, as comparable text by table. */
export function dumpOf({ dataDir }: CloudProcess): Readonly<Record<string, readonly string[]>> {
  const database = new Sqlite(path.join(dataDir, 'footbridge.sqlite'), { readonly: true });
  try {
    const tables = database.prepare("select name from sqlite_master where type = 'table'").pluck().all() as string[];
    const kept = tables.filter((table) => !COUNTERS.has(table)).sort();
    const rowsOf = (table: string): unknown[] => database.prepare(`select * from "${table}"`).all();
    return Object.fromEntries(
      kept.map((table) => [
        table,
        rowsOf(table)
          .map((row) => JSON.stringify(row))
          .sort(),
      ]),
    );
  } finally {
    database.close();
  }
}
