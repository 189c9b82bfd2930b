import type { ContentStore } from '../../contents/index.js';
import {
  actorOf,
  invalid,
  isFailure,
  MAX_DEPTH,
  notFound,
  parseName,
  ROOT_ID,
  type Clock,
  type GivenAccess,
  type ItemId,
  type PersonPrincipal,
  type Principal,
} from '../../kernel/index.js';
import { pageOf, type Database, type PageWish, type Queries } from '../../platform/index.js';
import {
  Access,
  requireWritable,
  unauthorized,
  type AskGrantTerms,
  type Reached,
  type ReachedHere,
} from '../access/access.js';
import {
  copies,
  historyOf,
  keepsHashes,
  keepsTimes,
  knowsQuota,
  tellsWhere,
  type SpaceQuota,
} from '../space/abilities.js';
import type { Whereabouts } from '../space/whereabouts.js';
import { failing, failingEach } from '../space/failures.js';
import type {
  ChangeOptions,
  Content,
  CopyOptions,
  FileSpace,
  Head,
  HeadOptions,
  Listing,
  ListOptions,
  MoveOptions,
  Node,
  NodeKey,
  Opened,
  OpenOptions,
} from '../space/file-space.js';
import { ForeignIds, type Namer } from '../records/foreign-ids.js';
import { follow, itemAt, reachable, type Following } from './finding.js';
import { receivedRowOf, placeReceived, type ReceivedPlacement } from '../places/received-placement.js';
import { LockGuard } from '../locks/guard.js';
import { abandonedStaged } from '../places/staged.js';
import { ReceivedItems } from './received-items.js';
import type { Glance, Item, ItemListing, ItemPage, TrailStep } from '../space/item.js';
import { LocalReach } from './local-reach.js';
import type { LocalInputs } from '../local/change-transaction.js';
import { LocalSpace } from '../local/local-space.js';
import { topIsFixed } from '../places/local-places.js';
import { MountReach, type MountInputs, type OnMountRefused } from './mount-reach.js';
import { MountNews } from './mount-news.js';
import { isOver, mountByIncoming, type Mount } from '../records/mounts.js';
import { receivedNamed } from '../records/root-names.js';
import { bytesBelowRoot } from '../records/subtree.js';
import { eachOf } from '../space/children.js';
import { nearest } from '../space/order.js';
import { checkChange } from '../space/preconditions.js';
import type { Reach } from './reach.js';
import { StagedAbroad, type StagingHands } from './staged-abroad.js';
import { refusal } from '../space/refusals.js';
import { Reservations } from '../records/reservations.js';
import { restoreVersion } from './restore-version.js';
import type { AccessCheck, Verb } from '../access/access-check.js';
import type { OnRemoved, Trash } from '../trash/index.js';
import { whileAllowed } from '../access/while-allowed.js';

/** What {@link Tree} needs. */
export interface TreeInputs {
  readonly database: Database;
  readonly contents: ContentStore;
  readonly clock: Clock;
  /** Opens the file space behind a mount, on its first use; must not send a request to the other cloud. */
  readonly openMount: MountInputs['openMount'];
  readonly grantTerms: AskGrantTerms;
  /** True unless an app's access was withdrawn; asked again while a download runs and when a change is written. */
  readonly accessStands?: (q: Queries, access: GivenAccess) => Promise<boolean>;
  readonly onRemoved: OnRemoved;
  /** Takes deleted items, and says how long older versions are kept. */
  readonly trash: Pick<Trash, 'keeping' | 'continue'>;
  /** Bytes for accounts without a quota of their own; undefined: no limit. */
  readonly defaultQuota: number | undefined;
  readonly onMountRefused?: OnMountRefused;
  /** Columns outside this room that refer to items: of comments, of locks. */
  readonly namers?: readonly Namer[];
  /** Milliseconds between two checks whether a running download is still allowed. */
  readonly recheckInterval?: number;
}

/** What is possible between two places: see {@link Tree.ways}. */
export interface Ways {
  /** {@link Tree.move} leads from one to the other. */
  readonly moves: boolean;
  /** So does {@link Tree.copy}. */
  readonly copies: boolean;
  /** A move can replace what stands there (`MoveOptions.overwrite`), a copy the content of a file (`CopyOptions.onto`). */
  readonly overwrites: boolean;
}

/**
 * One person's whole tree, own and foreign items, or the one folder that a grant opens. Every method throws `Failure`
 * only: `unauthenticated` when the asker has no access at all any more, `not-found` for items that do not exist or that
 * they must not learn of, `forbidden` for items that they may see but not change, else what `FileSpace` says.
 */
export class Tree {
  /**
   * Decides who may do what (threat model G11); rooms above use it too, for what belongs to items, such as comments.
   */
  readonly access: Access;
  readonly #inputs: TreeInputs;
  readonly #mountInputs: MountInputs;
  readonly #reservations = new Reservations();
  readonly #receivedItems: ReceivedItems;
  readonly #news: MountNews;
  readonly #staged: StagedAbroad;
  readonly #locks: LockGuard;

  constructor(inputs: TreeInputs) {
    this.#inputs = inputs;
    this.access = new Access(inputs);
    this.#locks = new LockGuard({ access: this.access, clock: inputs.clock });
    const { database, clock, openMount, onMountRefused } = inputs;
    this.#mountInputs = { database, clock, openMount, onMountRefused, ids: new ForeignIds(inputs) };
    this.#news = new MountNews({
      clock,
      refresh: (mount) => this.#refresh(mount),
      again: ({ incomingId }) => standing(database, clock, incomingId),
    });
    this.#staged = new StagedAbroad({ database, clock, hands: this.#stagingHands() });
    this.#receivedItems = new ReceivedItems({ database, clock, news: this.#news });
  }

  /**
   * A file or folder, deleted ones included (their status says so). For the top of a mounted folder no request is sent.
   */
  async stat(principal: Principal, id: ItemId): Promise<Item> {
    return failing(async () => (await this.#reach(principal, id, 'read')).stat());
  }

  /** Like {@link stat}, as far as it is known: inside a mount the other cloud is not asked about what was seen before. */
  async glance(principal: Principal, id: ItemId): Promise<Glance> {
    return failing(async () => (await this.#reach(principal, id, 'read')).glance());
  }

  /**
   * The way from the root to an item, the item itself last. What is above something of another cloud has the names under which
   * it was seen last; that cloud is asked only about folders that were not seen.
   */
  async trail(principal: Principal, of: Item): Promise<readonly TrailStep[]> {
    return failing(async () => {
      const steps: TrailStep[] = [of];
      for (let at = of.parentId; at !== null && at !== ROOT_ID; at = steps.at(-1)?.parentId ?? null) {
        // Who says that a folder lies in itself is not asked for ever.
        if (steps.length > 2 * MAX_DEPTH) break;
        steps.push(...(await (await this.#reach(principal, at, 'read')).trail()));
      }
      return steps.reverse();
    });
  }

  /** A folder with its children, one level; a file answers itself and no children. Writes nothing. */
  async list(principal: Principal, id: ItemId, options: ListOptions = {}): Promise<ItemListing> {
    return failing(async () => {
      const reach = await this.#reach(principal, id, 'read');
      return this.#itemListing(reach, await reach.listed(options));
    });
  }

  /**
   * Finds the item at a path of names from a folder; the folder itself for an empty path, undefined when a name does
   * not exist. Names must be in NFC. Throws `not-found` for a folder that the asker must not learn of.
   */
  async find(principal: Principal, fromId: ItemId, names: readonly string[]): Promise<Item | undefined> {
    return failing(() => this.#follow(principal, fromId, names, itemAt));
  }

  /**
   * {@link find} and {@link list} in one: another cloud is asked for the folder at the path and what is in it by one question
   * where it can be. Undefined where there is nothing.
   */
  async listAt(
    principal: Principal,
    fromId: ItemId,
    names: readonly string[],
    options: ListOptions = {},
  ): Promise<ItemListing | undefined> {
    return failing(() =>
      this.#follow(principal, fromId, names, async (reach, rest) => {
        if (rest.length === 0 && (await reach.glance()).kind === 'file') return alone(await reach.stat());
        const listing = await reach.listedAlong(rest, options);
        return listing && this.#itemListing(reach, listing);
      }),
    );
  }

  /**
   * A page of a folder in the order of names, folders first (ruling F-52); a file answers itself and an empty page. For
   * a folder of this cloud the cost does not depend on its size; a folder of another cloud is listed completely. Writes
   * nothing but ids of another cloud's items.
   */
  async page(
    principal: Principal,
    id: ItemId,
    wish: PageWish,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<ItemPage> {
    return failing(async () => {
      const reach = await this.#reach(principal, id, 'read');
      const { folder, rows, unusable } = await reach.nearest(wish, signal);
      const receivedItems = reach.holdsReceived ? await this.#receivedItems.near(folder, wish) : [];
      return { ...pageOf(nearest([...rows, ...receivedItems], wish), wish), folder, unusable };
    });
  }

  /** The content of a file. The body breaks off within seconds when the asker may no longer read it (AUT-04). */
  async open(principal: Principal, id: ItemId, options: OpenOptions = {}): Promise<Opened> {
    return failing(async () => {
      const reach = await this.#reach(principal, id, 'read');
      const opened = await reach.call('read', (space, key) => space.open(key, options));
      if (opened.outcome === 'not-modified') return opened;
      const ask = (): Promise<unknown> => this.#askAgain(this.#inputs.database.read, principal, id, 'read');
      return { ...opened, body: whileAllowed(opened.body, ask, this.#inputs.recheckInterval) };
    });
  }

  /** Answers what {@link open} would for the whole content, without reading it. */
  async head(principal: Principal, id: ItemId, options: HeadOptions = {}): Promise<Head> {
    return failing(async () => {
      const reach = await this.#reach(principal, id, 'read');
      return reach.call('read', (space, key) => space.head(key, options));
    });
  }

  /** How much room there is around an item: its owner's; undefined where its space does not say. */
  async quota(principal: Principal, id: ItemId): Promise<SpaceQuota | undefined> {
    return failing(async () => {
      const reach = await this.#reach(principal, id, 'read');
      return reach.call('read', async (space, key) => (knowsQuota(space) ? space.quota(key) : undefined));
    });
  }

  /**
   * The bytes of the live files that a person owns; what others share with them is not counted. Costs a statement, as the bytes of no
   * other folder do (`Item.bytesBelow`). Undefined: there is no such tree.
   */
  async bytesBelowRoot(principal: Principal): Promise<number | undefined> {
    return failing(async () => {
      const reached = await this.access.ask(this.#inputs.database.read, principal, ROOT_ID, 'read');
      return reached.kind === 'local' ? bytesBelowRoot(this.#inputs.database.read, reached.scope.ownerId) : undefined;
    });
  }

  /** Makes a file. The name is checked here (`parseName`). */
  async create(
    principal: Principal,
    parentId: ItemId,
    name: string,
    content: Content,
    options: ChangeOptions = {},
  ): Promise<Item> {
    return failing(async () => {
      const fileName = parseName(name);
      const parent = await this.#parent(principal, parentId);
      return this.#make(parent, { parentId, name: fileName }, options, (space, key) =>
        space.create(key, fileName, content, options),
      );
    });
  }

  /** Gives a file new content. */
  async replace(principal: Principal, id: ItemId, content: Content, options: ChangeOptions = {}): Promise<Item> {
    return failing(async () => {
      const reach = await this.#reach(principal, id, 'write');
      const replaced = await reach.call('write', (space, key) => space.replace(key, content, options));
      await reach.noted(replaced);
      return item(reach, replaced);
    });
  }

  /**
   * Gives the file of this name new content, or makes it: see `FileSpace.put`. The file may be a received item. The
   * name is checked here (`parseName`).
   */
  async put(
    principal: Principal,
    parentId: ItemId,
    name: string,
    content: Content,
    options: ChangeOptions = {},
  ): Promise<Item> {
    return failing(async () => {
      const fileName = parseName(name);
      const parent = await this.#parent(principal, parentId);
      const received = parent.holdsReceived ? await this.#receivedNamed(principal, parentId, fileName) : undefined;
      if (received?.kind === 'folder') throw refusal('name-taken');
      if (received !== undefined) return this.replace(principal, received.id, content, options);
      return this.#make(parent, { parentId, name: fileName }, options, (space, key) =>
        space.put(key, fileName, content, options),
      );
    });
  }

  /** Makes a folder. The name is checked here (`parseName`). */
  async makeFolder(principal: Principal, parentId: ItemId, name: string, options: ChangeOptions = {}): Promise<Item> {
    return failing(async () => {
      const folderName = parseName(name, 'Invalid folder name.');
      const parent = await this.#parent(principal, parentId);
      return this.#make(parent, { parentId, name: folderName }, options, (space, key) =>
        space.makeFolder(key, folderName, options),
      );
    });
  }

  /**
   * Renames, moves or both. Moves from one owner's tree to another's, or to or from another cloud, are `invalid`. A
   * received item moves as a whole within the person's own folders; its owner does not notice the new name or place.
   */
  async move(
    principal: Principal,
    id: ItemId,
    to: { parentId?: ItemId; name?: string },
    options: MoveOptions = {},
  ): Promise<Item> {
    return failing(async () => {
      const name = to.name === undefined ? {} : { name: parseName(to.name) };
      const reached = await this.access.ask(this.#inputs.database.read, principal, id, 'read');
      if (principal.kind === 'person' && isReceived(reached) && !isNowhere(to)) {
        await this.#place(principal, id, reached, { ...to, ...name }, options);
        return this.stat(principal, id);
      }
      requireWritable(reached);
      const reach = changeable(id, this.#reachOf(principal, id, reached));
      const parent =
        to.parentId === undefined ? {} : { parentKey: await this.#target(principal, reach, to.parentId, 'moved') };
      const moving = async (): Promise<Item> => {
        const node = await reach.call('write', (space, key) => space.move(key, { ...parent, ...name }, options));
        await reach.moved(node);
        return item(reach, node);
      };
      if (options.isStaged === true && name.name !== undefined) return this.#aside(reach, id, name.name, moving);
      const moved = await moving();
      if (reach.mountId !== undefined) await this.#staged.ended(id);
      return moved;
    });
  }

  /**
   * Copies a file, or a folder with everything in it, without reading its bytes: see `CopyingSpace.copy`. Throws
   * `invalid` for copies from one owner's tree to another's, into another cloud, and inside a cloud that cannot copy.
   * The name is checked here (`parseName`).
   */
  async copy(
    principal: Principal,
    id: ItemId,
    to: { parentId: ItemId; name?: string },
    options: CopyOptions = {},
  ): Promise<Item> {
    return failing(async () => {
      const name = to.name === undefined ? {} : { name: parseName(to.name) };
      const reach = await this.#reach(principal, id, 'write');
      const parentKey = await this.#target(principal, reach, to.parentId, 'copied');
      return this.#make(reach, { parentId: to.parentId, ...name }, options, async (space, key) => {
        if (!copies(space)) throw invalid('This cannot be copied there as a whole.');
        return space.copy(key, { parentKey, ...name }, options);
      });
    });
  }

  /**
   * Says when the content of a file was made, milliseconds; the answer tells whether it was taken. `not-found` for folders.
   */
  async redate(principal: Principal, id: ItemId, contentAt: number, options: ChangeOptions = {}): Promise<Item> {
    return failing(async () => {
      const reach = await this.#reach(principal, id, 'write');
      const redated = await reach.call('write', async (space, key) =>
        keepsTimes(space) ? space.redate(key, contentAt, options) : undefined,
      );
      return redated === undefined ? reach.stat() : item(reach, redated);
    });
  }

  /**
   * Keeps hashes of a content, as `Content.hashes` of its upload: for a file of this cloud; elsewhere nothing is kept. The file
   * counts as unchanged. `precondition-failed` when the conditions do not hold, as with new content.
   */
  async keepHashes(principal: Principal, id: ItemId, hashes: string, options: ChangeOptions = {}): Promise<void> {
    return failing(async () => {
      const reach = await this.#reach(principal, id, 'write');
      await reach.call('write', async (space, key) => {
        if (keepsHashes(space)) await space.keepHashes(key, hashes, options);
      });
    });
  }

  /** Asks other clouds whether anything has changed in their folders at which people of this cloud look (webdav.md 2). */
  async pollMounts(): Promise<void> {
    await this.#news.round();
  }

  /**
   * Deletes what was staged more than a day ago and never came to its place, here or in other clouds, and gives back their names
   * there to things that made way for it; answers how many.
   */
  async clearStaged(): Promise<number> {
    const { database, clock } = this.#inputs;
    let cleared = 0;
    for (const { id, ownerId: accountId } of await abandonedStaged(database.read, clock.now())) {
      try {
        await this.remove({ kind: 'person', accountId }, id);
        cleared += 1;
      } catch (error) {
        // Its owner may be gone, or it may have come to its place meanwhile.
        if (!isFailure(error)) throw error;
      }
    }
    return cleared + (await this.#staged.clear());
  }

  /** What can be done between an item and a folder without bytes passing through here. */
  async ways(principal: Principal, id: ItemId, folderId: ItemId): Promise<Ways> {
    return failing(async () => {
      const [from, to] = [await this.#reach(principal, id, 'read'), await this.#reach(principal, folderId, 'read')];
      if (from.home !== to.home) return { moves: false, copies: false, overwrites: false };
      const found = await from.call('read', async (space) => ({ ...space.abilities, copies: copies(space) }));
      return { moves: true, copies: found.copies, overwrites: found.overwrites };
    });
  }

  /** Where an item of another cloud lies there; undefined for one of this cloud, and where its cloud does not say. */
  async whereabouts(principal: Principal, id: ItemId): Promise<Whereabouts | undefined> {
    return failing(async () => {
      const reach = await this.#reach(principal, id, 'read');
      return reach.call('read', async (space, key) => (tellsWhere(space) ? space.whereabouts(key) : undefined));
    });
  }

  /** Deletes, folders with everything below; answers the item with status `DELETED`. */
  async remove(principal: Principal, id: ItemId, options: ChangeOptions = {}): Promise<Item> {
    return failing(async () => {
      const reach = changeable(id, await this.#reach(principal, id, 'write'));
      const removed = await item(reach, await reach.call('write', (space, key) => space.remove(key, options)));
      await reach.removed();
      if (reach.mountId !== undefined) await this.#staged.ended(id);
      return removed;
    });
  }

  /**
   * What changes at an item of this cloud's own files work with, for rooms that bring contents in other ways. Throws `invalid` for
   * items of other clouds.
   */
  async writing(principal: Principal, id: ItemId): Promise<LocalInputs> {
    return failing(async () => {
      const reached = await this.access.ask(this.#inputs.database.read, principal, id, 'write');
      if (reached.kind === 'mount') throw invalid('Files of another cloud cannot be uploaded in pieces.');
      return this.#localInputs(principal, id, reached);
    });
  }

  /** The versions of a file that are kept, newest first, with the current one. */
  async versions(principal: Principal, id: ItemId): Promise<Item[]> {
    return failing(async () => {
      const reach = await this.#reach(principal, id, 'read');
      return reach.items(await reach.call('read', historyOf));
    });
  }

  /** One version of a file. */
  async version(principal: Principal, id: ItemId, version: number): Promise<Item> {
    const found = (await this.versions(principal, id)).find((candidate) => candidate.version === version);
    if (found === undefined) throw notFound();
    return found;
  }

  /**
   * Makes an older version of a file the current one: its content is written as a new version, so that nothing is lost. Here
   * and in another cloud alike. `precondition-failed` when the file changed meanwhile.
   */
  async restoreVersion(principal: Principal, id: ItemId, version: number, options: ChangeOptions = {}): Promise<Item> {
    return failing(async () => {
      const reach = await this.#reach(principal, id, 'write');
      const restored = await restoreVersion(reach, version, options);
      await reach.noted(restored);
      return item(reach, restored);
    });
  }

  /** Makes something in a folder; in another cloud, what comes to its place later is recorded before. */
  async #make(
    reach: Reach,
    { parentId, name }: { readonly parentId: ItemId; readonly name?: string },
    { isStaged }: ChangeOptions,
    make: (space: FileSpace, key: NodeKey) => Promise<Node>,
  ): Promise<Item> {
    const making = async (): Promise<Item> => item(reach, await reach.call('write', make));
    const { mountId } = reach;
    if (isStaged !== true || mountId === undefined || name === undefined) return making();
    return this.#staged.making({ mountId, parentId, name }, making);
  }

  /** Gives an item a name that hides it. */
  async #aside(reach: Reach, itemId: ItemId, name: string, move: () => Promise<Item>): Promise<Item> {
    const { mountId } = reach;
    if (mountId === undefined) return move();
    const { name: ownName, parentId } = await reach.stat();
    return this.#staged.movingAside({ mountId, parentId: parentId ?? mountId, itemId, name, ownName }, move);
  }

  /** What the sweeper of what is staged in other clouds does in the name of its owner. */
  #stagingHands(): StagingHands {
    return {
      find: async (principal, folderId, name) => {
        const reach = await this.#reach(principal, folderId, 'write');
        const found = await reach.call('write', (space, key) => space.find(key, name));
        return found && item(reach, found);
      },
      rename: (principal, id, name) => this.move(principal, id, { name }),
      remove: (principal, id) => this.remove(principal, id),
    };
  }

  async #itemListing(reach: Reach, listing: Listing): Promise<ItemListing> {
    const children = failingEach(reach.stream(listing.children));
    const folder = await item(reach, listing.folder);
    return {
      folder,
      children: reach.holdsReceived ? this.#receivedItems.among(folder, children) : children,
      unusable: listing.unusable ?? {},
      state: reach.holdsReceived ? undefined : listing.state,
    };
  }

  #follow<T>(
    principal: Principal,
    fromId: ItemId,
    names: readonly string[],
    end: Following<T>['end'],
  ): Promise<T | undefined> {
    const q = this.#inputs.database.read;
    const reach = async (id: ItemId): Promise<{ reached: Reached; reach: Reach }> => {
      const reached = await this.access.ask(q, principal, id, 'read');
      return { reached, reach: this.#reachOf(principal, id, reached) };
    };
    return follow({ q, reach, end }, fromId, names);
  }

  async #reach(principal: Principal, id: ItemId, verb: Verb): Promise<Reach> {
    return this.#reachOf(principal, id, await this.access.ask(this.#inputs.database.read, principal, id, verb));
  }

  #reachOf(principal: Principal, id: ItemId, reached: Reached): Reach {
    if (reached.kind === 'mount') {
      this.#news.used(reached.mount);
      return new MountReach(reached, this.#mountInputs);
    }
    if (id === ROOT_ID && principal.kind === 'person') this.#news.looked(principal.accountId);
    return new LocalReach(reached, this.#localSpace(principal, id, reached));
  }

  #localSpace(principal: Principal, id: ItemId, reached: ReachedHere): LocalSpace {
    return new LocalSpace({ ...this.#localInputs(principal, id, reached), shared: reached.shared });
  }

  #localInputs(principal: Principal, id: ItemId, { scope, lineage }: ReachedHere): LocalInputs {
    const access: AccessCheck = {
      actor: actorOf(principal),
      may: async (q, verb) => {
        const reached = await this.#askAgain(q, principal, id, verb);
        return reached.kind === 'local' ? reached.lineage : undefined;
      },
    };
    const own = { locks: this.#locks, reservations: this.#reservations };
    return { ...this.#inputs, ...own, scope, access, known: lineage };
  }

  /**
   * Checks access once more: permission may have ended since the request came in, and so may the access of the app that
   * sent it.
   */
  async #askAgain(q: Queries, principal: Principal, id: ItemId, verb: Verb): Promise<Reached> {
    const access = principal.kind === 'grant' ? undefined : principal.access;
    if (access !== undefined && (await this.#inputs.accessStands?.(q, access)) === false) throw unauthorized();
    return this.access.ask(q, principal, id, verb);
  }

  /** The folder that something is to be put into. */
  async #parent(principal: Principal, id: ItemId): Promise<Reach> {
    try {
      return await this.#reach(principal, id, 'write');
    } catch (error) {
      throw isFailure(error, 'not-found') ? refusal('parent-missing') : error;
    }
  }

  /** The received item of this name in a person's folder; undefined when there is none that they have access to. */
  async #receivedNamed(
    principal: Principal,
    parentId: ItemId,
    name: string,
  ): Promise<{ readonly id: ItemId; readonly kind: Node['kind'] } | undefined> {
    if (principal.kind !== 'person') return undefined;
    const folder = { ownerId: principal.accountId, parentId: parentId === ROOT_ID ? null : parentId };
    const id = await receivedNamed(this.#inputs.database.read, folder, name);
    if (id === undefined) return undefined;
    const seen = await reachable(() => this.glance(principal, id));
    return seen && { id, kind: seen.kind };
  }

  /** Moves the top of something that is shared with a person in their own tree. */
  async #place(
    principal: PersonPrincipal,
    id: ItemId,
    top: Reached,
    place: ReceivedPlacement,
    { conditions }: ChangeOptions,
  ): Promise<void> {
    const { database, clock } = this.#inputs;
    if (conditions !== undefined) checkChange(conditions, await this.stat(principal, id));
    await database.write(async (trx) => {
      await this.#askAgain(trx, principal, id, 'read');
      const now = clock.now();
      await placeReceived(trx, principal.accountId, receivedRowOf(principal.accountId, top), { ...place, now });
    });
  }

  async #target(principal: Principal, reach: Reach, parentId: ItemId, what: 'moved' | 'copied'): Promise<string> {
    const target = await this.#parent(principal, parentId);
    if (target.home !== reach.home) {
      const instead = what === 'moved' ? ' Copy it instead.' : '';
      throw invalid(`This cannot be ${what} there: the two folders belong to different people or clouds.${instead}`);
    }
    return target.key;
  }

  async #refresh(mount: Mount): Promise<void> {
    const { permission, rootKey: key } = mount;
    await new MountReach({ kind: 'mount', permission, mount, key }, this.#mountInputs).refresh();
  }
}

/** A file as it is listed: itself, and nothing in it. Undefined for one that is deleted. */
function alone(file: Item): ItemListing | undefined {
  if (file.status === 'DELETED') return undefined;
  return { folder: file, children: eachOf([]), unusable: {}, state: undefined };
}

/** The mount of an incoming share, while its share lasts. */
async function standing(database: Database, clock: Clock, incomingId: string): Promise<Mount | undefined> {
  const mount = await mountByIncoming(database.read, incomingId);
  return mount === undefined || isOver(mount, clock.now()) ? undefined : mount;
}

function isNowhere({ parentId, name }: ReceivedPlacement): boolean {
  return parentId === undefined && name === undefined;
}

/** An item that can be renamed, moved or deleted: not the top of something that is shared with the asker (PTH-06). */
function changeable(id: ItemId, reach: Reach): Reach {
  if (id === ROOT_ID) throw invalid('The root cannot be deleted, renamed or moved.');
  if (reach.isTop) throw topIsFixed();
  return reach;
}

function isReceived(reached: Reached): boolean {
  if (reached.kind === 'mount') return reached.key === reached.mount.rootKey;
  return reached.scope.topId !== null && reached.lineage.id === reached.scope.topId;
}

async function item(reach: Reach, node: Node): Promise<Item> {
  const [translated] = await reach.items([node]);
  if (translated === undefined) throw notFound();
  return translated;
}
