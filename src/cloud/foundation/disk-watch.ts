import type { KnexNonceStore } from '../../oauth1/index.js';
import { isDiskFull, type DiskReserve } from '../../platform/index.js';

/** Watches the free space on the disk of the database, for a running service (ruling F-62). */
export interface DiskWatch {
  /** Keeps the reserve, and writes what memory kept meanwhile; to be called every few seconds. */
  readonly tend: () => Promise<void>;
  /** What a full disk keeps this cloud from doing, as a sentence; undefined while there is space. */
  readonly trouble: () => Promise<string | undefined>;
}

const FULL = 'The disk of the database is full: people can read, sign in and end shares, nothing is stored.';
const SPARE = 'The disk is full: used nonces are kept in memory only.';

/** `reserve` is undefined when the database is not on a disk of this machine. */
export function diskWatch(reserve: DiskReserve | undefined, nonces: KnexNonceStore): DiskWatch {
  return {
    async tend() {
      await reserve?.look('keep');
      if (nonces.isSpare) await nonces.settle().catch(unlessFull);
    },
    async trouble() {
      await reserve?.look();
      if (reserve?.isFull === true) return FULL;
      return nonces.isSpare ? SPARE : undefined;
    },
  };
}

/** It is still full; the next check tries again. */
function unlessFull(error: unknown): void {
  if (!isDiskFull(error)) throw error;
}
