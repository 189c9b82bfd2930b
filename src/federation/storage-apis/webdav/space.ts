import type { ItemDesk } from '../../../desk/index.js';
import { isFailure, notFound, parseName } from '../../../kernel/index.js';
import {
  findByNames,
  refusal,
  type Abilities,
  type ChangeOptions,
  type Content,
  type CopyingSpace,
  type DatedSpace,
  type GivenLock,
  type Head,
  type HeadOptions,
  type Listing,
  type ListOptions,
  type LocatedSpace,
  type LockingSpace,
  type MeasuredSpace,
  type Node,
  type NodeKey,
  type Opened,
  type OpenOptions,
  type FolderOnWay,
  type PassedLock,
  type RememberingSpace,
  type SpaceQuota,
  type Whereabouts,
  type WayfindingSpace,
} from '../../../files/index.js';
import type { ForeignSpace, FolderProbe } from '../../ports/storage-api.js';
import { Arranging } from './arranging.js';
import { Contents } from './contents.js';
import { Locking } from './locking.js';
import { Looking, type LookingInputs } from './looking.js';
import { probeRoot } from './probe.js';
import { nameOf } from './nodes.js';
import { keyIn, namesOf, parentOf, ROOT } from './wire/paths.js';
import { Writing, type WritingInputs } from './writing.js';

/** What a foreign folder is reached with. */
export type DavSpaceInputs = Omit<WritingInputs, 'looking' | 'locking'> & LookingInputs;

/**
 * A folder, or a single file, on somebody else's WebDAV server (webdav.md 2). Keys are paths below what is shared, as the
 * server spells them; ids, versions and what the protocol does not say are remembered here. Everything that it answers is
 * hostile input (threat model G9).
 */
export class DavSpace
  implements
    ForeignSpace,
    CopyingSpace,
    DatedSpace,
    LocatedSpace,
    LockingSpace,
    MeasuredSpace,
    RememberingSpace,
    WayfindingSpace
{
  readonly rootKey = ROOT;
  readonly #in: DavSpaceInputs;
  readonly #looking: Looking;
  readonly #locking: Locking;
  readonly #contents: Contents;
  readonly #writing: Writing;
  readonly #arranging: Arranging;

  constructor(inputs: DavSpaceInputs) {
    this.#in = inputs;
    this.#looking = new Looking(inputs);
    this.#locking = new Locking(inputs);
    const all = { ...inputs, looking: this.#looking, locking: this.#locking };
    this.#contents = new Contents(all);
    this.#writing = new Writing(all);
    this.#arranging = new Arranging(all);
  }

  /** Conditional writes are claimed once the server has shown that it obeys conditions. */
  get abilities(): Abilities {
    return {
      versions: false,
      kinds: true,
      keysArePaths: true,
      copies: true,
      overwrites: false,
      order: false,
      times: true,
      quota: true,
      paths: true,
      conditionalWrites: this.#in.manners.now.keepsConditions === true,
    };
  }

  probe(): Promise<FolderProbe> {
    return probeRoot(this.#looking);
  }

  /** Never called: the probe says that no comments are kept there. */
  desk(): ItemDesk {
    throw notFound();
  }

  async stat(key: NodeKey): Promise<Node> {
    return (await this.#looking.get(key)).node;
  }

  list(key: NodeKey, { signal }: ListOptions = {}): Promise<Listing> {
    return this.#looking.list(key, () => (typeof signal === 'function' ? signal() : signal));
  }

  /**
   * Asks for the path of a name. A name in decomposed form is found too, since it is listed in the composed one. Below
   * a folder that does not exist nothing is found: the path does not tell whether the folder ever existed.
   */
  async find(
    parentKey: NodeKey,
    name: string,
    { signal }: Pick<ListOptions, 'signal'> = {},
  ): Promise<Node | undefined> {
    if (namesOf(parentKey) === undefined) throw notFound();
    const asked = typeof signal === 'function' ? signal() : signal;
    const spellings = new Set([name, name.normalize('NFD')]);
    for (const spelling of spellings) {
      const found = await this.#looking.find(keyIn(parentKey, spelling), asked);
      if (found !== undefined) return found.node;
    }
    return undefined;
  }

  /** Asks for the whole path; name by name only where some of it may be spelt in another way. */
  async findAlong(
    fromKey: NodeKey,
    names: readonly string[],
    options: Pick<ListOptions, 'signal'> = {},
  ): Promise<Node | undefined> {
    const { signal } = options;
    const key = keyAlong(fromKey, names);
    if (key === undefined) return undefined;
    const found = await this.#looking.find(key, typeof signal === 'function' ? signal() : signal);
    if (found !== undefined || !isSpeltTwice(names)) return found?.node;
    return findByNames(this, fromKey, names, options);
  }

  async listAlong(fromKey: NodeKey, names: readonly string[], options: ListOptions = {}): Promise<Listing | undefined> {
    const key = keyAlong(fromKey, names);
    if (key === undefined) return undefined;
    try {
      return await this.list(key, options);
    } catch (error) {
      if (!isFailure(error, 'not-found')) throw error;
    }
    const found = isSpeltTwice(names) ? await findByNames(this, fromKey, names, options) : undefined;
    return found === undefined ? undefined : this.list(found.key, options);
  }

  open(key: NodeKey, options: OpenOptions = {}): Promise<Opened> {
    return this.#contents.open(key, options);
  }

  head(key: NodeKey, options: HeadOptions = {}): Promise<Head> {
    return this.#contents.head(key, options);
  }

  async seen(key: NodeKey): Promise<Pick<Node, 'kind' | 'name' | 'parentKey'> | undefined> {
    const kind = await this.#in.facts.kindOf(key);
    return kind === undefined ? undefined : { kind, name: nameOf(key, this.#in.root.name), parentKey: parentOf(key) };
  }

  async whereabouts(key: NodeKey): Promise<Whereabouts | undefined> {
    const { root } = this.#in;
    const found = namesOf(key) === undefined ? undefined : await this.#looking.find(key);
    if (found === undefined) return undefined;
    const { href: address } = root.urlOf(key, 'folder');
    return { server: `webdav ${root.origin}`, root: root.address.href, address, id: found.resource.fileId };
  }

  /** A path says by itself what is above it, and how that is called. */
  way(key: NodeKey): Promise<readonly FolderOnWay[]> {
    const way: FolderOnWay[] = [];
    if (namesOf(key) === undefined) throw notFound();
    for (let at = key, above = parentOf(at); above !== null; at = above, above = parentOf(at)) {
      way.push({ key: at, name: nameOf(at, ''), parentKey: above });
    }
    return Promise.resolve(way);
  }

  async create(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions = {}): Promise<Node> {
    return this.#writing.upload({ key: childOf(parentKey, name), content, options, wish: 'make' });
  }

  async replace(key: NodeKey, content: Content, options: ChangeOptions = {}): Promise<Node> {
    if (namesOf(key) === undefined) throw notFound();
    return this.#writing.upload({ key, content, options, wish: 'replace' });
  }

  async put(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions = {}): Promise<Node> {
    const key = childOf(parentKey, name);
    const found = key.normalize('NFD') === key ? undefined : await this.find(parentKey, name, options);
    return this.#writing.upload({ key: found?.key ?? key, content, options, wish: 'either' });
  }

  async makeFolder(parentKey: NodeKey, name: string, options: ChangeOptions = {}): Promise<Node> {
    return this.#arranging.makeFolder(parentKey, parseName(name), options);
  }

  move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options: ChangeOptions = {}): Promise<Node> {
    return this.#arranging.move(key, to, options);
  }

  copy(key: NodeKey, to: { parentKey: NodeKey; name?: string }, options: ChangeOptions = {}): Promise<Node> {
    return this.#arranging.copy(key, to, options);
  }

  redate(key: NodeKey, contentAt: number, options: ChangeOptions = {}): Promise<Node> {
    return this.#arranging.redate(key, contentAt, options);
  }

  async quota(key: NodeKey): Promise<SpaceQuota | undefined> {
    const { room } = this.#in;
    if (!room.isFresh) await this.#looking.get(key);
    return room.room;
  }

  remove(key: NodeKey, options: ChangeOptions = {}): Promise<Node> {
    return this.#arranging.remove(key, options);
  }

  async lock(key: NodeKey, lock: PassedLock): Promise<GivenLock | undefined> {
    if (namesOf(key) === undefined) throw notFound();
    return this.#locking.lock(key, lock);
  }

  relock(key: NodeKey, word: string, lock: PassedLock): Promise<GivenLock | undefined> {
    return this.#locking.relock(key, word, lock);
  }

  unlock(key: NodeKey, word: string): Promise<void> {
    return this.#locking.unlock(key, word);
  }
}

function keyAlong(fromKey: NodeKey, names: readonly string[]): NodeKey | undefined {
  const key = names.reduce(keyIn, fromKey);
  return namesOf(key) === undefined ? undefined : key;
}

/** Whether a server may have these names in decomposed letters. */
function isSpeltTwice(names: readonly string[]): boolean {
  return names.some((name) => name.normalize('NFD') !== name);
}

function childOf(parentKey: NodeKey, name: string): NodeKey {
  if (namesOf(parentKey) === undefined) throw refusal('parent-missing');
  return keyIn(parentKey, parseName(name));
}
