import {
  childNamed,
  eachOf,
  type FileSpace,
  type FolderOnWay,
  type Listing,
  type ListOptions,
  type Node,
  type NodeKey,
} from '../../../../files/index.js';
import { isFailure, MAX_DEPTH } from '../../../../kernel/index.js';
import type { SeenBelow } from './seen-nodes.js';

/** A path through another cloud whose API knows no paths. */
export interface FollowedPath {
  readonly space: Pick<FileSpace, 'stat' | 'list'>;
  readonly seen: SeenBelow;
  readonly fromKey: NodeKey;
  /** At least one. */
  readonly names: readonly string[];
  readonly options: ListOptions;
}

/** How far a path has been followed: the folder there, and what it must be called and lie in if it was only remembered. */
interface Step {
  readonly key: NodeKey;
  readonly steps: number;
  readonly place?: { readonly name: string; readonly parentKey: NodeKey };
}

/** Says that what was remembered is not so any more. */
const STALE: unique symbol = Symbol('stale');

/** What is live at a path: one question where the folders above it were just seen, else a listing a name. */
export async function findAlong(way: FollowedPath): Promise<Node | undefined> {
  return along(way, async (start) => {
    if (start.steps < way.names.length) return nodeFrom(way, start);
    const node = await way.space.stat(start.key);
    return isThere(node, start) ? node : STALE;
  });
}

/** A folder at a path with what is in it, by as many questions; a file answers itself. */
export async function listAlong(way: FollowedPath): Promise<Listing | undefined> {
  return along(way, async (start) => {
    if (start.steps === way.names.length) {
      const listing = await way.space.list(start.key, way.options);
      return isThere(listing.folder, start) ? listing : STALE;
    }
    const node = await nodeFrom(way, start);
    if (node === undefined || node === STALE) return node;
    return node.kind === 'file' ? { folder: node, children: eachOf([]) } : way.space.list(node.key, way.options);
  });
}

/** Folders above a folder, the nearest first and without the top, as far as they are remembered without a gap. */
export function wayAbove(seen: SeenBelow, from: NodeKey, rootKey: NodeKey): FolderOnWay[] {
  const way: FolderOnWay[] = [];
  for (let key = from; key !== rootKey && way.length < MAX_DEPTH;) {
    const folder = seen.of(key);
    if (folder?.kind !== 'folder' || folder.parentKey === null) break;
    way.push({ key, name: folder.name, parentKey: folder.parentKey });
    key = folder.parentKey;
  }
  return way;
}

/** From where memory leads to, and once more from the beginning if that turns out to be wrong. */
async function along<T extends object>(
  way: FollowedPath,
  walk: (start: Step) => Promise<T | typeof STALE | undefined>,
): Promise<T | undefined> {
  const start = remembered(way);
  const found = start.steps === 0 ? STALE : await walk(start).catch(staleIfGone);
  const sure = found === STALE ? await walk({ key: way.fromKey, steps: 0 }) : found;
  return sure === STALE ? undefined : sure;
}

function staleIfGone(error: unknown): typeof STALE {
  if (isFailure(error, 'not-found')) return STALE;
  throw error;
}

function remembered({ seen, fromKey, names }: FollowedPath): Step {
  let step: Step = { key: fromKey, steps: 0 };
  for (const name of names) {
    const key = seen.named(step.key, name);
    if (key === undefined) return step;
    step = { key, steps: step.steps + 1, place: { name, parentKey: step.key } };
  }
  return step;
}

/** One listing a name. */
async function nodeFrom(
  { space, names, options }: FollowedPath,
  start: Step,
): Promise<Node | undefined | typeof STALE> {
  const { signal } = options;
  let step = start;
  let node: Node | undefined;
  for (const name of names.slice(start.steps)) {
    const { folder, children } = await space.list(step.key, signal === undefined ? {} : { signal });
    if (!isThere(folder, step)) return STALE;
    node = await childNamed(children, name);
    if (node?.kind !== 'folder') return step.steps + 1 === names.length ? node : undefined;
    step = { key: node.key, steps: step.steps + 1 };
  }
  return node;
}

/** Memory may be old; what a listing has just shown is not compared once more. */
function isThere(node: Node, { place }: Step): boolean {
  if (node.status === 'DELETED') return false;
  return place === undefined || (node.name === place.name && node.parentKey === place.parentKey);
}
