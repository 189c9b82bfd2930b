import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { InlineContentStore } from '../../src/contents/index.js';
import { LocalSpace, Reservations, type Scope, type AccessCheck } from '../../src/files/index.js';
import type { AccountId, ItemId } from '../../src/kernel/index.js';
import type { Database } from '../../src/platform/index.js';
import { addPerson } from '../files/files-bench.js';
import { eachDatabase, sqliteBench } from '../support/each-database.js';
import { guardOver, trashOver } from '../files/files-bench.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';
import { describeFileSpace, type FileSpaceHarness } from './file-space.js';
import { diskContents } from '../support/disk-contents.js';

const ANA = 'ana' as AccountId;
const ANYTHING: AccessCheck = { actor: 'ana', may: () => Promise.resolve(undefined) };

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
  const random = createSeededRandom();
  const inner = await diskContents({ folder, random });
  const contents = new InlineContentStore({ inner, database, random, clock, limit: 1_000_000_000 });
  if (topId === null) await addPerson(database, ANA);
  const scope: Scope = { ownerId: ANA, topId };
  const reservations = new Reservations();
  const rooms = { database, contents, reservations, clock, locks: guardOver(clock) };
  const inputs = { ...rooms, scope, access: ANYTHING, defaultQuota: undefined };
  return {
    space: new LocalSpace({ ...inputs, onRemoved: () => Promise.resolve(), trash: trashOver(database, clock) }),
    advance: (millis) => clock.advance(millis),
    leftovers: async () => (await filesIn(folder)) + (await usedBytes(database)) + (await inlineContents(database)),
  };
}

async function filesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}

async function inlineContents({ read }: Database): Promise<number> {
  return (await read('inline_contents').pluck('key')).length;
}

async function usedBytes(database: Database): Promise<number> {
  const row: { used_bytes: number } | undefined = await database
    .read('accounts')
    .where({ id: ANA })
    .first('used_bytes');
  return row?.used_bytes ?? 0;
}
