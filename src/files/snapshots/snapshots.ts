import { DAY, notFound, type Clock, type ItemId } from '../../kernel/index.js';
import { inPieces, rowsOf, type Database, type Queries, type Transaction } from '../../platform/index.js';
import { readSnapshot, type Snapshot, type WrittenSnapshot } from './snapshot.js';

/** How long after it was last asked about a snapshot is kept, milliseconds: as long as changes of trees. */
const KEPT_FOR = 30 * DAY;

/** How old the stored time of the last use may be, so that asking again mostly writes nothing. */
const USED_WITHIN = DAY;

/** Most folders of one mount with a snapshot. */
const MOST_OF_A_MOUNT = 2_000;

/** Most bytes of all snapshots of one mount. */
const MOST_BYTES_OF_A_MOUNT = 8 * 1024 * 1024;

/** Most bytes of all snapshots of this cloud, looked at in the rounds of the sweeper. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Rows deleted in one transaction. */
const BATCH = 200;

/** Which folder a snapshot is of. */
export interface SnapshotOf {
  readonly folderId: ItemId;
  readonly mountId: ItemId;
}

/** A snapshot that is kept. */
export interface KeptSnapshot {
  readonly snapshot: Snapshot;
  /** Milliseconds, a day more or less. */
  readonly usedAt: number;
}

interface Row {
  folder_id: number | string;
  mount_id: ItemId;
  number: number;
  content: string;
  size: number;
  used_at: number;
}

/**
 * The snapshots of folders in other clouds: one row a folder, for all who ask about it, in any process. Bounded by mount and
 * by cloud; those that nobody has asked about for longest are given up first.
 */
export class Snapshots {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor({ database, clock }: { readonly database: Database; readonly clock: Clock }) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The snapshot of a folder, if there is one. */
  async find({ folderId }: SnapshotOf): Promise<KeptSnapshot | undefined> {
    const row = await rowFor(this.#database.read, folderId);
    return row && { snapshot: await readSnapshot(row.content), usedAt: row.used_at };
  }

  /** Notes that a snapshot is in use; writes once a day. */
  async use({ folderId }: SnapshotOf, { usedAt }: KeptSnapshot): Promise<void> {
    const now = this.#clock.now();
    if (usedAt > now - USED_WITHIN) return;
    await this.#database.write((trx) =>
      trx('foreign_snapshots').where({ folder_id: folderId }).update({ used_at: now }),
    );
  }

  /**
   * Keeps a snapshot in the place of the one that it was made from, `known`; false when another one has come there meanwhile.
   * `not-found` when the share has ended.
   */
  async keep(of: SnapshotOf, known: KeptSnapshot | undefined, { snapshot, text }: WrittenSnapshot): Promise<boolean> {
    const { folderId: folder_id, mountId: mount_id } = of;
    const size = Buffer.byteLength(text);
    const said = { number: numberOf(snapshot), content: text, size, used_at: this.#clock.now() };
    return this.#database.write(async (trx) => {
      // One writer a mount: so what is counted below is all there is.
      const mount = await trx('mounts')
        .where({ id: mount_id })
        .forNoKeyUpdate()
        .first<{ id: ItemId } | undefined>('id');
      if (mount === undefined) throw notFound();
      const rows = trx('foreign_snapshots').where({ folder_id });
      if (known !== undefined) {
        if ((await rows.where({ number: numberOf(known.snapshot) }).update(said)) === 0) return false;
      } else {
        if ((await rows.first('folder_id')) !== undefined) return false;
        await trx('foreign_snapshots').insert({ folder_id, mount_id, ...said });
      }
      await giveUpOldest(trx, of);
      return true;
    });
  }
}

/**
 * Deletes the snapshots that nobody has asked about for a month, and those over the bound of a cloud, `most` bytes, in
 * bounded batches; answers how many.
 */
export async function forgetSnapshots(database: Database, now: number, most: number = MOST_BYTES): Promise<number> {
  let [forgotten, found] = [0, 0];
  do {
    const old = database.read<Row>('foreign_snapshots').where('used_at', '<=', now - KEPT_FOR);
    found = await forgetThose(database, await old.orderBy('used_at').limit(BATCH).pluck('folder_id'));
    forgotten += found;
  } while (found > 0);
  do {
    const excess = (await totalOf(database.read)).bytes - most;
    found = excess <= 0 ? 0 : await forgetThose(database, await oldestOf(database.read, { bytes: excess, count: 0 }));
    forgotten += found;
  } while (found > 0);
  return forgotten;
}

/** Deletes every snapshot of a mount. Yields the event loop meanwhile (F-60). */
export async function forgetSnapshotsOf(trx: Transaction, mountId: ItemId): Promise<void> {
  await inPieces(BATCH, async () => {
    const some = await trx<Row>('foreign_snapshots').where({ mount_id: mountId }).limit(BATCH).pluck('folder_id');
    if (some.length > 0) await trx('foreign_snapshots').whereIn('folder_id', some).delete();
    return some.length;
  });
}

/** Deletes what a mount has too much of, but not the newest, which may be as large as one can be. */
async function giveUpOldest(trx: Transaction, { folderId, mountId }: SnapshotOf): Promise<void> {
  const { bytes, count } = await totalOf(trx, mountId);
  const excess = { bytes: bytes - MOST_BYTES_OF_A_MOUNT, count: count - MOST_OF_A_MOUNT };
  if (excess.bytes <= 0 && excess.count <= 0) return;
  const oldest = (await oldestOf(trx, excess, mountId)).filter((id) => String(id) !== folderId);
  await trx('foreign_snapshots').whereIn('folder_id', oldest).delete();
}

async function forgetThose(database: Database, ids: readonly (number | string)[]): Promise<number> {
  if (ids.length === 0) return 0;
  return database.vital((trx) => trx('foreign_snapshots').whereIn('folder_id', ids).delete());
}

/** How much is kept, of one mount or of all. */
interface Amount {
  readonly bytes: number;
  readonly count: number;
}

async function totalOf(q: Queries, mountId?: ItemId): Promise<Amount> {
  const [where, values] = mountId === undefined ? ['', []] : [' where mount_id = cast(? as bigint)', [mountId]];
  const sum = 'select count(*) as count, coalesce(sum(size), 0) as bytes from foreign_snapshots';
  const [row] = await rowsOf<Record<keyof Amount, number | string>>(q, sum + where, values);
  return { bytes: Number(row?.bytes ?? 0), count: Number(row?.count ?? 0) };
}

/** The ids of those that were used longest ago, until they come to as much, or to a batch. */
async function oldestOf(q: Queries, { bytes, count }: Amount, mountId?: ItemId): Promise<(number | string)[]> {
  const all = q<Row>('foreign_snapshots').orderBy(['used_at', 'folder_id']).limit(BATCH);
  const rows = await (mountId === undefined ? all : all.where({ mount_id: mountId })).select('folder_id', 'size');
  const ids: (number | string)[] = [];
  let sum = 0;
  for (const { folder_id: id, size } of rows) {
    if (sum >= bytes && ids.length >= count) break;
    ids.push(id);
    sum += size;
  }
  return ids;
}

async function rowFor(q: Queries, folderId: ItemId): Promise<Pick<Row, 'content' | 'used_at'> | undefined> {
  return q<Row>('foreign_snapshots').where('folder_id', folderId).first('content', 'used_at');
}

function numberOf({ points }: Snapshot): number {
  return points.at(-1) ?? 0;
}
