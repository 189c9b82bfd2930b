import type { Knex } from 'knex';
import { DAY, itemIdOf, type Clock, type ItemId } from '../../kernel/index.js';
import {
  beginsWith,
  longWork,
  placeholders,
  type Database,
  type Queries,
  type Transaction,
} from '../../platform/index.js';
import type { Node, NodeKey } from '../space/file-space.js';
import { renameForeign, underNewKey } from '../records/foreign-ids.js';

/** What another cloud says of an item now. */
export interface Sighting {
  readonly key: NodeKey;
  readonly kind: Node['kind'];
  /** An id that the item keeps when it is renamed at its cloud; undefined: not said. */
  readonly fileId: string | undefined;
  /** Its entity tag without what marks it as weak; empty: none. */
  readonly tag: string;
  readonly size: number;
  /** Milliseconds; undefined: not said, or not in a way that can be read. */
  readonly changedAt: number | undefined;
  /** Adler-32 of its content; undefined: not said. */
  readonly checksum: number | undefined;
}

/** What is remembered of an item beside what its cloud says. */
export interface Fact {
  /** Grows by one whenever its content or its place was seen to change. */
  readonly version: number;
  readonly status: Exclude<Node['status'], 'DELETED'>;
  /** Adler-32 of its content; 0: not known. */
  readonly checksum: number;
  /** When its content was made, as the client said that uploaded it here, milliseconds. */
  readonly contentAt: number | undefined;
  /** When it was changed, milliseconds; where its cloud does not say, when this content was first seen. */
  readonly changedAt: number;
}

/** What we know of an item after a change of ours. The time of the change is told by its cloud. */
export type NewFact = Omit<Fact, 'changedAt'>;

/** A fact, and the content that it is about: it says nothing of another one. */
export interface KnownFact extends Fact, Pick<Sighting, 'tag' | 'size'> {}

/** A lock that the cloud of a file has given us (`PassedOnLocks`). */
export interface HeldThere {
  readonly key: NodeKey;
  readonly word: string;
}

/** Locks of one mount that are shown; no person holds more (threat model DAV-03), but those that could not be given back. */
const MOST_HELD = 200;

/** What is remembered of the items behind one mount. */
export interface MountFacts {
  /**
   * Compares what is seen now with what was seen last, and keeps it; answers the facts in the same order. When tag,
   * size or time differ, the content has changed, and what was known of the earlier one is forgotten. An unknown item
   * with the file id of a known one is that item, renamed elsewhere: it and everything below keep their ids.
   */
  meet(sights: readonly Sighting[]): Promise<Fact[]>;
  /** What is remembered of these, compared with nothing and kept as it is; what nothing is known of is left out. */
  known(keys: readonly NodeKey[]): Promise<ReadonlyMap<NodeKey, KnownFact>>;
  /** Keeps what a change of ours has made of an item. */
  keep(sight: Sighting, fact: NewFact): Promise<Fact>;
  /** Gives an item that we have moved, and everything below it, its new key. */
  moved(from: NodeKey, to: NodeKey): Promise<void>;
  /** Forgets an item that we have deleted, or that is gone: another one of its name will be a new item. */
  forget(key: NodeKey): Promise<void>;
  /** What an item was when it was last seen; undefined: not seen. */
  kindOf(key: NodeKey): Promise<Node['kind'] | undefined>;
  /** The locks that its cloud has given us, wherever they are shown with a change there. */
  locks(): Promise<readonly HeldThere[]>;
  /** Notes that some of them do not hold any more: they went with their file, or its cloud has dropped them. */
  locksEnded(locks: readonly HeldThere[]): Promise<void>;
  /** What was found out about the server, as {@link keepManners} was told. */
  manners(): Promise<string | undefined>;
  /** Keeps what was found out about the server. Does nothing while the share is not mounted. */
  keepManners(manners: string): Promise<void>;
}

interface Row extends Omit<Sighting, 'checksum' | 'changedAt'>, Fact {
  readonly seenAt: number;
}

interface FactRow {
  key: NodeKey;
  kind: Node['kind'];
  file_id: string | null;
  tag: string;
  size: number;
  changed_at: number;
  version: number;
  status: Fact['status'];
  checksum: number;
  content_at: number | null;
  seen_at: number;
}

const COLUMNS = [
  ...['mount_id', 'key', 'kind', 'file_id', 'tag', 'size', 'changed_at'],
  ...['version', 'status', 'checksum', 'content_at', 'seen_at'],
] as const;

/** Items compared or written in one statement: some milliseconds of SQLite. */
const BATCH = 400;

/** Items of a mount that are remembered; those unseen for longest are given up, some at a time (ruling F-67). */
const MOST = 100_000;

/** How old the note of when an item was seen may be: listing a folder again mostly writes nothing. */
const SEEN_WITHIN = DAY;

/** Says what the first sight of an item says. */
const FIRST: NewFact = { version: 1, status: 'NEW', checksum: 0, contentAt: undefined };

/** What {@link ForeignFacts} are made of. */
export interface ForeignFactsInputs {
  readonly database: Database;
  readonly clock: Clock;
  /** Most items of a mount that are remembered. */
  readonly most?: number;
}

/**
 * Remembers what protocols without versions and ids do not say of items behind mounts, beside the map of their ids.
 * Nothing is kept of a share that is not mounted yet: its items always look as if seen for the first time.
 */
export class ForeignFacts {
  readonly #in: Required<ForeignFactsInputs>;

  constructor({ most = MOST, ...inputs }: ForeignFactsInputs) {
    this.#in = { ...inputs, most };
  }

  /** Those of the mount of an incoming share. */
  of(incomingId: string): MountFacts {
    return new FactsOfMount(this.#in, incomingId);
  }
}

class FactsOfMount implements MountFacts {
  readonly #in: Required<ForeignFactsInputs>;
  readonly #incomingId: string;
  /** An upper bound of the rows that are kept; undefined: not known yet. */
  #atMost: number | undefined;

  constructor(inputs: Required<ForeignFactsInputs>, incomingId: string) {
    this.#in = inputs;
    this.#incomingId = incomingId;
  }

  async meet(sights: readonly Sighting[]): Promise<Fact[]> {
    const facts: Fact[] = [];
    for (let start = 0; start < sights.length; start += BATCH) {
      facts.push(...(await this.#batch(sights.slice(start, start + BATCH))));
      await longWork.rest();
    }
    return facts;
  }

  /** Of most mounts nothing is kept like this: then a listing costs one question, however long it is. */
  async known(keys: readonly NodeKey[]): Promise<ReadonlyMap<NodeKey, KnownFact>> {
    const known = new Map<NodeKey, KnownFact>();
    if (!(await this.#isAnythingKept())) return known;
    for (let start = 0; start < keys.length; start += BATCH) {
      const rows = await rowsOf(this.#in.database.read, this.#incomingId, keys.slice(start, start + BATCH));
      for (const [key, row] of rows) known.set(key, row);
      await longWork.rest();
    }
    return known;
  }

  async #isAnythingKept(): Promise<boolean> {
    const fact = await this.#in.database
      .read('mounts as mount')
      .join('foreign_facts as fact', 'fact.mount_id', 'mount.id')
      .where('mount.incoming_id', this.#incomingId)
      .first<{ key: NodeKey } | undefined>('fact.key');
    return fact !== undefined;
  }

  async keep(sight: Sighting, fact: NewFact): Promise<Fact> {
    const row = { ...sight, ...fact, changedAt: sight.changedAt ?? this.#now, seenAt: this.#now };
    await this.#write((trx, mountId) => this.#put(trx, mountId, [row]));
    return row;
  }

  async moved(from: NodeKey, to: NodeKey): Promise<void> {
    if (from === to) return;
    await this.#write((trx, mountId) => this.#rename(trx, { mountId, from, to }));
  }

  async forget(key: NodeKey): Promise<void> {
    await this.#write(async (trx, mountId) => {
      await this.#atOrBelow(trx, mountId, key).delete();
    });
  }

  async kindOf(key: NodeKey): Promise<Node['kind'] | undefined> {
    const mount = this.#in.database.read('mounts').where({ incoming_id: this.#incomingId }).select('id');
    const row = await this.#in.database
      .read<FactRow & { mount_id: ItemId }>('foreign_facts')
      .where('mount_id', mount)
      .where({ key })
      .first('kind');
    return row?.kind;
  }

  async locks(): Promise<readonly HeldThere[]> {
    return this.#in.database
      .read('locks as held')
      .join('mounts as mount', 'mount.id', 'held.mount_id')
      .where('mount.incoming_id', this.#incomingId)
      .where('held.abroad_ends_at', '>=', this.#now)
      .orderBy('held.abroad_ends_at', 'desc')
      .limit(MOST_HELD)
      .select<HeldThere[]>('held.abroad_key as key', 'held.abroad_word as word');
  }

  async locksEnded(locks: readonly HeldThere[]): Promise<void> {
    const words = locks.map(({ word }) => word);
    if (words.length === 0) return;
    const none = { abroad_key: null, abroad_word: null, abroad_ends_at: null };
    await this.#write((trx, mountId) =>
      trx('locks').where({ mount_id: mountId }).whereIn('abroad_word', words).update(none),
    );
  }

  async manners(): Promise<string | undefined> {
    const row = await this.#in.database
      .read('foreign_manners as manner')
      .join('mounts as mount', 'mount.id', 'manner.mount_id')
      .where('mount.incoming_id', this.#incomingId)
      .first<{ manners: string } | undefined>('manner.manners');
    return row?.manners;
  }

  async keepManners(manners: string): Promise<void> {
    await this.#write(async (trx, mountId) => {
      await trx('foreign_manners').insert({ mount_id: mountId, manners }).onConflict('mount_id').merge(['manners']);
    });
  }

  get #now(): number {
    return this.#in.clock.now();
  }

  async #batch(sights: readonly Sighting[]): Promise<Fact[]> {
    const keys = sights.map(({ key }) => key);
    const known = await rowsOf(this.#in.database.read, this.#incomingId, keys);
    const isNews = (sight: Sighting): boolean => {
      const row = known.get(sight.key);
      return row === undefined || !isSame(row, sight) || row.seenAt <= this.#now - SEEN_WITHIN;
    };
    const news = sights.some(isNews);
    const written = news ? await this.#write((trx, mountId) => this.#take(trx, mountId, sights)) : undefined;
    return written ?? sights.map((sight) => known.get(sight.key) ?? this.#next(sight, undefined));
  }

  /** Compares everything again within the transaction, since another request may have come first. */
  async #take(trx: Transaction, mountId: ItemId, sights: readonly Sighting[]): Promise<Fact[]> {
    await this.#followRenames(trx, mountId, sights);
    const known = await rowsOf(
      trx,
      this.#incomingId,
      sights.map(({ key }) => key),
    );
    const rows = sights.map((sight) => this.#next(sight, known.get(sight.key)));
    await this.#put(
      trx,
      mountId,
      rows.filter((row) => row !== known.get(row.key)),
    );
    return rows;
  }

  #next(sight: Sighting, row: Row | undefined): Row {
    const seenAt = this.#now;
    if (row?.kind === sight.kind && isSame(row, sight)) {
      return row.seenAt > seenAt - SEEN_WITHIN ? row : { ...row, seenAt };
    }
    const { checksum = 0, changedAt = seenAt, ...said } = sight;
    const fresh = { ...said, ...FIRST, checksum, changedAt, seenAt };
    if (row?.kind !== sight.kind) return fresh;
    if (sight.kind === 'folder') return { ...fresh, version: row.version, status: row.status };
    return { ...fresh, version: row.version + 1, status: 'CHANGED' };
  }

  /** Finds renames: an item with an unknown key and a known file id was renamed elsewhere. */
  async #followRenames(trx: Transaction, mountId: ItemId, sights: readonly Sighting[]): Promise<void> {
    const here = new Set(sights.map(({ key }) => key));
    const named = sights.flatMap(({ fileId }) => (fileId === undefined ? [] : [fileId]));
    if (named.length === 0) return;
    const rows = await trx('foreign_facts')
      .where({ mount_id: mountId })
      .whereIn('file_id', named)
      .select<FactRow[]>('key', 'kind', 'file_id');
    const known = new Set(rows.map(({ key }) => key));
    const left = new Map(rows.filter(({ key }) => !here.has(key)).map((row) => [row.file_id, row]));
    for (const { key, kind, fileId } of sights) {
      const before = fileId === undefined || known.has(key) ? undefined : left.get(fileId);
      if (before?.kind !== kind || isBelow(key, before.key)) continue;
      left.delete(before.file_id);
      const rename = { mountId, from: before.key, to: key };
      await renameForeign(trx, this.#in.database, rename);
      await this.#rename(trx, rename);
      await longWork.rest();
    }
  }

  async #rename(
    trx: Transaction,
    { mountId, from, to }: { readonly mountId: ItemId; readonly from: NodeKey; readonly to: NodeKey },
  ): Promise<void> {
    await this.#atOrBelow(trx, mountId, to).delete();
    await this.#atOrBelow(trx, mountId, from).update({ key: underNewKey(trx, from, to) });
    const top = trx('foreign_facts').where({ mount_id: mountId, key: to });
    await top.update({ status: 'RENAMED', version: trx.raw('version + 1') });
  }

  async #put(trx: Transaction, mountId: ItemId, rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const values = rows.map(() => `(${placeholders(COLUMNS.length)})`).join(', ');
    const updates = COLUMNS.slice(2).map((column) => `${column} = excluded.${column}`);
    await trx.raw(
      `insert into foreign_facts (${COLUMNS.join(', ')}) values ${values} on conflict (mount_id, key) do update set ${updates.join(', ')}`,
      rows.flatMap((row) => valuesOf(mountId, row)),
    );
    await this.#giveUpOldest(trx, mountId, rows.length);
  }

  /**
   * Deletes the rows that were seen longest ago when there are too many. `added`: how many may be new. They are counted
   * only when the bound is passed, because counting reads all of them.
   */
  async #giveUpOldest(trx: Transaction, mountId: ItemId, added: number): Promise<void> {
    const { most } = this.#in;
    const all = trx('foreign_facts').where({ mount_id: mountId });
    this.#atMost = this.#atMost === undefined ? Infinity : this.#atMost + added;
    if (this.#atMost <= most) return;
    const [row] = await all.clone().count<{ count: number | string }[]>({ count: '*' });
    this.#atMost = Number(row?.count ?? 0);
    if (this.#atMost <= most) return;
    // A hundredth more is deleted than has to be, so that the next new item does not count again.
    const excess = Math.min(this.#atMost - most + Math.floor(most / 100), 2 * BATCH);
    this.#atMost -= excess;
    const oldest = await all.clone().orderBy(['seen_at', 'key']).limit(excess).pluck<NodeKey[]>('key');
    await all.clone().whereIn('key', oldest).delete();
  }

  #atOrBelow(trx: Transaction, mountId: ItemId, key: NodeKey): Knex.QueryBuilder {
    const below = beginsWith(this.#in.database, 'key', key.endsWith('/') ? key : `${key}/`);
    return trx('foreign_facts')
      .where({ mount_id: mountId })
      .where((either) => void either.where({ key }).orWhereRaw(below.sql, below.values));
  }

  /** Does nothing and answers undefined while the share is not mounted. */
  async #write<T>(work: (trx: Transaction, mountId: ItemId) => Promise<T>): Promise<T | undefined> {
    return this.#in.database.write(async (trx) => {
      const mount = await trx('mounts')
        .where({ incoming_id: this.#incomingId })
        .forNoKeyUpdate()
        .first<{ id: number | string } | undefined>('id');
      return mount === undefined ? undefined : work(trx, itemIdOf(mount.id));
    });
  }
}

async function rowsOf(q: Queries, incomingId: string, keys: readonly NodeKey[]): Promise<Map<NodeKey, Row>> {
  const rows = await q('foreign_facts as fact')
    .join('mounts as mount', 'mount.id', 'fact.mount_id')
    .where('mount.incoming_id', incomingId)
    .whereIn('fact.key', keys)
    .select<FactRow[]>(COLUMNS.slice(1).map((column) => `fact.${column}`));
  return new Map(rows.map((row) => [row.key, readRow(row)]));
}

function readRow(row: FactRow): Row {
  const { key, kind, tag, size, version, status, checksum } = row;
  return {
    key,
    kind,
    tag,
    size,
    version,
    status,
    checksum,
    fileId: row.file_id ?? undefined,
    changedAt: row.changed_at,
    contentAt: row.content_at ?? undefined,
    seenAt: row.seen_at,
  };
}

function valuesOf(mountId: ItemId, row: Row): (string | number | null)[] {
  const { key, kind, fileId, tag, size, changedAt, version, status, checksum, contentAt, seenAt } = row;
  return [
    ...[mountId, key, kind, fileId ?? null, tag, size, changedAt],
    ...[version, status, checksum, contentAt ?? null, seenAt],
  ];
}

/** Of folders, tag and size are not compared: they change with anything in them. */
function isSame(row: Row, { kind, fileId, tag, size, changedAt = row.changedAt }: Sighting): boolean {
  if (row.kind !== kind || row.fileId !== fileId || row.changedAt !== changedAt) return false;
  return kind === 'folder' || (row.tag === tag && row.size === size);
}

function isBelow(key: NodeKey, other: NodeKey): boolean {
  return key.startsWith(`${other}/`);
}
