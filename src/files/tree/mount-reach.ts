import { isFailure, notFound, type Clock, type ItemId } from '../../kernel/index.js';
import type { Database, PageWish, ReadRow } from '../../platform/index.js';
import type { ReachedAbroad } from '../access/access.js';
import { remembersKinds } from '../space/abilities.js';
import { findAlong, listAlong } from '../space/along.js';
import { failing, failingEach, isGrantRefused, grantRefused } from '../space/failures.js';
import type { FileSpace, Listing, ListOptions, Node, NodeKey, Stretch } from '../space/file-space.js';
import type { ForeignIds } from '../records/foreign-ids.js';
import { itemOf, type Glance, type Item, type TrailStep } from '../space/item.js';
import { noteListing, type Listed } from '../records/listing-losses.js';
import { forOwner, noteMountTop, type Mount } from '../records/mounts.js';
import { countStaged, stagedAmong } from '../places/staged-rows.js';
import { isStagedName } from '../places/staged.js';
import { nearestIn } from '../space/order.js';
import type { ItemStretch, Reach } from './reach.js';
import type { Verb } from '../access/access-check.js';
import { unusableOf } from '../space/unusable.js';

/** Nodes of a foreign listing that get their ids in one call. */
const BATCH = 400;

/** Refusals that say nothing about the shared item: the other cloud fails, or cannot be asked. */
const TROUBLE = ['peer-failed', 'peer-timeout', 'unavailable'] as const;

/** Called when the space of a mount says `unauthenticated`: the other cloud has ended our grant for good. */
export type OnMountRefused = (mount: Mount) => void;

/** What {@link MountReach} needs. */
export interface MountInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: ForeignIds;
  readonly openMount: (mount: Mount) => Promise<FileSpace>;
  readonly onMountRefused: OnMountRefused | undefined;
}

/** An item of another cloud: its mount's id map translates between keys and ids. */
export class MountReach implements Reach {
  readonly key: NodeKey;
  readonly home: string;
  readonly mountId: ItemId;
  readonly isTop: boolean;
  readonly holdsReceived = false;
  readonly #mount: Mount;
  readonly #inputs: MountInputs;
  #space: Promise<FileSpace> | undefined;

  constructor({ mount, key }: ReachedAbroad, inputs: MountInputs) {
    this.key = key;
    this.home = `mount ${mount.id}`;
    this.mountId = mount.id;
    this.isTop = key === mount.rootKey;
    this.#mount = mount;
    this.#inputs = inputs;
  }

  /**
   * The top of a mounted folder is answered from the row of the mount: it is polled often, and each listing updates it.
   */
  async stat(): Promise<Item> {
    this.#refuseIfKeyIs();
    if (!this.isTop) return this.#asked();
    return this.#mount.top.kind === 'folder' ? mountItem(this.#mount) : this.#topFile();
  }

  /** Asks the other cloud for the metadata of the top, and stores it. */
  async refresh(): Promise<void> {
    await this.#asked();
  }

  /** Does not ask the other cloud whether the item still exists: desktops ask for the members of every sub-folder. */
  async glance(): Promise<Glance> {
    this.#refuseIfKeyIs();
    if (this.isTop) return mountItem(this.#mount);
    const seen = await this.call('read', async (space, key) => (remembersKinds(space) ? space.seen(key) : undefined));
    if (seen === undefined) return this.stat();
    const { kind } = seen;
    const { incomingId, top } = this.#mount;
    const { modifiedAt } = top;
    return { kind, place: 'own', status: 'NEW', ownerId: undefined, incomingId, isShareTop: false, modifiedAt };
  }

  /** Names as they were when they were seen last: what is above it is asked about only where it was not seen. */
  async trail(): Promise<TrailStep[]> {
    this.#refuseIfKeyIs();
    if (this.isTop) return [mountItem(this.#mount)];
    const seen = await this.call('read', async (space, key) => (remembersKinds(space) ? space.way(key) : []));
    if (seen.length === 0) return [await this.stat()];
    const idOf = await this.#idsOf(seen.flatMap(({ key, parentKey }) => [key, parentKey]));
    const steps = seen.map(({ key, name, parentKey }) => ({ id: idOf(key), name, parentId: idOf(parentKey) }));
    return steps.at(-1)?.parentId === this.#mount.id ? [...steps, mountItem(this.#mount)] : steps;
  }

  async call<T>(verb: Verb, work: (space: FileSpace, key: NodeKey) => Promise<T>): Promise<T> {
    try {
      return await failing(async () => work(await this.#opened(), this.key));
    } catch (error) {
      throw this.#seen(error, verb);
    }
  }

  async items(nodes: readonly Node[]): Promise<Item[]> {
    const idOf = await this.#idsOf(nodes.flatMap(({ key, parentKey }) => [key, parentKey ?? this.#mount.rootKey]));
    return nodes.map((node) => foreignItem(node, this.#mount, idOf));
  }

  async *stream(nodes: AsyncIterable<Node>): AsyncGenerator<Item> {
    let batch: Node[] = [];
    for await (const node of this.#translated(nodes)) {
      batch.push(node);
      if (batch.length < BATCH) continue;
      yield* await this.items(await this.#shown(batch));
      batch = [];
    }
    yield* await this.items(await this.#shown(batch));
  }

  async hides(names: readonly string[]): Promise<boolean> {
    return (await this.#staged(names)).size > 0;
  }

  listed(options: ListOptions): Promise<Listing> {
    // A listing with deleted entries is not noted, because it and the usual one would replace each other again and
    // again.
    const isTold = options.includeDeleted !== true;
    return this.#listing((space, key) => space.list(key, options), { isTold });
  }

  async listedAlong(names: readonly string[], options: ListOptions): Promise<Listing | undefined> {
    if (names.length === 0) return this.listed(options);
    if (await this.hides(names)) return undefined;
    const listing = await this.call('read', async (space, key) => {
      try {
        return await listAlong(space, key, names, options);
      } catch (error) {
        const unusable = unusableOf(error);
        const folder = unusable && (await findAlong(space, key, names, options));
        if (folder !== undefined) await this.#lost({ ...folder, unusable: unusable ?? {}, gaveUp: true });
        throw error;
      }
    });
    if (listing === undefined) return undefined;
    const { folder, unusable = {} } = listing;
    await this.#lost({ key: folder.key, name: folder.name, unusable });
    return listing;
  }

  async nearest(wish: PageWish, signal: AbortSignal | undefined): Promise<ItemStretch> {
    const abroad = await this.#wishAbroad(wish);
    const found = await this.#listing((space, key) => this.#stretch(space, key, abroad, signal));
    const folder = await this.#item(found.folder);
    return { folder, rows: await this.#itemRows(found.rows), unusable: found.unusable ?? {} };
  }

  async noted(node: Node): Promise<void> {
    const { database, clock } = this.#inputs;
    if (this.isTop) await noteMountTop(database, this.#mount, node, clock.now());
  }

  async moved(node: Node): Promise<void> {
    if (await this.#keysArePaths()) await this.#inputs.ids.rename(this.#mount.id, this.key, node.key);
  }

  async removed(): Promise<void> {
    if (await this.#keysArePaths()) await this.#inputs.ids.forget(this.#mount.id, this.key);
  }

  /**
   * Stores which entries were unusable, for the doctor's page, and deletes that for a folder that is complete again or
   * gone (F-71).
   */
  async #listing<Found extends Pick<Listing, 'folder' | 'unusable'>>(
    list: (space: FileSpace, key: NodeKey) => Promise<Found>,
    { isTold } = { isTold: true },
  ): Promise<Found> {
    try {
      const found = await this.call('read', list);
      await this.noted(found.folder);
      if (isTold) await this.#lost({ ...nameOf(found.folder, this.#mount), unusable: found.unusable ?? {} });
      return found;
    } catch (error) {
      const unusable = unusableOf(error);
      if (unusable !== undefined) await this.#lost({ unusable, gaveUp: true });
      else if (isFailure(error, 'not-found')) await this.#lost({ unusable: {} });
      throw error;
    }
  }

  /** The part of a folder without what is on its way: where some of that is, as much more is asked for as there can be of it. */
  async #stretch(space: FileSpace, key: NodeKey, wish: PageWish, signal: AbortSignal | undefined): Promise<Stretch> {
    const found = await nearestIn(space, key, wish, { signal });
    const staged = await this.#staged(found.rows.map(nameOfRow));
    if (staged.size === 0) return found;
    const more = await countStaged(this.#inputs.database.read, this.#mount.accountId);
    const wider = await nearestIn(space, key, { ...wish, limit: wish.limit + more }, { signal });
    const hidden = await this.#staged(wider.rows.map(nameOfRow));
    return { ...wider, rows: wider.rows.filter((row) => !hidden.has(nameOfRow(row))).slice(0, wish.limit + 1) };
  }

  /** Those of some children that are not on their way to another place. */
  async #shown(nodes: readonly Node[]): Promise<readonly Node[]> {
    const staged = await this.#staged(nodes.map(({ name }) => name));
    return staged.size === 0 ? nodes : nodes.filter(({ name }) => !staged.has(name));
  }

  /** Those of some names that are recorded as on their way. Anybody may call something of theirs like that. */
  async #staged(names: readonly string[]): Promise<ReadonlySet<string>> {
    const suspects = names.filter(isStagedName);
    if (suspects.length === 0) return new Set();
    return stagedAmong(this.#inputs.database.read, this.#mount.accountId, suspects);
  }

  /** Opens the space on first use, so that credentials are not read before they are needed. */
  #opened(): Promise<FileSpace> {
    return (this.#space ??= this.#inputs.openMount(this.#mount));
  }

  async #keysArePaths(): Promise<boolean> {
    return (await this.#opened()).abilities.keysArePaths;
  }

  async #asked(): Promise<Item> {
    const node = await this.call('read', (space, key) => space.stat(key));
    await this.noted(node);
    return this.#item(node);
  }

  /** Translates the positions of a page: they name items by ids here and by keys in the other cloud. */
  async #wishAbroad(wish: PageWish): Promise<PageWish> {
    if (wish.from === undefined) return wish;
    const { key, towards } = wish.from;
    const id = (await this.#inputs.ids.keyOf(this.#mount.id, key.id)) ?? '';
    return { ...wish, from: { key: { at: key.at, id }, towards } };
  }

  async #itemRows(rows: readonly ReadRow<Node>[]): Promise<ReadRow<Item>[]> {
    const nodes = rows.flatMap(({ view }) => (view === undefined ? [] : [view]));
    const items = await this.items(nodes);
    return items.map((view, index) => ({ key: { at: rows[index]?.key.at ?? '', id: view.id }, view }));
  }

  /**
   * A mounted file is in no listing of its own, so the other cloud is asked about it; a cloud that fails must not hide
   * it (PEER-03).
   */
  async #topFile(): Promise<Item> {
    try {
      return await this.#asked();
    } catch (error) {
      if (!isGrantRefused(error) && TROUBLE.some((code) => isFailure(error, code))) return mountItem(this.#mount);
      throw error;
    }
  }

  async #lost({ key = this.key, name, unusable, gaveUp }: Partial<Listed> & Pick<Listed, 'unusable'>): Promise<void> {
    const { database, clock } = this.#inputs;
    await noteListing(database, this.#mount, { key, name, unusable, gaveUp, at: clock.now() });
  }

  /** While the grant is refused nothing is answered, not even from our own rows, because the share may have ended. */
  #refuseIfKeyIs(): void {
    if (this.#mount.isRefused) throw grantRefused();
  }

  async #item(node: Node): Promise<Item> {
    const [item] = await this.items([node]);
    return item ?? unmapped();
  }

  async *#translated(nodes: AsyncIterable<Node>): AsyncGenerator<Node> {
    try {
      yield* failingEach(nodes);
    } catch (error) {
      throw this.#seen(error, 'read');
    }
  }

  /** Gives keys their ids; the top has its own. */
  async #idsOf(keys: readonly NodeKey[]): Promise<(key: NodeKey) => ItemId> {
    const { id, rootKey } = this.#mount;
    const below = keys.filter((key) => key !== rootKey);
    const ids = await forOwner(this.#mount, () => this.#inputs.ids.idsOf(id, below));
    return (key) => (key === rootKey ? id : ids.get(key)) ?? unmapped();
  }

  /**
   * A refusal of the other cloud as the asker may see it. Its 401, and its 403 to a read, are about our grant and not
   * about the asker (cloudspaces-interop.md 10.3).
   */
  #seen(error: unknown, verb: Verb): unknown {
    if (isFailure(error, 'unauthenticated')) {
      this.#inputs.onMountRefused?.(this.#mount);
      return notFound();
    }
    return verb === 'read' && isFailure(error, 'forbidden') ? notFound() : error;
  }
}

/** The top of a mount as it appears in its owner's tree, from the row of the mount. */
export function mountItem(mount: Mount): Item {
  const { rootKey: key, name, top } = mount;
  return foreignItem({ ...top, contentAt: top.modifiedAt, key, parentKey: null, name }, mount, () => mount.id);
}

function foreignItem(node: Node, mount: Mount, idOf: (key: NodeKey) => ItemId): Item {
  const { key, parentKey } = node;
  const isShareTop = key === mount.rootKey;
  return itemOf(node, {
    name: isShareTop ? mount.name : node.name,
    id: idOf(key),
    parentId: isShareTop ? mount.parentId : parentKey === null ? null : idOf(parentKey),
    permission: mount.permission,
    place: isShareTop ? 'mount' : 'own',
    isShareTop,
    ownerId: undefined,
    incomingId: mount.incomingId,
  });
}

function nameOfRow({ view }: ReadRow<Node>): string {
  return view?.name ?? '';
}

/** The top is called by the name of the mount. */
function nameOf({ key, name }: Node, { rootKey }: Mount): { readonly name?: string } {
  return key === rootKey ? {} : { name };
}

function unmapped(): never {
  throw new Error('a foreign key has no id');
}
