import { constants } from 'node:fs';
import { lstat, open, rename, type FileHandle } from 'node:fs/promises';
import { BlobRefusal } from '../../../driver/index.js';

/** A file that is being written. */
export interface DiskFile {
  /** Appends every byte of the batch. */
  write(batch: readonly Uint8Array[]): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The system calls of the write path, as an interface so that tests can make each of them fail (DUR-04, reliability.md
 * 3).
 */
export interface DiskCalls {
  /** Creates a new file with access for its owner only; fails if it exists, and does not follow links (PTH-07). */
  create(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  syncFolder(path: string): Promise<void>;
}

/** The real system calls. */
export const diskCalls: DiskCalls = {
  async create(path) {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    return new HandleFile(await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
  },
  rename,
  syncFolder,
};

/** Makes created, renamed and removed names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  await handle.sync().finally(() => handle.close());
}

class HandleFile implements DiskFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(batch: readonly Uint8Array[]): Promise<void> {
    const { bytesWritten } = await this.#handle.writev([...batch]);
    const total = batch.reduce((sum, { length }) => sum + length, 0);
    if (bytesWritten < total) await this.#writeRest(Buffer.concat(batch).subarray(bytesWritten));
  }

  /** A nearly full disk may take part of a write and report the error only on the next one. */
  async #writeRest(rest: Buffer): Promise<void> {
    for (let done = 0; done < rest.length;) {
      const { bytesWritten } = await this.#handle.write(rest, done, rest.length - done);
      if (bytesWritten === 0) throw Object.assign(new Error('nothing more was written'), { code: 'ENOSPC' });
      done += bytesWritten;
    }
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** What is at a path, never following a link: `missing`, `file`, `folder`, or `other` (a link, a device). */
export async function kindOf(path: string): Promise<'missing' | 'file' | 'folder' | 'other'> {
  try {
    const stats = await lstat(path);
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'missing';
    throw error;
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const EXHAUSTED = new Set(['EMFILE', 'ENFILE']);

/**
 * Turns the error of a system call into a {@link BlobRefusal}; a {@link BlobRefusal} stays as it is (DOS-05, OPS-07).
 */
export function diskRefusal(error: unknown): BlobRefusal {
  if (error instanceof BlobRefusal) return error;
  const code = errorCode(error);
  const kind = FULL.has(code) ? 'full' : EXHAUSTED.has(code) ? 'throttled' : 'failed';
  return new BlobRefusal(kind, `${code} ${error instanceof Error ? error.message : ''}`.trim(), { cause: error });
}

/** The code of a system error, such as `ENOENT`; empty when it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
