import type { Database, Queries, Transaction } from '../../platform/index.js';
import type { SweepOptions, Swept } from './content-store.js';
import { boundOf, QUARANTINE } from './sweep.js';

/** A content that has a row, as far as a sweep looks at it. */
export interface RowEntry {
  readonly key: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly stored_at: number;
  /** Since when it is in quarantine, milliseconds since the epoch; null: it is not. */
  readonly unnamed_since: number | null;
}

/** A table of contents that has these columns. */
export interface SweptTable {
  readonly database: Database;
  readonly table: 'inline_contents' | 'contents';
  /** Removes contents for good, with their rows. */
  readonly erase: (keys: readonly string[]) => Promise<void>;
}

/** What a sweep of a table did, and the bytes of all contents in it. */
export interface RowsSwept {
  readonly swept: Swept;
  readonly bytes: number;
}

/** Rows of one page, and keys of one statement. */
export const PAGE = 500;

/**
 * One sweep of contents that have rows, by the rules for all contents (F-01): those that no row refers to go to
 * quarantine, which is a mark here, and are erased after their time there; one sweep takes a bounded number.
 */
export async function sweepRows(swept: SweptTable, options: SweepOptions): Promise<RowsSwept> {
  const bound = options.all === true ? Infinity : boundOf(await countOf(swept));
  const erasure = await eraseDue(swept, options, bound);
  const counts = { quarantined: 0, left: 0, spared: 0 };
  let bytes = 0;
  for await (const page of entryPages(swept.database.read, swept.table)) {
    bytes += page.reduce((sum, { size }) => sum + size, 0);
    const orphans = await unnamedOf(page, options);
    const spared = options.all === true ? new Set<string>() : await options.spared(orphans);
    const doomed = orphans.filter((key) => !spared.has(key));
    const taken = doomed.slice(0, Math.max(0, bound - counts.quarantined));
    await mark(swept, taken, options.now);
    counts.quarantined += taken.length;
    counts.left += doomed.length - taken.length;
    counts.spared += spared.size;
  }
  return { swept: { ...erasure, ...counts }, bytes };
}

/** What two sweeps did, together. */
export function bothSwept(here: Swept, there: Swept): Swept {
  return {
    quarantined: here.quarantined + there.quarantined,
    erased: here.erased + there.erased,
    returned: here.returned + there.returned,
    left: here.left + there.left,
    spared: here.spared + there.spared,
  };
}

/** All entries in the order of their keys, one page at a time; yields the event loop between pages. */
export async function* entryPages(q: Queries, table: SweptTable['table']): AsyncGenerator<RowEntry[]> {
  for (let after = ''; ;) {
    const page: RowEntry[] = await entries(q, table)
      .where('key', '>', after)
      .orderBy('key')
      .limit(PAGE)
      .select('key', 'size', 'stored_at', 'unnamed_since');
    if (page.length > 0) yield page;
    const last = page[PAGE - 1];
    if (last === undefined) return;
    after = last.key;
    await new Promise(setImmediate);
  }
}

function entries(q: Queries | Transaction, table: SweptTable['table']) {
  return q<RowEntry>(table);
}

async function countOf({ database, table }: SweptTable): Promise<number> {
  const row = await database.read(table).whereNull('unnamed_since').count<{ count: number | string }[]>('* as count');
  return Number(row[0]?.count ?? 0);
}

async function eraseDue(
  swept: SweptTable,
  { now, erase, named }: SweepOptions,
  bound: number,
): Promise<Pick<Swept, 'erased' | 'returned'>> {
  const counts = { erased: 0, returned: 0 };
  const until = erase === true ? Number.MAX_SAFE_INTEGER : now - QUARANTINE;
  for (;;) {
    const keys: string[] = await entries(swept.database.read, swept.table)
      .where('unnamed_since', '<=', until)
      .orderBy('unnamed_since')
      .limit(PAGE)
      .pluck('key');
    if (keys.length === 0) return counts;
    const wanted = await named(keys);
    const gone = keys.filter((key) => !wanted.has(key)).slice(0, Math.max(0, bound - counts.erased));
    await mark(swept, [...wanted], null);
    await swept.erase(gone);
    counts.erased += gone.length;
    counts.returned += wanted.size;
    // The bound is reached; the next sweep takes the rest.
    if (gone.length + wanted.size < keys.length) return counts;
  }
}

/** Those that no row refers to and that are old enough. */
async function unnamedOf(page: readonly RowEntry[], { named, now, grace }: SweepOptions): Promise<string[]> {
  const open = page.filter((entry) => entry.unnamed_since === null).map(({ key }) => key);
  const wanted = await named(open);
  const old = new Set(page.filter((entry) => entry.stored_at <= now - grace).map(({ key }) => key));
  return open.filter((key) => !wanted.has(key) && old.has(key));
}

async function mark({ database, table }: SweptTable, keys: readonly string[], since: number | null): Promise<void> {
  if (keys.length === 0) return;
  await database.vital((trx) =>
    entries(trx, table)
      .whereIn('key', [...keys])
      .update({ unnamed_since: since }),
  );
}
