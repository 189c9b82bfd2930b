import { DAY, Failure, isFailure, itemIdOf, SECOND, type Clock, type ItemId } from '../../kernel/index.js';
import type { Database, Log, Transaction } from '../../platform/index.js';
import type { ReachedAbroad } from '../access/access.js';
import { mountById, type Mount } from '../records/mounts.js';
import { lockTree } from '../records/owner.js';
import { takesLocks, type GivenLock, type LockingSpace, type PassedLock } from '../space/abilities.js';
import type { FileSpace, NodeKey } from '../space/file-space.js';
import { dropLocks } from './bindings.js';
import type { BindingRow, NewLock } from './lock-row.js';

/** What {@link PassedOnLocks} needs. */
export interface PassingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Pick<Log, 'info' | 'error'>;
  /** Opens the file space behind a mount; sends nothing to the other cloud. */
  readonly openMount: (mount: Mount) => Promise<FileSpace>;
  /** How long another cloud may keep somebody waiting who locks something here, milliseconds. Default: four seconds. */
  readonly patience?: number | undefined;
}

/** Before programs give up, which they do after some twelve seconds (ruling F-26). */
const PATIENCE = 4_000;

/** Locks that are given back in one round, and clouds that may fail meanwhile: each may take as long as a request can. */
const ROUND = { locks: 20, away: 5 } as const;

/** Most locks behind one mount that have ended here and are still to be given back. */
const MOST_LEFT = 100;

/** A lock that ends no earlier there than this is taken for one that ends then, seconds. */
const LONGEST = DAY / SECOND;

/** A lock that another cloud has given, too. */
type RowAbroad = BindingRow & { readonly abroad_key: NodeKey; readonly abroad_word: string };

/** What became of a wish for a lock in another cloud. */
type Outcome = 'given' | 'refused' | 'ours alone';

/**
 * Locks of files behind mounts, passed on to the clouds that have the files (webdav.md 1.9). Our own lock stands first, in a
 * transaction of its own; then its cloud is asked, outside of any. What it gives is written beside our lock, so that our own
 * changes can show it, and is given back when our lock has ended, however that was. A lock that was given there to a process
 * that died before it could write this ends there with its time.
 */
export class PassedOnLocks {
  readonly #in: PassingInputs;
  readonly #patience: number;

  constructor(inputs: PassingInputs) {
    this.#in = inputs;
    this.#patience = inputs.patience ?? PATIENCE;
  }

  /**
   * Asks the other cloud for a lock that stands here. False: somebody there holds one. A cloud that is silent or has no such
   * locks is no reason to refuse; if it gives the lock after we have stopped waiting, that counts from then on.
   */
  async take(place: ReachedAbroad, lock: NewLock): Promise<boolean> {
    if (!isPassedOn(lock)) return true;
    return (await this.#within(this.#asked(place, lock))) !== 'refused';
  }

  /** Starts the time of a lock anew in the other cloud, or asks for it there if it does not hold it. Ours stands in any case. */
  async refresh(place: ReachedAbroad, lock: BindingRow): Promise<void> {
    if (isPassedOn(lock)) await this.#within(this.#asked(place, lock, lock));
  }

  /** Gives back what {@link endLocks} has ended here. What cannot be given back now is tried again by {@link giveBackOver}. */
  async giveBack(mount: Mount, ended: readonly BindingRow[]): Promise<void> {
    const all = async (): Promise<void> => {
      for (const lock of ended) await this.#givenBack(mount, lock);
    };
    if (ended.length > 0) await this.#within(all());
  }

  /** Gives back some of the locks that have ended here and hold there still; answers how many. */
  async giveBackOver(): Promise<number> {
    const { database, clock } = this.#in;
    const now = clock.now();
    const rows = await database
      .read<BindingRow>('locks')
      .where('ends_at', '<', now)
      .where('abroad_ends_at', '>=', now)
      .orderBy('touched_at')
      .limit(ROUND.locks)
      .select('*');
    const away = new Set<ItemId>();
    let given = 0;
    for (const lock of rows) {
      const mount = lock.mount_id === null ? undefined : await mountById(database.read, itemIdOf(lock.mount_id));
      if (mount === undefined || away.has(mount.id) || away.size >= ROUND.away) continue;
      if ((await this.#within(this.#givenBack(mount, lock))) === true) given += 1;
      else away.add(mount.id);
    }
    return given;
  }

  /** Asks for a lock, or for more time for one; never rejects. `held`: the lock as it is written, if it was given before. */
  async #asked({ mount, key }: ReachedAbroad, lock: NewLock, held?: BindingRow): Promise<Outcome> {
    try {
      const space = await this.#in.openMount(mount);
      if (!takesLocks(space)) return 'ours alone';
      const told = this.#told(mount, lock);
      if (held !== undefined && isAbroad(held) && (await this.#prolonged(space, held, told))) return 'given';
      await this.#clear(space, mount, key);
      const given = await space.lock(key, told);
      if (given === undefined) return 'ours alone';
      const isKept = await this.#keep(lock, key, given).catch((error: unknown) => this.#noteTrouble(mount, error));
      if (isKept === true) return 'given';
      // It has ended here meanwhile, or could not be written down.
      await space.unlock(key, given.word, told);
      return 'ours alone';
    } catch (error) {
      if (isFailure(error, 'locked')) return 'refused';
      this.#noteTrouble(mount, error);
      return 'ours alone';
    }
  }

  /** Starts the time of a lock anew that was given before; false where it does not hold any more, which is written down. */
  async #prolonged(space: LockingSpace, held: RowAbroad, told: PassedLock): Promise<boolean> {
    const { abroad_key: key, abroad_word: word } = held;
    const given = await space.relock(key, word, told).catch((error: unknown) => {
      if (isFailure(error, 'locked')) return undefined;
      throw error;
    });
    const isKept = await this.#keep(held, key, given);
    if (given !== undefined && !isKept) await space.unlock(key, given.word, told);
    return given !== undefined;
  }

  /** Gives back what an earlier lock of ours on the same file has left there, which would be in the way of the next. */
  async #clear(space: LockingSpace, mount: Mount, key: NodeKey): Promise<void> {
    const { database, clock } = this.#in;
    const now = clock.now();
    const left = await database
      .read<BindingRow>('locks')
      .where({ mount_id: mount.id, abroad_key: key })
      .where('ends_at', '<', now)
      .where('abroad_ends_at', '>=', now);
    for (const lock of left.filter(isAbroad)) {
      await space.unlock(lock.abroad_key, lock.abroad_word, this.#told(mount, lock));
      await this.#forget(lock);
    }
  }

  /** Writes what was given beside our lock, or that nothing was; false when that has ended. */
  async #keep({ token, tree }: NewLock, key: NodeKey, given: GivenLock | undefined): Promise<boolean> {
    const { database, clock } = this.#in;
    return database.write(async (trx) => {
      await lockTree(trx, tree);
      const now = clock.now();
      const values =
        given === undefined
          ? { abroad_key: null, abroad_word: null, abroad_ends_at: null }
          : {
              abroad_key: key,
              abroad_word: given.word,
              abroad_ends_at: now + Math.min(given.seconds, LONGEST) * SECOND,
            };
      return (await trx('locks').where({ token }).where('ends_at', '>=', now).update(values)) > 0;
    }, tree);
  }

  /** Gives one lock back; false when it is not known whether it still holds. Never rejects. */
  async #givenBack(mount: Mount, lock: BindingRow): Promise<boolean> {
    if (!isAbroad(lock)) return true;
    try {
      const space = await this.#in.openMount(mount);
      if (takesLocks(space)) await space.unlock(lock.abroad_key, lock.abroad_word, this.#told(mount, lock));
      await this.#forget(lock);
      return true;
    } catch (error) {
      this.#noteTrouble(mount, error);
      await this.#postpone(lock).catch((e: unknown) => this.#noteTrouble(mount, e));
      return false;
    }
  }

  async #forget({ id, ends_at: endsAt }: BindingRow): Promise<void> {
    await this.#in.database.write((trx) => trx('locks').where({ id, ends_at: endsAt }).delete());
  }

  /** So that one that cannot be given back does not keep others from it. */
  async #postpone({ id, ends_at: endsAt }: BindingRow): Promise<void> {
    const { database, clock } = this.#in;
    await database.write((trx) => trx('locks').where({ id, ends_at: endsAt }).update({ touched_at: clock.now() }));
  }

  #told({ keepsDesk }: Mount, lock: NewLock): PassedLock {
    const seconds = Math.max(1, Math.floor((lock.ends_at - this.#in.clock.now()) / SECOND));
    return { name: lock.user_name, cloud: lock.cloud, mark: lock.ipserver, seconds, keepsDesk };
  }

  /** Waits for an answer as long as somebody may be kept waiting; undefined: it comes later, or never. */
  async #within<T>(asked: Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), this.#patience);
    });
    return Promise.race([asked, late]).finally(() => clearTimeout(timer));
  }

  #noteTrouble({ id }: Mount, error: unknown): void {
    const what = 'a lock was not passed on to the cloud that has the file, or not given back there';
    this.#in.log[isFailure(error) ? 'info' : 'error']({ err: error, mount: id }, what);
  }
}

/**
 * Ends locks here, in the caller's transaction; answers those that are to be given back in another cloud. Their rows stay until
 * that has happened: what still holds there has to be shown when something is changed there.
 */
export async function endLocks(trx: Transaction, locks: readonly BindingRow[], now: number): Promise<BindingRow[]> {
  const there = locks.filter((lock) => isAbroad(lock) && (lock.abroad_ends_at ?? 0) >= now);
  if (there.length === 0) {
    await dropLocks(trx, locks);
    return [];
  }
  const mounts = [...new Set(there.map(({ mount_id: id }) => id))];
  const left = await trx('locks')
    .whereIn('mount_id', mounts)
    .where('ends_at', '<', now)
    .count<{ count: number | string }[]>({ count: '*' });
  const kept = there.slice(0, Math.max(0, MOST_LEFT - Number(left[0]?.count ?? 0)));
  const ids = kept.map(({ id }) => id);
  await dropLocks(
    trx,
    locks.filter((lock) => !kept.includes(lock)),
  );
  if (ids.length > 0)
    await trx('locks')
      .whereIn('id', ids)
      .update({ ends_at: now - 1 });
  return there.map((lock) => ({ ...lock, ends_at: now - 1 }));
}

/** The refusal of a lock that somebody holds in the other cloud. */
export function lockedThere(id: ItemId): Failure {
  return new Failure('locked', 'Somebody has this file open in the other cloud.', { facts: { locked: id } });
}

/** Other clouds are asked for what all of them understand alike: that nobody else changes a file. */
function isPassedOn(lock: NewLock): boolean {
  return !lock.is_folder && !lock.is_shared;
}

function isAbroad(lock: BindingRow): lock is RowAbroad {
  return lock.abroad_key !== null && lock.abroad_word !== null;
}
