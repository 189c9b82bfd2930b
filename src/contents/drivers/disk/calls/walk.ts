import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isContentKey, keysOf } from '../../../driver/index.js';
import { errorCode } from './disk-calls.js';

/** A page of keys is at least this long, unless it is the last. */
const PAGE = 500;

/** The folder of a key: its first two characters. */
export function shardOf(key: string): string {
  return key.slice(0, 2);
}

/**
 * The next keys of a `blobs` folder after `after`, in ascending order. Skips other files; a missing folder has no keys.
 * Reads whole shards, because a folder has to be read completely to sort it.
 */
export async function storedAfter(blobs: string, after: string): Promise<string[]> {
  const shards = (await namesIn(blobs)).filter((name) => /^[0-9a-f]{2}$/.test(name) && name >= shardOf(after)).sort();
  const keys: string[] = [];
  for (const shard of shards) {
    if (keys.length >= PAGE) break;
    const names = await namesIn(join(blobs, shard));
    keys.push(...names.filter((name) => isContentKey(name) && name > after).sort());
  }
  return keys;
}

/** The keys of all contents in a `blobs` folder. */
export function storedKeys(blobs: string): AsyncGenerator<string> {
  return keysOf({ list: (after) => storedAfter(blobs, after) });
}

/** The names in a folder; none when it is missing. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** When a file was last written; Infinity when it is gone. */
export async function writtenAt(path: string): Promise<number> {
  try {
    return (await lstat(path)).mtimeMs;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Infinity;
    throw error;
  }
}
