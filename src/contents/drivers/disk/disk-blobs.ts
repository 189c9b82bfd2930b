import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobRefusal, type BlobStat } from '../../driver/index.js';
import { diskRefusal, errorCode, kindOf, type DiskCalls } from './calls/disk-calls.js';
import { shardOf } from './calls/walk.js';

/** How long a shard that was found to be a folder is not checked again, milliseconds. */
const LOOK_AGAIN = 5_000;

/** What {@link DiskBlobs} gets from its driver. */
export interface DiskBlobsInputs {
  readonly folder: string;
  readonly calls: DiskCalls;
  /** Runs a system call of the write path; notes its error for the health and turns it into a {@link BlobRefusal}. */
  readonly noting: <T>(call: () => Promise<T>) => Promise<T>;
}

/** Blobs as files with random names, spread over folders named by their first two characters. */
export class DiskBlobs {
  readonly #in: DiskBlobsInputs;
  readonly #durableShards = new Set<string>();
  /** When a shard was last found to be a folder, by the monotonic clock. */
  readonly #seenShards = new Map<string, number>();

  constructor(inputs: DiskBlobsInputs) {
    this.#in = inputs;
  }

  /**
   * Steps 5 and 6 of the write path (reliability.md 1): renames the draft to its key, durably. On any failure there is
   * no blob of that key.
   */
  async publish(draft: string, key: string, signal: AbortSignal | undefined): Promise<void> {
    const { noting, calls } = this.#in;
    const shard = this.#shardOf(key);
    await noting(() => this.#prepareShard(shard));
    if ((await noting(() => kindOf(this.#pathOf(key)))) !== 'missing') throw new BlobRefusal('taken', 'blob');
    await noting(() => calls.rename(draft, this.#pathOf(key)));
    try {
      await noting(() => calls.syncFolder(shard));
      signal?.throwIfAborted();
    } catch (error) {
      await removeQuietly(this.#pathOf(key));
      throw error;
    }
  }

  /** Opens a blob; refuses anything that is not a regular file. */
  async open(key: string): Promise<{ readonly handle: FileHandle; readonly size: number }> {
    try {
      await this.#requireSeenShard(this.#shardOf(key));
      // Without O_NONBLOCK a pipe planted in place of a blob would hold a thread of the pool for ever (PTH-07).
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const handle = await open(this.#pathOf(key), flags);
      return { handle, size: (await requireFile(handle)).size };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') throw new BlobRefusal('missing', 'no such file', { cause: error });
      if (errorCode(error) === 'ELOOP') throw new BlobRefusal('denied', 'blob is a link', { cause: error });
      throw diskRefusal(error);
    }
  }

  /** Size and time of the blob under a key, not following links; undefined when there is none. */
  async stat(key: string): Promise<BlobStat | undefined> {
    try {
      const { size, mtimeMs: writtenAt } = await lstat(this.#pathOf(key));
      return { size, writtenAt };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw diskRefusal(error);
    }
  }

  /** Removes the bytes; a key that is gone already is fine. */
  async remove(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true });
  }

  async #prepareShard(shard: string): Promise<void> {
    if (!this.#durableShards.has(shard)) {
      // Parents are not made: if the disk is not mounted, they would be made in its empty mount point (F-02).
      await mkdir(shard, { mode: 0o700 }).catch(ignoreExisting);
      await this.#in.calls.syncFolder(this.#in.folder);
      this.#durableShards.add(shard);
    }
    await requireFolder(shard);
  }

  /** Checks a shard again only every few seconds, not for every file that is read. */
  async #requireSeenShard(shard: string): Promise<void> {
    const now = performance.now();
    if (now - (this.#seenShards.get(shard) ?? -Infinity) < LOOK_AGAIN) return;
    await requireFolder(shard);
    this.#seenShards.set(shard, now);
  }

  #shardOf(key: string): string {
    return join(this.#in.folder, shardOf(key));
  }

  #pathOf(key: string): string {
    return join(this.#shardOf(key), key);
  }
}

/** Refuses a folder that was replaced by a link (PTH-07). If it is missing, the next system call fails and says so. */
export async function requireFolder(path: string): Promise<void> {
  const kind = await kindOf(path);
  if (kind !== 'folder' && kind !== 'missing') throw new BlobRefusal('denied', 'folder is a link');
}

/** Removes a file; if that fails, the sweep removes it later. */
export async function removeQuietly(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

async function requireFile(handle: FileHandle): Promise<Stats> {
  const stats = await handle.stat();
  if (stats.isFile()) return stats;
  await handle.close();
  throw new BlobRefusal('damaged', 'not a file');
}

function ignoreExisting(error: unknown): void {
  if (errorCode(error) !== 'EEXIST') throw error;
}
