import { createHash } from 'node:crypto';
import { Failure, type Clock, type ItemId, type Principal, type Random } from '../../kernel/index.js';
import { longWork, type Database } from '../../platform/index.js';
import { Snapshots, type KeptSnapshot, type SnapshotOf } from '../snapshots/snapshots.js';
import {
  MOST_CHILDREN,
  newsSince,
  nextSnapshot,
  writeSnapshot,
  type ChildState,
  type Snapshot,
  type SnapshotPoint,
} from '../snapshots/snapshot.js';
import { stateAbroad, type Item } from '../space/item.js';
import type { News, NewsPoint, NewsWish } from './news.js';
import type { Tree } from './tree.js';

/** What {@link NewsAbroad} needs. */
export interface NewsAbroadInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly tree: Pick<Tree, 'list'>;
  /** Most children of a folder of which news are told. */
  readonly mostChildren?: number | undefined;
}

/** How often a snapshot is made anew when others are kept at the same time. */
const TRIES = 5;

/** Bytes of the number by which the series of a snapshot skips. */
const SKIPPED = 3;

/** A folder as it is now: its children by name, and the snapshot that is kept of it. */
interface Looked {
  readonly children: ReadonlyMap<string, Item>;
  readonly snapshot: Snapshot;
}

/**
 * Tells what has changed in a folder of another cloud: it is listed, and compared with how it was when somebody asked before.
 * The listing that was answered is kept, so that the next question can be told what is new since, and what is gone.
 */
export class NewsAbroad {
  readonly #in: NewsAbroadInputs;
  readonly #snapshots: Snapshots;

  constructor(inputs: NewsAbroadInputs) {
    this.#in = inputs;
    this.#snapshots = new Snapshots(inputs);
  }

  /** Where somebody stands who has the folder as it is now; undefined: there is too much in it. */
  async point(principal: Principal, of: SnapshotOf): Promise<NewsPoint | undefined> {
    const looked = await this.#look(principal, of);
    const news = looked && newsSince(looked.snapshot, undefined, 0);
    return news && { cursor: writePoint({ since: news.point.since }) };
  }

  /** What has changed since a point, or everything. One listing; none for a point that is not known. */
  async since(principal: Principal, of: SnapshotOf, { point, limit, signal }: NewsWish): Promise<News> {
    const from = point === undefined ? undefined : readPoint(point.cursor);
    const known = from && (await this.#snapshots.find(of));
    const isKnown = known !== undefined && newsSince(known.snapshot, from, 0) !== undefined;
    if (point !== undefined && !isKnown) return { outcome: 'too-old' };
    const looked = await this.#look(principal, of, { known, signal });
    if (looked === undefined) return { outcome: 'too-large' };
    const { children, snapshot } = looked;
    const news = newsSince(snapshot, from, limit);
    if (news === undefined) return { outcome: 'too-old' };
    const present = news.entries.flatMap(({ name, state }) => {
      const item = state === undefined ? undefined : children.get(name);
      return item === undefined ? [] : [{ item, names: [name] }];
    });
    const gone = news.entries.flatMap(({ name, kind, state }) =>
      state === undefined ? [{ names: [name], kind }] : [],
    );
    return { outcome: 'news', present, gone, point: { cursor: writePoint(news.point) }, hasMore: news.hasMore };
  }

  /** Undefined: there is too much in it. `known`: the snapshot, if it has been read already. */
  async #look(
    principal: Principal,
    of: SnapshotOf,
    { known, signal }: Pick<NewsWish, 'signal'> & { readonly known?: KeptSnapshot | undefined } = {},
  ): Promise<Looked | undefined> {
    const children = await this.#listed(principal, of.folderId, signal);
    if (children === undefined) return undefined;
    const states: ChildState[] = [];
    for (const item of children.values()) {
      states.push({ name: item.name, kind: item.kind, state: digestOf(item) });
      const pause = longWork.rest();
      if (pause !== undefined) await pause;
    }
    const snapshot = await this.#kept(of, states, known ?? (await this.#snapshots.find(of)));
    return snapshot && { children, snapshot };
  }

  async #listed(
    principal: Principal,
    id: ItemId,
    signal: NewsWish['signal'],
  ): Promise<ReadonlyMap<string, Item> | undefined> {
    const { folder, children } = await this.#in.tree.list(principal, id, signal === undefined ? {} : { signal });
    if (folder.kind !== 'folder') throw new Failure('forbidden', 'Only folders have news.');
    const { mostChildren = MOST_CHILDREN } = this.#in;
    const found = new Map<string, Item>();
    for await (const child of children) {
      if (found.size >= mostChildren) return undefined;
      found.set(child.name, child);
    }
    return found;
  }

  /** The snapshot with these children, kept; undefined: it is too large. Writes nothing when it is the one that is there. */
  async #kept(
    of: SnapshotOf,
    states: readonly ChildState[],
    first: KeptSnapshot | undefined,
  ): Promise<Snapshot | undefined> {
    let known = first;
    for (let left = TRIES; left > 0; left -= 1) {
      const next = await nextSnapshot(known?.snapshot, states, this.#skip());
      if (known !== undefined && next === known.snapshot) {
        await this.#snapshots.use(of, known);
        return next;
      }
      const written = await writeSnapshot(next);
      if (written === undefined) return undefined;
      if (await this.#snapshots.keep(of, known, written)) return written.snapshot;
      known = await this.#snapshots.find(of);
    }
    throw new Failure('unavailable', 'Others ask about this folder at the same time. Please try again.');
  }

  #skip(): number {
    return this.#in.random.bytes(SKIPPED).readUIntBE(0, SKIPPED) + 1;
  }
}

/** Short, since one of each child is kept. */
function digestOf(item: Item): string {
  const state = JSON.stringify([item.id, item.kind, ...stateAbroad(item)]);
  return createHash('sha256').update(state).digest('base64url').slice(0, 16);
}

function writePoint({ since, after }: SnapshotPoint): string {
  return ['abroad', since, ...(after === undefined ? [] : [after])].map(String).join(' ');
}

function readPoint(cursor: string): SnapshotPoint | undefined {
  const [, since, after] = /^abroad (\d{1,16})(?: (\d{1,16}))?$/.exec(cursor) ?? [];
  if (since === undefined) return undefined;
  return { since: Number(since), ...(after !== undefined && { after: Number(after) }) };
}
