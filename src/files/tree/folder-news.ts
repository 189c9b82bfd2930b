import {
  Failure,
  itemIdOf,
  MAX_DEPTH,
  notFound,
  ROOT_ID,
  type ItemId,
  type Clock,
  type PersonPrincipal,
  type Principal,
  type Random,
} from '../../kernel/index.js';
import type { Database, Queries } from '../../platform/index.js';
import type { Access, ReachedAbroad, ReachedHere } from '../access/access.js';
import { changesSince, cursorAt, cursorOf, isAtOrAfter, type TreeChange } from '../changes/since.js';
import { idsAlong } from '../places/paths.js';
import { receivedBelow } from '../places/received-states.js';
import type { ItemRow, Scope } from '../records/item-rows.js';
import { receivedNamed } from '../records/root-names.js';
import { liveBelow, stretchOf } from '../records/subtree.js';
import { failing } from '../space/failures.js';
import { reachable } from './finding.js';
import { itemWithin } from './local-reach.js';
import { LocalPaths } from './local-paths.js';
import type { FoundThere, GoneFromThere, News, NewsPoint, NewsWish } from './news.js';
import { NewsAbroad } from './news-abroad.js';
import type { Tree } from './tree.js';

/** What {@link FolderNews} needs. */
export interface FolderNewsInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly access: Access;
  readonly tree: Pick<Tree, 'stat' | 'list'>;
  /** Most children of a folder in another cloud of which news are told. */
  readonly mostChildren?: number | undefined;
}

/** Changes of a tree that are looked at in one statement. */
const PAGE = 500;

/** Most changes that one question looks at: the tree may be busy elsewhere. */
const MOST_LOOKED_AT = 20_000;

interface Asked extends NewsWish {
  readonly principal: Principal;
  readonly reached: ReachedHere;
  /** The part of the tree that is asked about. */
  readonly scope: Scope;
  readonly q: Queries;
}

/**
 * Tells those who keep a copy of a folder what has changed in it: in this cloud from the numbered changes of the tree, in another
 * one by comparing listings ({@link NewsAbroad}), which tell of the direct members alone. Received items are told as members;
 * what happens inside them is in other trees, and told there. Throws as `Access.ask`, in another cloud also as `Tree.list`;
 * `forbidden` for files, and for what lies deeper in another cloud.
 */
export class FolderNews {
  readonly #in: FolderNewsInputs;
  readonly #abroad: NewsAbroad;

  constructor(inputs: FolderNewsInputs) {
    this.#in = inputs;
    this.#abroad = new NewsAbroad(inputs);
  }

  /** Where somebody stands who has the folder as it is now, in another cloud listed once; undefined: not known. */
  async point(principal: Principal, id: ItemId): Promise<NewsPoint | undefined> {
    return failing(async () => {
      const q = this.#in.database.read;
      const reached = await this.#in.access.ask(q, principal, id, 'read');
      if (reached.kind === 'mount') return this.#abroad.point(principal, { folderId: id, mountId: reached.mount.id });
      return { cursor: await cursorNow(q, folderIn(reached)) };
    });
  }

  /** What has changed since a point, or everything. The same point, if nothing has. */
  async since(principal: Principal, id: ItemId, wish: NewsWish): Promise<News> {
    return failing(async () => {
      const q = this.#in.database.read;
      const anywhere = await this.#in.access.ask(q, principal, id, 'read');
      if (anywhere.kind === 'mount') return this.#sinceAbroad(principal, id, anywhere, wish);
      const reached = folderIn(anywhere);
      const scope = { ownerId: reached.scope.ownerId, topId: reached.lineage.id };
      const asked = { ...wish, principal, reached, scope, q };
      const { point } = wish;
      if (point === undefined) return this.#all(asked, { cursor: await cursorNow(q, reached) }, ROOT_ID);
      if (point.after !== undefined) return this.#all(asked, point, point.after);
      return this.#changed(asked, point);
    });
  }

  #sinceAbroad(principal: Principal, folderId: ItemId, { mount }: ReachedAbroad, wish: NewsWish): Promise<News> {
    if (wish.isDeep) throw new Failure('forbidden', 'What lies deeper in another cloud is asked about there.');
    return this.#abroad.since(principal, { folderId, mountId: mount.id }, wish);
  }

  /** In the order of ids, which does not change while a copy is made in pieces. */
  async #all(asked: Asked, { cursor }: NewsPoint, after: ItemId): Promise<News> {
    const { q, scope, isDeep, limit } = asked;
    const rows = await stretchOf(q, scope, { isDeep, after, limit: limit + 1 });
    const some = rows.slice(0, limit);
    const paths = new LocalPaths(q, scope);
    paths.know(some);
    const present = await this.#placed(asked, paths, some.map(idOf));
    const last = some.at(-1);
    if (rows.length > limit && last !== undefined) {
      return { outcome: 'news', present, gone: [], point: { cursor, after: idOf(last) }, hasMore: true };
    }
    const received = await this.#received(asked, paths, await this.#receivedIds(asked));
    return { outcome: 'news', present: [...present, ...received], gone: [], point: { cursor }, hasMore: false };
  }

  async #changed(asked: Asked, point: NewsPoint): Promise<News> {
    const { q, scope, reached } = asked;
    const { item } = reached.lineage;
    const nothing = { outcome: 'news', present: [], gone: [], point, hasMore: false } as const;
    // A quiet folder of a busy tree costs nothing.
    const isKnown = (await changesSince(q, scope, point.cursor, 0)).outcome === 'changes';
    if (!isKnown) return { outcome: 'too-old' };
    if (item !== undefined && isAtOrAfter(point.cursor, item.last_change)) return nothing;
    // Fewer changes at a time, until what they come to is not too much.
    for (let most = asked.limit; most >= 1; most = Math.floor(most / 2)) {
      const gathered = await this.#gather(asked, point.cursor, most);
      if (gathered === undefined) return { outcome: 'too-old' };
      const { changes, cursor, hasMore } = gathered;
      if (changes.length === 0 && !hasMore) return nothing;
      const told = await this.#told(asked, changes, most === 1 ? Math.max(asked.limit, MOST_AROUND) : asked.limit);
      if (told !== undefined) return { outcome: 'news', ...told, point: { cursor }, hasMore };
    }
    return { outcome: 'too-old' };
  }

  /** The next changes in the folder, at most so many; undefined when they are not kept any more, or not with all that is needed. */
  async #gather({ q, scope }: Asked, from: string, most: number) {
    const changes: TreeChange[] = [];
    let [cursor, left] = [from, most];
    for (let looked = 0; looked < MOST_LOOKED_AT; looked += PAGE) {
      const page = await changesSince(q, scope, cursor, Math.min(PAGE, left));
      if (page.outcome === 'too-old') return undefined;
      // Nobody kept where it was: a release before has written it.
      if (page.changes.some(({ kind, was }) => (kind === 'moved' || kind === 'removed') && !was)) return undefined;
      changes.push(...page.changes);
      ({ cursor } = page);
      left -= page.changes.length;
      if (!page.hasMore) return { changes, cursor, hasMore: false };
      if (left <= 0) break;
    }
    return { changes, cursor, hasMore: true };
  }

  /** What changes come to; undefined: more than `most` items and names. */
  async #told(asked: Asked, changes: readonly TreeChange[], most: number) {
    const { q, scope } = asked;
    const paths = new LocalPaths(q, scope);
    const ids = new Set(changes.flatMap(({ itemId, above }) => [itemId, ...above]));
    const brought = asked.isDeep ? await this.#brought(q, changes, most) : [];
    if (brought === undefined) return undefined;
    paths.know(brought);
    for (const row of brought) ids.add(idOf(row));
    const present = await this.#placed(asked, paths, [...ids]);
    const foreign = changes.map(({ itemId }) => itemId).filter((id) => !paths.knows(id));
    const received = await this.#received(asked, paths, new Set(foreign));
    const gone = await this.#gone(asked, paths, changes);
    const isTooMuch = present.length + received.length + gone.length > most;
    return isTooMuch ? undefined : { present: [...present, ...received], gone };
  }

  /** What came with folders that were made whole, moved or restored: the journal names the folder alone. Undefined: too much. */
  async #brought(q: Queries, changes: readonly TreeChange[], most: number): Promise<ItemRow[] | undefined> {
    const tops = changes.filter(({ kind }) => kind === 'made' || kind === 'moved' || kind === 'restored');
    const found: ItemRow[] = [];
    for (const id of new Set(tops.map(({ itemId }) => itemId))) {
      found.push(...(await liveBelow(q, id, most + 1)));
      if (found.length > most) return undefined;
    }
    return found;
  }

  async #placed({ reached, isDeep, scope }: Asked, paths: LocalPaths, ids: readonly ItemId[]): Promise<FoundThere[]> {
    await paths.read(ids);
    return ids.flatMap((id) => {
      const found = id === scope.topId ? undefined : paths.at(id);
      if (found === undefined || (!isDeep && found.names.length > 1)) return [];
      return [{ item: itemWithin(found.row, reached), names: found.names }];
    });
  }

  /** Those of these ids that are received items of the asker, in their own tree. */
  async #received(asked: Asked, paths: LocalPaths, ids: Iterable<ItemId>): Promise<FoundThere[]> {
    const { isDeep, scope } = asked;
    const principal = ownerOf(asked);
    const found: FoundThere[] = [];
    if (principal === undefined) return found;
    for (const id of ids) {
      const item = await reachable(() => this.#in.tree.stat(principal, id));
      if (item?.isShareTop !== true || item.status === 'DELETED') continue;
      if (item.parentId !== null) await paths.read([item.parentId]);
      const around = paths.namesTo(item.parentId);
      if (around === undefined || (!isDeep && (item.parentId ?? null) !== scope.topId)) continue;
      found.push({ item, names: [...around, item.name] });
    }
    return found;
  }

  async #receivedIds(asked: Asked): Promise<ItemId[]> {
    const principal = ownerOf(asked);
    return principal === undefined ? [] : receivedBelow(asked.q, principal.accountId, asked.scope.topId);
  }

  async #gone(asked: Asked, paths: LocalPaths, changes: readonly TreeChange[]): Promise<GoneFromThere[]> {
    const { q, scope, isDeep } = asked;
    const places = changes.flatMap(({ was }) => (was === undefined ? [] : [was]));
    await paths.read(places.flatMap(({ parentId }) => parentId ?? []));
    const gone = new Map<string, GoneFromThere>();
    for (const { parentId, name, isFolder } of places) {
      const around = paths.namesTo(parentId);
      if (around === undefined || (!isDeep && parentId !== scope.topId)) continue;
      const names = [...around, name];
      const key = names.join('/');
      if (gone.has(key)) continue;
      const folder = { ownerId: scope.ownerId, parentId };
      const isTaken =
        (await idsAlong(q, folder, [name])).length > 0 ||
        (ownerOf(asked) !== undefined && (await receivedNamed(q, folder, name)) !== undefined);
      if (!isTaken) gone.set(key, { names, kind: isFolder ? 'folder' : 'file' });
    }
    return [...gone.values()];
  }
}

/** What one change comes to with the folders around it, which is told however few items are wanted. */
const MOST_AROUND = 2 * MAX_DEPTH;

/** Received items are in the person's own tree, and for that person only. */
function ownerOf({ principal, scope }: Asked): PersonPrincipal | undefined {
  return principal.kind === 'person' && principal.accountId === scope.ownerId ? principal : undefined;
}

/** The folder that was reached, if it is one that is there. */
function folderIn(reached: ReachedHere): ReachedHere {
  const { item } = reached.lineage;
  if (item !== undefined && item.deleted_at !== null) throw notFound();
  if (item !== undefined && !item.is_folder) throw new Failure('forbidden', 'Only folders have news.');
  return reached;
}

async function cursorNow(q: Queries, { scope, lineage }: ReachedHere): Promise<string> {
  const { item } = lineage;
  return item === undefined ? cursorOf(q, scope.ownerId) : cursorAt(q, scope.ownerId, item.last_change);
}

function idOf({ id }: Pick<ItemRow, 'id'>): ItemId {
  return itemIdOf(id);
}
