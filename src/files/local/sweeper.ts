import {
  forgetUnclaimed,
  unclaimedOf,
  type ContentRef,
  type ContentStore,
  type Soundness,
  type Swept,
} from '../../contents/index.js';
import { HOUR, itemIdOf, ROOT_ID, type Clock, type ItemId } from '../../kernel/index.js';
import type { Database, Log, Queries } from '../../platform/index.js';
import { forgetChanges } from '../changes/forgetting.js';
import { forgetLocks } from '../locks/numbers.js';
import { namedContents } from './named-contents.js';
import { forgetReceipts } from '../records/receipts.js';
import { forgetSnapshots } from '../snapshots/snapshots.js';

/** How long a content without a row is kept: no commit comes that late (reliability.md 1). */
const GRACE = 24 * HOUR;

/**
 * How long after a start no content is removed, so that an operator can notice that the wrong database was started
 * (F-01).
 */
const CALM = HOUR;

/** Rows looked at or removed in one statement. */
const BATCH = 500;

/** What one round of the sweeper did. */
export interface Tidied {
  /** Unfinished uploads that were removed. */
  readonly drafts: number;
  readonly receipts: number;
  /** Old changes of trees that were deleted. */
  readonly changes: number;
  /** Expired binding locks that were deleted. */
  readonly locks: number;
  /** Snapshots of folders in other clouds that were deleted. */
  readonly snapshots: number;
  /** Undefined in the first hour. */
  readonly contents: Swept | undefined;
}

/** What an administrator orders of a sweep. */
export interface SweepOrder {
  /** Also sets contents aside beyond the usual limit, and those from before this database took the storage over. */
  readonly all: boolean;
  /** Also erases what has been in quarantine for less than 7 days. */
  readonly erase: boolean;
}

/** A content whose bytes do not match its row. */
export interface Flaw {
  readonly itemId: ItemId;
  readonly version: number;
  readonly name: string;
  readonly soundness: Exclude<Soundness, 'sound'>;
}

/** What {@link Sweeper.verifyContents} found. */
export interface Verification {
  readonly contents: number;
  readonly bytes: number;
  readonly flaws: readonly Flaw[];
}

/** Removes what crashes, refused commits and expiry leave behind, and reads contents to find damage. */
export class Sweeper {
  readonly #database: Database;
  readonly #contents: ContentStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #startedAt: number;

  constructor(inputs: { database: Database; contents: ContentStore; clock: Clock; log: Log }) {
    this.#database = inputs.database;
    this.#contents = inputs.contents;
    this.#clock = inputs.clock;
    this.#log = inputs.log;
    this.#startedAt = inputs.clock.now();
  }

  /** One round, in bounded batches. Safe beside running uploads and on several replicas at once. */
  async tidy(): Promise<Tidied> {
    const now = this.#clock.now();
    const drafts = await this.#contents.sweepDrafts();
    const contents = now - this.#startedAt < CALM ? undefined : await this.#sweep(now);
    const receipts = await this.#forgetReceipts(now);
    const locks = await forgetLocks(this.#database, now);
    const changes = await forgetChanges(this.#database, now);
    return { drafts, contents, receipts, locks, changes, snapshots: await forgetSnapshots(this.#database, now) };
  }

  /** A sweep of the contents by an administrator's order, at any time. */
  async sweepContents(order: SweepOrder): Promise<Swept> {
    const swept = await this.#sweep(this.#clock.now(), order);
    if (order.all) await forgetUnclaimed(this.#database);
    return swept;
  }

  /**
   * Reads every content of every version again and compares hashes (DUR-05). `progress` hears of each one, with the
   * number of contents done so far.
   */
  async verifyContents(progress?: (done: number, flaw: Flaw | undefined) => void): Promise<Verification> {
    const flaws: Flaw[] = [];
    let contents = 0;
    let bytes = 0;
    for await (const version of contentVersions(this.#database.read)) {
      const flaw = await this.#examine(version);
      if (flaw !== undefined) flaws.push(flaw);
      contents += 1;
      bytes += version.size;
      progress?.(contents, flaw);
    }
    return { contents, bytes, flaws };
  }

  /** Each sweep writes one line to the log (F-01). */
  async #sweep(now: number, order?: SweepOrder): Promise<Swept> {
    const { read } = this.#database;
    const named = (keys: readonly string[]): Promise<Set<string>> => namedContents(read, keys);
    const spared = (keys: readonly string[]): Promise<Set<string>> => unclaimedOf(read, keys);
    const swept = await this.#contents.sweep({ now, grace: GRACE, named, spared, ...order });
    if (Object.values(swept).some((count) => count > 0)) this.#log.info(swept, 'contents that no row names were swept');
    return swept;
  }

  async #forgetReceipts(now: number): Promise<number> {
    let total = 0;
    for (;;) {
      const forgotten = await this.#database.vital((trx) => forgetReceipts(trx, now, BATCH));
      total += forgotten;
      if (forgotten < BATCH) return total;
    }
  }

  async #examine(version: ContentVersion): Promise<Flaw | undefined> {
    const soundness = await this.#contents.verify(version);
    if (soundness === 'sound') return undefined;
    return { itemId: version.itemId, version: version.version, name: version.name, soundness };
  }
}

interface ContentVersion extends ContentRef {
  readonly itemId: ItemId;
  readonly version: number;
  readonly name: string;
}

interface ContentVersionRow {
  item_id: number | string;
  version: number;
  name: string;
  content_key: string;
  sha256: string | null;
  size: number;
}

/** The first version that refers to each content, read one page at a time. */
async function* contentVersions(q: Queries): AsyncGenerator<ContentVersion> {
  let after = { itemId: ROOT_ID, version: 0 };
  let lastKey = '';
  for (;;) {
    const page = await pageOfVersions(q, after);
    for (const row of page) {
      after = { itemId: itemIdOf(row.item_id), version: row.version };
      // Renames and deletions make versions with the same content as the one before.
      if (row.content_key !== lastKey) yield { ...after, name: row.name, key: row.content_key, ...hashOf(row) };
      lastKey = row.content_key;
    }
    if (page.length < BATCH) return;
  }
}

function hashOf({ sha256, size }: ContentVersionRow): Pick<ContentRef, 'sha256' | 'size'> {
  return { sha256, size };
}

async function pageOfVersions(q: Queries, after: { itemId: ItemId; version: number }): Promise<ContentVersionRow[]> {
  return q<ContentVersionRow>('item_versions')
    .whereNotNull('content_key')
    .whereRaw('(item_id, version) > (cast(? as bigint), ?)', [after.itemId, after.version])
    .orderBy(['item_id', 'version'])
    .limit(BATCH)
    .select('item_id', 'version', 'name', 'content_key', 'sha256', 'size');
}
