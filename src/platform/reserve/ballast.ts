import { randomFillSync } from 'node:crypto';
import { open, stat } from 'node:fs/promises';

/**
 * The size of the reserve in the file system of the database, for work that must succeed when it is full (ruling F-62),
 * bytes.
 */
export const RESERVE = 64 * 1024 * 1024;

/** Bytes that are written or given back at a time. */
const PIECE = 1024 * 1024;
const GIVEN_BACK = 4 * PIECE;

/** A file that occupies disk space and gives it back in pieces. */
export class Ballast {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Bytes; undefined when it was never made. */
  async size(): Promise<number | undefined> {
    return stat(this.#file).then(
      ({ size }) => size,
      () => undefined,
    );
  }

  /** Grows to its full size; throws the disk's error when that is full, and keeps what it has. */
  async fill(): Promise<void> {
    // Random bytes, so that no file system can compress them.
    const piece = randomFillSync(Buffer.alloc(PIECE));
    const handle = await open(this.#file, 'a', 0o600);
    try {
      let { size } = await handle.stat();
      while (size < RESERVE) {
        await handle.appendFile(piece.subarray(0, Math.min(PIECE, RESERVE - size)));
        // Read again, because several processes may fill it at once.
        ({ size } = await handle.stat());
      }
      await handle.truncate(RESERVE);
    } finally {
      await handle.close();
    }
  }

  /** Gives some MiB back; false when nothing is left. */
  async giveBack(): Promise<boolean> {
    const size = await this.size();
    if (size === undefined || size === 0) return false;
    const handle = await open(this.#file, 'r+');
    await handle.truncate(Math.max(0, size - GIVEN_BACK)).finally(() => handle.close());
    return true;
  }
}
