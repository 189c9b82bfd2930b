import type { HeldLock, Item, Property, SpaceQuota } from '../../../files/index.js';
import { isFailure, type ItemId } from '../../../kernel/index.js';
import {
  addressOf,
  isAbroad,
  LockDesk,
  hasNews,
  Places,
  SyncTokens,
  Tags,
  type DavCaller,
  type DavInputs,
  type Owner,
  type Resource,
  type SharedWith,
} from '../world/index.js';
import { isOwnOf } from './permissions.js';

/** What has to be looked up for a property, beside the item itself. */
export type Need =
  'tag' | 'locks' | 'holders' | 'dead' | 'owner' | 'quota' | 'sync' | 'shared' | 'bytes' | 'fingerprint';

/** A lock, and the address of what it was taken on; undefined when the asker may not know of that. */
export interface ShownLock {
  readonly lock: HeldLock;
  readonly href: string | undefined;
  /** Who holds it; undefined where nobody asked for that, or where the asker is not told. */
  readonly holder: Owner | undefined;
}

/** What was looked up about one resource, as far as it was needed. */
export interface Facts {
  readonly tag: string;
  readonly locks: readonly ShownLock[];
  readonly dead: readonly Property[];
  readonly owner: Owner | undefined;
  readonly quota: SpaceQuota | undefined;
  /** Of a folder: the bytes of the live files in it. */
  readonly bytesBelow: number | undefined;
  /** With whom its owner shares it, if it is the owner who asks; undefined when with nobody, or for others. */
  readonly sharedWith: SharedWith | undefined;
  /** The token for asking what changes in a folder from now on; undefined where that is not known. */
  readonly syncToken: string | undefined;
  /** See `DavInputs.fingerprint`. */
  readonly fingerprint: string;
}

/** Looks up what properties need, for many resources at a time; what all of them have in common is asked once. */
export class FactFinder {
  readonly #in: DavInputs;
  readonly #caller: DavCaller;
  readonly #needs: ReadonlySet<Need>;
  readonly #places: Places;
  readonly #tags: Tags;
  readonly #locks: LockDesk;
  readonly #owners = new Map<string, Promise<Owner | undefined>>();
  readonly #quotas = new Map<string, Promise<SpaceQuota | undefined>>();
  readonly #hrefs = new Map<ItemId, Promise<string | undefined>>();

  constructor(inputs: DavInputs, caller: DavCaller, needs: ReadonlySet<Need>) {
    this.#in = inputs;
    this.#caller = caller;
    this.#needs = needs;
    this.#places = new Places(inputs.tree);
    this.#tags = new Tags(inputs, caller);
    this.#locks = new LockDesk(inputs, caller);
  }

  /** About one resource. */
  async of(resource: Resource): Promise<Facts> {
    const { item } = resource;
    const tag = this.#needs.has('tag') ? await this.#tags.of(item) : '';
    const locks = this.#needs.has('locks') ? await this.#locksOn(resource) : [];
    const dead = this.#needs.has('dead') ? await this.#in.properties.of(this.#caller.principal, item.id) : [];
    const sharedWith = (await this.#shared([item])).get(item.id);
    const syncToken = await this.#syncToken(item);
    const fingerprint = await this.#fingerprint();
    return { tag, locks, dead, sharedWith, ...(await this.#ofOwner(item)), syncToken, fingerprint };
  }

  /** About resources in one folder, in the same order. */
  async among(folder: Resource, resources: readonly Resource[]): Promise<Facts[]> {
    const ids = resources.map(({ item }) => item.id);
    const tags = this.#needs.has('tag') ? await this.#tags.among(resources.map(({ item }) => item)) : undefined;
    const dead = this.#needs.has('dead')
      ? await this.#in.properties.among(ids, isAbroad(folder.item) ? 'abroad' : 'here')
      : undefined;
    const locks = this.#needs.has('locks')
      ? await this.#locks.among(
          folder.item,
          resources.map(({ item }) => item),
        )
      : undefined;
    const shared = await this.#shared(resources.map(({ item }) => item));
    const fingerprint = await this.#fingerprint();
    const facts: Facts[] = [];
    for (const resource of resources) {
      const { item } = resource;
      facts.push({
        tag: tags?.get(item.id) ?? '',
        dead: dead?.get(item.id) ?? [],
        sharedWith: shared.get(item.id),
        locks: await this.#locksAmong(resource, locks),
        ...(await this.#ofOwner(item)),
        // Each folder of another cloud would have to be listed.
        syncToken: isAbroad(item) ? undefined : await this.#syncToken(item),
        fingerprint,
      });
    }
    return facts;
  }

  async #locksAmong(
    resource: Resource,
    locks: ReadonlyMap<ItemId, readonly HeldLock[]> | undefined,
  ): Promise<readonly ShownLock[]> {
    if (locks === undefined) return [];
    return this.#shown(resource, locks.get(resource.item.id) ?? []);
  }

  async #locksOn(resource: Resource): Promise<readonly ShownLock[]> {
    return this.#shown(resource, await this.#locks.on(resource.item));
  }

  async #shown(resource: Resource, locks: readonly HeldLock[]): Promise<readonly ShownLock[]> {
    const shown: ShownLock[] = [];
    for (const lock of locks) {
      const href = await this.#hrefOf(resource, lock.itemId);
      shown.push({ lock, href, holder: await this.#holderOf(lock) });
    }
    return shown;
  }

  /** People who share a folder know each other’s addresses; another cloud is told none of a holder. */
  async #holderOf({ holderId }: HeldLock): Promise<Owner | undefined> {
    const isTold = this.#caller.principal.kind === 'person' && this.#needs.has('holders');
    return isTold && holderId !== undefined ? once(this.#owners, holderId, () => this.#in.person(holderId)) : undefined;
  }

  #hrefOf(resource: Resource, id: ItemId | undefined): Promise<string | undefined> {
    if (id === undefined) return Promise.resolve(undefined);
    if (id === resource.item.id) return Promise.resolve(addressOf(this.#caller, resource));
    const found = this.#hrefs.get(id) ?? this.#places.hrefOf(this.#caller, id);
    this.#hrefs.set(id, found);
    return found;
  }

  /** Told of one's own folders only: nobody learns with whom others share. */
  async #shared(items: readonly Item[]): Promise<ReadonlyMap<ItemId, SharedWith>> {
    const { principal } = this.#caller;
    const own = items.filter((item) => item.kind === 'folder' && item.place === 'own' && isOwnOf(item, principal));
    if (own.length === 0 || !this.#needs.has('shared')) return new Map();
    return this.#in.shared(own.map(({ id }) => id));
  }

  async #fingerprint(): Promise<string> {
    return this.#needs.has('fingerprint') ? this.#in.fingerprint() : '';
  }

  async #syncToken(item: Item): Promise<string | undefined> {
    if (!hasNews(item) || !this.#needs.has('sync')) return undefined;
    const asked = this.#in.news.point(this.#caller.principal, item.id);
    const point = await (isAbroad(item) ? ifItCan(asked) : asked);
    return point && new SyncTokens(this.#in).write({ folderId: item.id, isDeep: true }, point);
  }

  /** Every folder of this cloud keeps them in its row, but the root has none. */
  async #bytesBelow({ place, bytesBelow }: Item): Promise<number | undefined> {
    if (place !== 'root' || !this.#needs.has('bytes')) return bytesBelow;
    return this.#in.tree.bytesBelowRoot(this.#caller.principal);
  }

  async #ofOwner(item: Item): Promise<Pick<Facts, 'owner' | 'quota' | 'bytesBelow'>> {
    const { ownerId, incomingId, id } = item;
    const owner = this.#needs.has('owner') ? await this.#ownerOf(item) : undefined;
    // Everything of one owner, or of one share from another cloud, counts against the same quota.
    const space = ownerId ?? incomingId ?? id;
    const ask = () => this.#in.tree.quota(this.#caller.principal, id);
    const quota = this.#needs.has('quota') ? await once(this.#quotas, space, ask) : undefined;
    return { owner, quota, bytesBelow: await this.#bytesBelow(item) };
  }

  async #ownerOf({ ownerId, incomingId }: Item): Promise<Owner | undefined> {
    if (ownerId !== undefined) return once(this.#owners, ownerId, () => this.#in.person(ownerId));
    return incomingId === undefined ? undefined : once(this.#owners, incomingId, this.#in.ownerAbroad);
  }
}

/** What another cloud was asked for; undefined when it refuses, or is away: then it is not known. */
async function ifItCan<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

function once<Key, T>(known: Map<Key, Promise<T>>, id: Key, ask: (id: Key) => Promise<T>): Promise<T> {
  const found = known.get(id) ?? ask(id);
  known.set(id, found);
  return found;
}
