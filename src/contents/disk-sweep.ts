import { lstat, opendir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from './disk-calls.js';
import { isKey, shardOf } from './keys.js';
import type { SweepOptions, Swept } from './content-store.js';

/** Where the collector looks. */
export interface SweepPlaces {
  readonly blobs: string;
  readonly tmp: string;
  /** True while an upload of this process writes to the key. */
  isActive(key: string): boolean;
}

const BATCH = 500;

/** Removes unfinished uploads and unnamed contents of the given ages; foreign files are left alone. */
export async function sweepDisk(places: SweepPlaces, options: SweepOptions): Promise<Swept> {
  const temporary = await sweepDrafts(places, options);
  return { temporary, orphans: await sweepBlobs(places, options) };
}

async function sweepDrafts(places: SweepPlaces, { now, tmpAge }: SweepOptions): Promise<number> {
  let removed = 0;
  for await (const key of oldKeys(places.tmp, now - tmpAge)) {
    if (!places.isActive(key)) removed += await removeFile(join(places.tmp, key));
  }
  return removed;
}

async function sweepBlobs({ blobs }: SweepPlaces, options: SweepOptions): Promise<number> {
  let removed = 0;
  let batch: string[] = [];
  for await (const key of storedKeys(blobs, options.now - options.grace)) {
    batch.push(key);
    if (batch.length < BATCH) continue;
    removed += await removeUnnamed(blobs, batch, options);
    batch = [];
  }
  return removed + (await removeUnnamed(blobs, batch, options));
}

async function removeUnnamed(blobs: string, keys: readonly string[], options: SweepOptions): Promise<number> {
  if (keys.length === 0) return 0;
  const named = await options.named(keys);
  let removed = 0;
  for (const key of keys) {
    if (!named.has(key)) removed += await removeFile(join(blobs, shardOf(key), key));
  }
  return removed;
}

async function* storedKeys(blobs: string, before: number): AsyncGenerator<string> {
  for await (const { name } of await opendir(blobs)) {
    if (/^[0-9a-f]{2}$/.test(name)) yield* oldKeys(join(blobs, name), before);
  }
}

/** The keys in a folder whose file was last written at or before a time. */
async function* oldKeys(folder: string, before: number): AsyncGenerator<string> {
  for await (const { name } of await opendir(folder)) {
    if (isKey(name) && (await writtenAt(join(folder, name))) <= before) yield name;
  }
}

async function writtenAt(path: string): Promise<number> {
  try {
    return (await lstat(path)).mtimeMs;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Infinity;
    throw error;
  }
}

async function removeFile(path: string): Promise<number> {
  await rm(path, { force: true });
  return 1;
}
