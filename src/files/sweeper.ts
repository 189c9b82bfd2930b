import type { ContentRef, ContentStore, Soundness, Swept } from '../contents/index.js';
import { HOUR, itemIdOf, MINUTE, ROOT_ID, type Clock, type ItemId } from '../kernel/index.js';
import type { Database, Queries } from '../platform/index.js';
import { forgetReceipts } from './receipts.js';

/** How long a content that no row names is kept: no commit is that late (reliability.md 1). */
const GRACE = 24 * HOUR;

/** Age from which an unfinished upload is rubbish (DUR-03). */
const TEMPORARY_AGE = 10 * MINUTE;

/** Rows looked at or removed in one statement. */
const BATCH = 500;

/** What one round of the sweeper removed. */
export interface Tidied extends Swept {
  readonly receipts: number;
}

/** A content whose bytes are not what its row says. */
export interface Flaw {
  readonly itemId: ItemId;
  readonly version: number;
  readonly name: string;
  readonly soundness: Exclude<Soundness, 'sound'>;
}

/** What {@link Sweeper.verifyContents} found. */
export interface Verified {
  readonly contents: number;
  readonly bytes: number;
  readonly flaws: readonly Flaw[];
}

/** The collector: removes what crashes, refusals and time leave behind, and walks the contents to find damage. */
export class Sweeper {
  readonly #database: Database;
  readonly #contents: ContentStore;
  readonly #clock: Clock;

  constructor(inputs: { database: Database; contents: ContentStore; clock: Clock }) {
    this.#database = inputs.database;
    this.#contents = inputs.contents;
    this.#clock = inputs.clock;
  }

  /** At the start of the only process that uses this store: every unfinished upload is rubbish, whatever its age. */
  async tidyAtStart(): Promise<Tidied> {
    return this.#tidy(0);
  }

  /** One round, in bounded batches. Safe beside running uploads and on several replicas at once. */
  async tidy(): Promise<Tidied> {
    return this.#tidy(TEMPORARY_AGE);
  }

  /**
   * Reads every content of every version again and compares hashes (DUR-05). `progress` hears of each one, with the
   * number of contents done so far.
   */
  async verifyContents(progress?: (done: number, flaw: Flaw | undefined) => void): Promise<Verified> {
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

  async #tidy(tmpAge: number): Promise<Tidied> {
    const now = this.#clock.now();
    const named = (keys: readonly string[]): Promise<Set<string>> => namedKeys(this.#database.read, keys);
    const swept = await this.#contents.sweep({ now, tmpAge, grace: GRACE, named });
    return { ...swept, receipts: await this.#forgetReceipts(now) };
  }

  async #forgetReceipts(now: number): Promise<number> {
    let total = 0;
    for (;;) {
      const forgotten = await this.#database.write((trx) => forgetReceipts(trx, now, BATCH));
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

/** Those of the keys that a version names; a batch of them in one statement. */
async function namedKeys(q: Queries, keys: readonly string[]): Promise<Set<string>> {
  const named = new Set<string>();
  for (let start = 0; start < keys.length; start += BATCH) {
    const rows: { content_key: string }[] = await q('item_versions')
      .whereIn('content_key', keys.slice(start, start + BATCH))
      .distinct('content_key');
    for (const row of rows) named.add(row.content_key);
  }
  return named;
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
  sha256: string;
  size: number;
}

/** The first version that names each content, a page at a time. */
async function* contentVersions(q: Queries): AsyncGenerator<ContentVersion> {
  let after = { itemId: ROOT_ID, version: 0 };
  let lastKey = '';
  for (;;) {
    const page = await pageOfVersions(q, after);
    for (const row of page) {
      after = { itemId: itemIdOf(row.item_id), version: row.version };
      // Renames and deletions repeat the content of the version before.
      if (row.content_key !== lastKey) yield { ...after, name: row.name, key: row.content_key, ...hashOf(row) };
      lastKey = row.content_key;
    }
    if (page.length < BATCH) return;
  }
}

function hashOf({ sha256, size }: ContentVersionRow): { sha256: string; size: number } {
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
