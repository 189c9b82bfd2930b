import { longWork } from '../../platform/index.js';
import type { Node } from '../space/file-space.js';

/** A child of a folder, as far as a copy of the folder depends on it. */
export interface ChildState {
  readonly name: string;
  readonly kind: Node['kind'];
  /** Another one, or for another item, where the child is to be told of again. */
  readonly state: string;
}

/** What is known of a name in a folder. */
export interface SnapshotEntry {
  readonly name: string;
  readonly kind: Node['kind'];
  /** Undefined: it was there, and is gone. */
  readonly state: string | undefined;
  /** Grows with each child that is found new, changed or gone, so that it can be told in order. */
  readonly number: number;
}

/** A folder as it was last seen, and how it became so. */
export interface Snapshot {
  /** The numbers at which whoever had seen all had seen one whole state of the folder, ascending; never empty. */
  readonly points: readonly number[];
  /** By ascending numbers. */
  readonly entries: readonly SnapshotEntry[];
}

/** How far somebody has come. */
export interface SnapshotPoint {
  /** The state that they have seen, or that was there when they began their first copy. */
  readonly since: number;
  /** Only while more is to be told: the number of what they were told last. */
  readonly after?: number | undefined;
}

/** Most children of a folder of which a snapshot is made. */
export const MOST_CHILDREN = 10_000;

/** Most names that are remembered as gone: all that a folder can lose at once. */
const MOST_GONE = MOST_CHILDREN;

/** Most states of a folder that can be asked about. */
const MOST_POINTS = 2_000;

/** Most bytes of a snapshot as it is stored: reading or writing so many takes some 20 ms of the event loop. */
const MOST_BYTES = 2 * 1024 * 1024;

/** Entries that are read, compared or written between two looks whether others want the event loop (F-60). */
const BATCH = 500;

/**
 * The next snapshot of a folder; the same object when nothing has changed. `skip`: numbers to be left out before it, drawn
 * by lot above zero. Then a database that was restored from a backup does not give a number that it gave before, and takes
 * one that it gave after the backup for one that it never gave, which it is.
 */
export async function nextSnapshot(
  known: Snapshot | undefined,
  children: readonly ChildState[],
  skip: number,
): Promise<Snapshot> {
  const left = new Map<string, ChildState>();
  await inBatches(children, (batch) => {
    for (const child of batch) left.set(child.name, child);
  });
  const kept: SnapshotEntry[] = [];
  const gone: Omit<SnapshotEntry, 'number'>[] = [];
  await inBatches(known?.entries ?? [], (batch) => {
    for (const entry of batch) {
      const now = left.get(entry.name);
      if (now === undefined && entry.state !== undefined) gone.push({ ...entry, state: undefined });
      else if (now === undefined) kept.push(entry);
      else if (now.state === entry.state && now.kind === entry.kind) {
        kept.push(entry);
        left.delete(entry.name);
      }
    }
  });
  const news = [...gone, ...left.values()];
  if (known !== undefined && news.length === 0) return known;
  const before = (known?.points.at(-1) ?? 0) + skip;
  await longWork.rest();
  const numbered = news.map(({ name, kind, state }, at) => ({ name, kind, state, number: before + 1 + at }));
  return bounded({ points: [...(known?.points ?? []), before + news.length], entries: [...kept, ...numbered] });
}

/** What somebody has not been told yet, and how far they are then; undefined where that is not known any more. */
export function newsSince(
  { points, entries }: Snapshot,
  point: SnapshotPoint | undefined,
  limit: number,
):
  { readonly entries: readonly SnapshotEntry[]; readonly point: SnapshotPoint; readonly hasMore: boolean } | undefined {
  const last = points.at(-1) ?? 0;
  // Whoever begins is told of nothing that was gone before.
  const { since, after = since } = point ?? { since: last, after: 0 };
  if (!points.includes(since)) return undefined;
  const news = entries.filter(({ number, state }) => number > (state === undefined ? Math.max(since, after) : after));
  const told = news.slice(0, limit);
  if (told.length === news.length) return { entries: told, point: { since: last }, hasMore: false };
  return { entries: told, point: { since, after: told.at(-1)?.number }, hasMore: true };
}

/** A snapshot, and how its row holds it: lines of JSON, so that none of them takes long. */
export interface WrittenSnapshot {
  readonly snapshot: Snapshot;
  readonly text: string;
}

/** A snapshot as its row can hold it: what is gone is given up first. Undefined: it is too large to be kept. */
export async function writeSnapshot(snapshot: Snapshot): Promise<WrittenSnapshot | undefined> {
  const text = await textOf(snapshot);
  if (Buffer.byteLength(text) <= MOST_BYTES) return { snapshot, text };
  const bare = { points: snapshot.points.slice(-1), entries: snapshot.entries.filter(isThere) };
  const bareText = await textOf(bare);
  return Buffer.byteLength(bareText) <= MOST_BYTES ? { snapshot: bare, text: bareText } : undefined;
}

type WrittenEntry = [name: string, isFolder: 0 | 1, number: number, state?: string];

/** Reads what {@link writeSnapshot} has written. */
export async function readSnapshot(text: string): Promise<Snapshot> {
  const [points = '[]', ...lines] = text.split('\n');
  const entries: SnapshotEntry[] = [];
  for (const line of lines) {
    for (const [name, isFolder, number, state] of JSON.parse(line) as WrittenEntry[]) {
      entries.push({ name, kind: isFolder === 1 ? 'folder' : 'file', number, state });
    }
    await longWork.rest();
  }
  return { points: JSON.parse(points) as number[], entries };
}

async function textOf({ points, entries }: Snapshot): Promise<string> {
  const lines = [JSON.stringify(points)];
  await inBatches(entries, (batch) => {
    lines.push(
      JSON.stringify(
        batch.map(({ name, kind, number, state }) => {
          const known = [name, kind === 'folder' ? 1 : 0, number];
          return state === undefined ? known : [...known, state];
        }),
      ),
    );
  });
  return lines.join('\n');
}

/** Does something with many things, a few at a time. */
async function inBatches<T>(things: readonly T[], work: (batch: readonly T[]) => void): Promise<void> {
  for (let start = 0; start < things.length; start += BATCH) {
    work(things.slice(start, start + BATCH));
    await longWork.rest();
  }
}

function isThere({ state }: SnapshotEntry): boolean {
  return state !== undefined;
}

/** A snapshot without what is remembered too long: states whose news are not complete any more are no points. */
function bounded({ points, entries }: Snapshot): Snapshot {
  const gone = entries.filter((entry) => !isThere(entry));
  const lost = gone.at(-MOST_GONE - 1)?.number ?? 0;
  const left = points.filter((point) => point >= lost).slice(-MOST_POINTS);
  const first = left[0] ?? 0;
  return { points: left, entries: entries.filter((entry) => isThere(entry) || entry.number > first) };
}
