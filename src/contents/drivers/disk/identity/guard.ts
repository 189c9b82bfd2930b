import { MINUTE, type Random } from '../../../../kernel/index.js';
import type { Database } from '../../../../platform/index.js';
import { failureOf, storageAway, type StoreGuard } from '../../../driver/index.js';
import { diskRefusal } from '../calls/disk-calls.js';
import { riseGeneration } from './known-store.js';
import { WatchedMarker, writeMarker } from './marker.js';

/**
 * The number rises when contents are stored this long after its last rise, milliseconds. A restored database that is
 * older by less is not noticed.
 */
const RISE = MINUTE;

/** What {@link IdentityGuard} needs. */
export interface IdentityGuardInputs {
  readonly folder: string;
  readonly database: Database;
  readonly random: Random;
  /** The id of the store. */
  readonly id: string;
}

/**
 * Watches that the folder is still the store that it was at the start, and raises the generation number that folder and
 * database both have. A database that was restored from a copy more than a minute older than the last upload then finds
 * a higher number in the folder (F-01).
 */
export class IdentityGuard implements StoreGuard {
  readonly #in: IdentityGuardInputs;
  readonly #marker: WatchedMarker;
  /** By the monotonic clock. */
  #risenAt = -Infinity;
  #rising: Promise<void> | undefined;

  constructor(inputs: IdentityGuardInputs) {
    this.#in = inputs;
    this.#marker = new WatchedMarker(inputs.folder);
  }

  async admit(): Promise<void> {
    const trouble = await this.trouble();
    if (trouble !== undefined) throw storageAway(trouble);
    if (performance.now() - this.#risenAt < RISE) return;
    this.#rising ??= this.#rise().finally(() => (this.#rising = undefined));
    await this.#rising;
  }

  async trouble(): Promise<string | undefined> {
    const { id } = this.#in;
    try {
      const marker = await this.#marker.read();
      if (marker === undefined) return 'The storage folder is not there: is its disk mounted?';
      return marker === 'unreadable' || marker.id !== id
        ? 'The storage folder belongs to another database.'
        : undefined;
    } catch (error) {
      return `The storage folder cannot be read: ${diskRefusal(error).detail}.`;
    }
  }

  /**
   * The database is written first: after a crash in between, the folder has the lower number, which is not taken for an
   * older database.
   */
  async #rise(): Promise<void> {
    const { database, folder, random, id } = this.#in;
    const risen = await database.write((trx) => riseGeneration(trx, id));
    if (risen === undefined) throw storageAway('The database has taken over another storage folder.');
    await writeMarker(folder, risen, random.bytes(8).toString('hex')).catch((error: unknown) => {
      throw failureOf(diskRefusal(error));
    });
    this.#risenAt = performance.now();
  }
}
