import { createHash, type Hash } from 'node:crypto';
import { keepNewest } from '../../platform/index.js';

/** Uploads whose hashes are kept at the same time. */
const MOST = 1_000;

/**
 * The SHA-256 of what has come of each upload that goes in order, in the memory of this process: so the whole needs not be read
 * again at the end. Where another process goes on with an upload, and after a restart, the hash is not known; then a round
 * in the background reads the content once.
 */
export class RunningHashes {
  /** In the order of their last use. */
  readonly #kept = new Map<string, { readonly hash: Hash; readonly size: number }>();

  /** A hash of the first `size` bytes of an upload, to go on with; undefined where it is not known. */
  at(id: string, size: number): Hash | undefined {
    if (size === 0) return createHash('sha256');
    const kept = this.#kept.get(id);
    return kept?.size === size ? kept.hash.copy() : undefined;
  }

  /** Keeps the hash of the first `size` bytes; undefined: nobody knows it. */
  keep(id: string, size: number, hash: Hash | undefined): void {
    if (hash === undefined) this.forget(id);
    else keepNewest(this.#kept, id, { hash, size }, MOST);
  }

  /** The upload is over. */
  forget(id: string): void {
    this.#kept.delete(id);
  }
}
