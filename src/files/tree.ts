import type { ContentStore } from '../contents/index.js';
import {
  actorOf,
  invalid,
  isFailure,
  notFound,
  parseName,
  ROOT_ID,
  type Clock,
  type ItemId,
  type Principal,
} from '../kernel/index.js';
import type { Database, Queries } from '../platform/index.js';
import { Access, unauthorized, type GrantStanding, type ReachedHere } from './access.js';
import { failing, failingEach } from './failures.js';
import type { ChangeOptions, Content, FileSpace, Node, Opened, OpenOptions } from './file-space.js';
import { ForeignIds } from './foreign-ids.js';
import type { Glance, Item, ItemListing } from './item.js';
import { LocalReach } from './local-reach.js';
import { LocalSpace } from './local-space.js';
import { topIsFixed } from './local-places.js';
import type { OnRemoved } from './local-writes.js';
import { MountReach, type MountInputs, type OnMountRefused } from './mount-reach.js';
import { memberFoldersOf } from './members.js';
import { MountNews } from './mount-news.js';
import { mountsOf, type Mount } from './mounts.js';
import { PARENT_NOT_FOUND } from './placement.js';
import type { Reach } from './reach.js';
import { Reservations } from './reservations.js';
import { guestsOf, mergedById } from './root-listing.js';
import type { Standing, Verb } from './standing.js';
import { whileAllowed } from './while-allowed.js';

/** What a tree works with. */
export interface TreeInputs {
  readonly database: Database;
  readonly contents: ContentStore;
  readonly clock: Clock;
  /** The file space behind a mount; must not ask the other cloud before one of its methods is called. */
  readonly openMount: (mount: Mount) => FileSpace;
  readonly grantStanding: GrantStanding;
  /** Whether an app's access has not been withdrawn; asked again while a download runs and when a change is written. */
  readonly accessStands?: (q: Queries, accessId: string) => Promise<boolean>;
  readonly onRemoved: OnRemoved;
  /** Bytes for accounts without a quota of their own; undefined: no limit. */
  readonly defaultQuota: number | undefined;
  readonly onMountRefused?: OnMountRefused;
  /** Milliseconds between the questions whether a running download is still allowed. */
  readonly recheckInterval?: number;
}

/**
 * One person's whole tree, own and foreign, or the one folder that a grant opens. Every method throws `Failure` only:
 * `unauthenticated` when the asker may do nothing at all any more, `not-found` for what is missing or not theirs to
 * know, `forbidden` for what they may see but not change, else what {@link FileSpace} says.
 */
export class Tree {
  /** The one answer to who may do what (threat model G11); also for rooms above that guard things beside files. */
  readonly access: Access;
  readonly #inputs: TreeInputs;
  readonly #mountInputs: MountInputs;
  readonly #reservations = new Reservations();
  readonly #news: MountNews;

  constructor(inputs: TreeInputs) {
    this.#inputs = inputs;
    this.access = new Access(inputs);
    const { database, openMount, onMountRefused } = inputs;
    this.#mountInputs = { database, openMount, onMountRefused, ids: new ForeignIds(database) };
    this.#news = new MountNews({ clock: inputs.clock, refresh: (mount) => this.#refresh(mount) });
  }

  /** A file or folder, deleted ones included (their status says so). A mounted folder is answered without asking. */
  async stat(principal: Principal, id: ItemId): Promise<Item> {
    return failing(async () => (await this.#reach(principal, id, 'read')).stat());
  }

  /** Like {@link stat}, as far as it is known: inside a mount the other cloud is not asked about what was seen before. */
  async glance(principal: Principal, id: ItemId): Promise<Glance> {
    return failing(async () => (await this.#reach(principal, id, 'read')).glance());
  }

  /** A folder with its children, one level; a file answers itself and no children. Writes nothing. */
  async list(
    principal: Principal,
    id: ItemId,
    options: { includeDeleted?: boolean; signal?: AbortSignal } = {},
  ): Promise<ItemListing> {
    return failing(async () => {
      const reach = await this.#reach(principal, id, 'read');
      const listing = await reach.call('read', (space, key) => space.list(key, options));
      await reach.noted(listing.folder);
      const children = failingEach(reach.stream(listing.children));
      const folder = await item(reach, listing.folder);
      return { folder, children: id === ROOT_ID ? await this.#withGuests(folder, children) : children };
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
      return item(parent, await parent.call('write', (space, key) => space.create(key, fileName, content, options)));
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

  /** Makes a folder. The name is checked here (`parseName`). */
  async makeFolder(principal: Principal, parentId: ItemId, name: string, options: ChangeOptions = {}): Promise<Item> {
    return failing(async () => {
      const folderName = parseName(name, 'Invalid folder name.');
      const parent = await this.#parent(principal, parentId);
      return item(parent, await parent.call('write', (space, key) => space.makeFolder(key, folderName, options)));
    });
  }

  /** Renames, moves or both. From one owner's files to another's, or into another cloud, is `invalid`. */
  async move(
    principal: Principal,
    id: ItemId,
    to: { parentId?: ItemId; name?: string },
    options: ChangeOptions = {},
  ): Promise<Item> {
    return failing(async () => {
      const name = to.name === undefined ? {} : { name: parseName(to.name) };
      const reach = await this.#changeable(principal, id);
      const parent = to.parentId === undefined ? {} : { parentKey: await this.#target(principal, reach, to.parentId) };
      const node = await reach.call('write', (space, key) => space.move(key, { ...parent, ...name }, options));
      await reach.moved(node);
      return item(reach, node);
    });
  }

  /** Deletes, folders with everything below; answers the item with status `DELETED`. */
  async remove(principal: Principal, id: ItemId, options: ChangeOptions = {}): Promise<Item> {
    return failing(async () => {
      const reach = await this.#changeable(principal, id);
      const removed = await item(reach, await reach.call('write', (space, key) => space.remove(key, options)));
      await reach.removed();
      return removed;
    });
  }

  /** Every version of a file, newest first, the current one included. */
  async versions(principal: Principal, id: ItemId): Promise<Item[]> {
    return failing(async () => {
      const reach = await this.#reach(principal, id, 'read');
      return reach.items(await reach.call('read', (space, key) => space.versions(key)));
    });
  }

  /** One version of a file. */
  async version(principal: Principal, id: ItemId, version: number): Promise<Item> {
    const found = (await this.versions(principal, id)).find((candidate) => candidate.version === version);
    if (found === undefined) throw notFound();
    return found;
  }

  async #reach(principal: Principal, id: ItemId, verb: Verb): Promise<Reach> {
    const reached = await this.access.ask(this.#inputs.database.read, principal, id, verb);
    if (reached.kind === 'mount') return new MountReach(reached, this.#mountInputs);
    return new LocalReach(reached, this.#localSpace(principal, id, reached));
  }

  #localSpace(principal: Principal, id: ItemId, { scope, shared, line }: ReachedHere): LocalSpace {
    const standing: Standing = {
      actor: actorOf(principal),
      may: async (q, verb) => {
        await this.#askAgain(q, principal, id, verb);
      },
    };
    return new LocalSpace({ ...this.#inputs, reservations: this.#reservations, scope, standing, shared, known: line });
  }

  /** What was allowed when the request came in may be over by now, and so may the access of the app that sent it. */
  async #askAgain(q: Queries, principal: Principal, id: ItemId, verb: Verb): Promise<void> {
    const accessId = principal.kind === 'grant' ? undefined : principal.accessId;
    if (accessId !== undefined && (await this.#inputs.accessStands?.(q, accessId)) === false) throw unauthorized();
    await this.access.ask(q, principal, id, verb);
  }

  /** The folder that something is to be put into, in the words of the storage API when it is not there. */
  async #parent(principal: Principal, id: ItemId): Promise<Reach> {
    try {
      return await this.#reach(principal, id, 'write');
    } catch (error) {
      throw isFailure(error, 'not-found') ? notFound(PARENT_NOT_FOUND) : error;
    }
  }

  /** An item that can be renamed, moved or deleted: not the top of something that is shared with the asker (PTH-06). */
  async #changeable(principal: Principal, id: ItemId): Promise<Reach> {
    const reach = await this.#reach(principal, id, 'write');
    if (id === ROOT_ID) throw invalid('The root cannot be deleted, renamed or moved.');
    if (reach.isTop) throw topIsFixed();
    return reach;
  }

  async #target(principal: Principal, reach: Reach, parentId: ItemId): Promise<string> {
    const target = await this.#parent(principal, parentId);
    if (target.home !== reach.home) {
      throw invalid(
        'This cannot be moved there: the two folders belong to different people or clouds. Copy it instead.',
      );
    }
    return target.key;
  }

  async #withGuests(root: Item, own: AsyncIterable<Item>): Promise<AsyncIterable<Item>> {
    const { ownerId } = root;
    if (ownerId === undefined) return own;
    const { database, clock } = this.#inputs;
    const folders = await memberFoldersOf(database.read, ownerId, clock.now());
    const mounts = await mountsOf(database.read, ownerId, clock.now());
    this.#news.expect(mounts);
    return mergedById(own, guestsOf(folders, mounts));
  }

  async #refresh(mount: Mount): Promise<void> {
    const { permission, rootKey: key } = mount;
    await new MountReach({ kind: 'mount', permission, mount, key }, this.#mountInputs).refresh();
  }
}

async function item(reach: Reach, node: Node): Promise<Item> {
  const [translated] = await reach.items([node]);
  if (translated === undefined) throw notFound();
  return translated;
}
