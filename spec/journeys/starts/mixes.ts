import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { openCloud } from '../../../src/cloud.js';
import { readConfig } from '../../../src/config/index.js';
import { ROOT_ID } from '../../../src/kernel/index.js';
import { readOnly } from '../../support/mounts.js';
import { ANA, BO, type Person } from '../../support/seeds.js';
import { serveAtOnce, type Start } from '../../support/serving.js';

/** The state of the data folder, and that of the storage folder. */
export const DATABASES = ['right', 'fresh', 'older', 'newer', 'another’s'] as const;
export const STORES = ['right', 'other’s', 'empty', 'unmounted', 'read-only'] as const;
export type DatabaseKind = (typeof DATABASES)[number];
export type StoreKind = (typeof STORES)[number];

/** What a start must do: run, or refuse with a sentence that matches. */
const RIGHT = 'runs right';
const BELONGS = /belongs to .*--adopt-storage/;
const MOUNT = /the file that marks it is missing\. Mount its disk.*--adopt-storage/;
const READ_ONLY = /cannot be used \(EROFS\)\. Mount its disk for writing/;
const NEWER = /is newer than this database.*--adopt-storage/;

const EXPECTED: Readonly<Record<DatabaseKind, Readonly<Record<StoreKind, typeof RIGHT | RegExp>>>> = {
  right: { right: RIGHT, 'other’s': BELONGS, empty: MOUNT, unmounted: MOUNT, 'read-only': READ_ONLY },
  fresh: { right: BELONGS, 'other’s': BELONGS, empty: RIGHT, unmounted: RIGHT, 'read-only': BELONGS },
  older: { right: NEWER, 'other’s': BELONGS, empty: MOUNT, unmounted: MOUNT, 'read-only': NEWER },
  // The storage came from an older copy: what is in it is right.
  newer: { right: RIGHT, 'other’s': BELONGS, empty: MOUNT, unmounted: MOUNT, 'read-only': READ_ONLY },
  'another’s': { right: BELONGS, 'other’s': RIGHT, empty: MOUNT, unmounted: MOUNT, 'read-only': BELONGS },
};

/** Longest time in which an idle cloud ends, milliseconds: it finishes only its own work. */
const ENDS_WITHIN = 20_000;

/** Two clouds with files, and copies of the first one's database from before and after its storage was copied. */
export interface Originals {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Makes the two clouds, once for all starts. */
export async function makeOriginals(): Promise<Originals> {
  const folder = await mkdtemp(path.join(tmpdir(), 'footbridge-originals-'));
  const [alder, birch] = [path.join(folder, 'alder'), path.join(folder, 'birch')];
  await upload(alder, ANA, 'first');
  await cp(alder, path.join(folder, 'older'), { recursive: true });
  await upload(alder, ANA, 'second');
  await upload(birch, BO, 'theirs');
  await cp(alder, path.join(folder, 'newer'), { recursive: true });
  // Each start of a cloud raises a number that its storage keeps. After two more starts this copy of the database is
  // two ahead of the storage.
  for (const name of ['third', 'fourth']) await upload(path.join(folder, 'newer'), ANA, name);
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

async function upload(dataDir: string, { name, email }: Person, file: string): Promise<void> {
  const cloud = await openCloud(readConfig({ FOOTBRIDGE_DATA_DIR: dataDir, FOOTBRIDGE_LOG_LEVEL: 'silent' }));
  const {
    people: { accounts },
    files: { tree },
  } = cloud.services;
  const account = (await accounts.byEmail(email)) ?? (await accounts.add(email, name));
  await tree.create({ kind: 'person', accountId: account.id }, ROOT_ID, file, {
    // Large enough to lie in the storage folder rather than beside its row.
    body: Readable.from([Buffer.from(file.padEnd(20_000))]),
  });
  await cloud.stop();
}

/** One start, or several at once. */
export interface Mix {
  readonly database: DatabaseKind;
  readonly store: StoreKind;
  readonly processes: number;
}

/** All hundred of them. */
export const MIXES: readonly Mix[] = DATABASES.flatMap((database) =>
  STORES.flatMap((store) => [1, 2, 3, 4].map((processes) => ({ database, store, processes }))),
);

/** What was wrong with a mix, in a line; undefined when it ran right, or refused as it should, and nothing was removed. */
export async function tryMix(originals: Originals, mix: Mix): Promise<string | undefined> {
  const place = await mkdtemp(path.join(tmpdir(), 'footbridge-start-'));
  const storage = path.join(place, 'contents');
  await layDatabase(originals, mix.database, path.join(place, 'data'));
  const unmount = await layStore(originals, mix.store, storage);
  try {
    const before = await contentsIn(storage);
    const starts = await serveAtOnce(mix.processes, environment(place));
    const ends = await Promise.all(starts.map((start) => start.stop()));
    const after = await contentsIn(storage);
    const gone = before.filter((content) => !after.includes(content));
    const late = ends.filter((took) => took > ENDS_WITHIN);
    const wrong = [
      ...gone.map((content) => `removed ${content}`),
      ...late.map((took) => `ended after ${String(took)} ms (OPS-01)`),
      ...starts.flatMap((start) => wrongWith(start, mix)),
    ];
    return wrong.length === 0 ? undefined : `${mix.database} database, ${mix.store} storage: ${wrong.join('; ')}`;
  } finally {
    await unmount();
    await rm(place, { recursive: true, force: true });
  }
}

function environment(place: string): Record<string, string> {
  return {
    FOOTBRIDGE_DATA_DIR: path.join(place, 'data'),
    FOOTBRIDGE_STORAGE_URL: pathToFileURL(path.join(place, 'contents')).href,
  };
}

async function layDatabase({ folder }: Originals, kind: DatabaseKind, data: string): Promise<void> {
  await mkdir(data);
  if (kind === 'fresh') return;
  const from = path.join(folder, { right: 'alder', older: 'older', newer: 'newer', 'another’s': 'birch' }[kind]);
  await cp(from, data, { recursive: true, filter: (source) => !source.startsWith(path.join(from, 'contents')) });
}

/** Answers a function that removes it. */
async function layStore({ folder }: Originals, kind: StoreKind, storage: string): Promise<() => Promise<void>> {
  const nothing = (): Promise<void> => Promise.resolve();
  const [alder, birch] = ['alder', 'birch'].map((name) => path.join(folder, name, 'contents'));
  if (kind === 'unmounted') return nothing;
  if (kind === 'read-only') return (await readOnly(String(alder), storage)).unmount;
  if (kind === 'empty') await mkdir(storage);
  else await cp(String(kind === 'right' ? alder : birch), storage, { recursive: true });
  return nothing;
}

/** The contents that can be read, with their bytes; those in quarantine are left out. */
async function contentsIn(storage: string): Promise<string[]> {
  const blobs = path.join(storage, 'blobs');
  const entries = await readdir(blobs, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
  return Promise.all(files.map(async (file) => `${path.relative(blobs, file)} ${await readFile(file, 'utf8')}`));
}

function wrongWith({ outcome, said }: Start, { database, store }: Mix): string[] {
  const expected = EXPECTED[database][store];
  if (expected === RIGHT) return outcome === 'ready' ? [] : [`exited: ${said}`];
  return outcome === 'exited' && expected.test(said) ? [] : [`${outcome}: ${said}`];
}
