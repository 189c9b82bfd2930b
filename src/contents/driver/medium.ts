import type { Clock, Random } from '../../kernel/index.js';
import type { Database, Log, Queries } from '../../platform/index.js';
import type { Driver } from './driver.js';
import type { StoreGuard } from './guard.js';

/**
 * How a cloud opens its storage. `prove`: the storage must prove that it belongs to the database. `adopt`: the database
 * takes it over. `read`: a command only reads it, and nothing is checked.
 */
export type StorageOpening = 'prove' | 'adopt' | 'read';

/** Which stored contents the rows of the database refer to. */
export interface NamedContents {
  /** Keys that rows refer to, the newest and the oldest among them; at most some hundred. */
  readonly sample: (q: Queries) => Promise<string[]>;
  /** Those of `keys` that a row refers to. */
  readonly named: (keys: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** What opening a medium needs beside its URL. */
export interface MediumInputs extends NamedContents {
  readonly opening: StorageOpening;
  readonly database: Database;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Log;
}

/** A medium that is open. */
export interface Medium {
  readonly driver: Driver;
  /**
   * Watches that the medium is still the one that belongs to the database; undefined for a medium that cannot be
   * confused with another.
   */
  readonly guard: StoreGuard | undefined;
}

/**
 * Opens a medium of one kind; throws `unavailable` with a sentence for the operator when it must not or cannot be used.
 */
export type OpenMedium = (url: URL, inputs: MediumInputs) => Promise<Medium>;
