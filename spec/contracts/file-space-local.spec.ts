import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { DiskContentStore } from '../../src/contents/index.js';
import { LocalSpace, Reservations, type Scope, type Standing } from '../../src/files/index.js';
import type { AccountId, ItemId } from '../../src/kernel/index.js';
import type { Database } from '../../src/platform/index.js';
import { addPerson } from '../files/files-bench.js';
import { eachDatabase, sqliteBench } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';
import { describeFileSpace, type FileSpaceHarness } from './file-space.js';

const ANA = 'ana' as AccountId;
const ANYTHING: Standing = { actor: 'ana', may: () => Promise.resolve() };

eachDatabase((bench) => {
  describeFileSpace({ name: 'local space', open: async () => openLocal(await bench.open()) });
});

const bench = sqliteBench();
describeFileSpace({
  name: 'local space below a folder',
  open: async () => {
    const database = await bench.open();
    const { space } = await openLocal(database);
    const top = await space.makeFolder(space.rootKey, 'Top');
    return openLocal(database, top.key as ItemId);
  },
});

async function openLocal(database: Database, topId: ItemId | null = null): Promise<FileSpaceHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'footbridge-space-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const clock = createHandClock();
  const contents = await DiskContentStore.create({ folder, random: createSeededRandom() });
  if (topId === null) await addPerson(database, ANA);
  const scope: Scope = { ownerId: ANA, topId };
  const reservations = new Reservations();
  const inputs = { database, contents, reservations, clock, scope, standing: ANYTHING, defaultQuota: undefined };
  return {
    space: new LocalSpace({ ...inputs, onRemoved: () => Promise.resolve() }),
    advance: (millis) => clock.advance(millis),
    leftovers: async () => (await filesIn(folder)) + (await usedBytes(database)),
  };
}

async function filesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}

async function usedBytes(database: Database): Promise<number> {
  const row: { used_bytes: number } | undefined = await database
    .read('accounts')
    .where({ id: ANA })
    .first('used_bytes');
  return row?.used_bytes ?? 0;
}
