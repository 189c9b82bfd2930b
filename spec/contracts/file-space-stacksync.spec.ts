import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { openStorage, type Storage } from '../doors/stacksync/support.js';
import { ForeignFacts } from '../../src/files/index.js';
import { mountShare, openSpace, type Wanted } from '../federation/storage-apis/support.js';
import { sqliteBench } from '../support/each-database.js';
import { describeFileSpace, type FileSpaceHarness } from './file-space.js';
import { describeSharedFile } from './file-space/shared-file.js';

const bench = sqliteBench();

// The real door of one cloud serves a grant of a real folder; the other cloud's space reads and writes through it.
describeFileSpace({
  name: 'stacksync-v2 space',
  cannot: {
    order: 'the storage API lists by id, and folders whole',
    onePut: 'the storage API knows no names',
    copies: 'the storage API has no copy',
    overwriting: 'the storage API has no move that overwrites',
    contentTimes: 'the storage API knows one time of an item, and not when it was made',
    quota: 'the storage API tells nothing of it',
  },
  open: openForeign,
});

describeSharedFile({ name: 'stacksync-v2 space', open: openForeignFile });

async function openForeignFile(): Promise<FileSpaceHarness> {
  const storage = await openStorage(bench);
  const { id } = await storage.file('letter.txt', 'twelve');
  const credentials = storage.grant(id);
  const { space } = openSpace({
    resourceUrl: `${storage.origin}/v1/file/${id}`,
    credentials,
    ...(await remembering(storage)),
  });
  return { space, advance: (millis) => storage.clock.advance(millis) };
}

async function openForeign(): Promise<FileSpaceHarness> {
  const storage = await openStorage(bench);
  const { id } = await storage.folder('Top');
  const credentials = storage.grant(id);
  const { space } = openSpace({
    resourceUrl: `${storage.origin}/v1/folder/${id}`,
    credentials,
    ...(await remembering(storage)),
  });
  return { space, advance: (millis) => storage.clock.advance(millis), leftovers: () => leftovers(storage) };
}

/** What the recipient's cloud remembers of the share, once it is mounted. */
async function remembering({ clock }: Storage): Promise<Pick<Wanted, 'clock' | 'facts'>> {
  const database = await bench.open();
  await mountShare(database);
  return { clock, facts: new ForeignFacts({ database, clock }).of('in') };
}

/** The other cloud tidies up after we have hung up: what is looked at is how it leaves things. */
async function leftovers({ contents, database }: Storage): Promise<number> {
  await vi.waitUntil(async () => (await readdir(join(contents, 'tmp'))).length === 0, { timeout: 2_000 });
  const entries = await readdir(contents, { recursive: true, withFileTypes: true });
  const row: { used_bytes: number } | undefined = await database
    .read('accounts')
    .where({ id: 'acct-ana' })
    .first('used_bytes');
  return entries.filter((entry) => entry.isFile()).length + (row?.used_bytes ?? 0);
}
