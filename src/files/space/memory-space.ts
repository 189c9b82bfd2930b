import { Readable } from 'node:stream';
import { memoryContents, type ContentStore, type StoredContent } from '../../contents/index.js';
import { Failure, invalid, MAX_DEPTH, notFound, type Clock, type Random } from '../../kernel/index.js';
import type { PageWish } from '../../platform/index.js';
import type { CopyingSpace, MeasuredSpace, OrderedSpace, SpaceQuota, VersionedSpace } from './abilities.js';
import { failing } from './failures.js';
import type {
  Abilities,
  ChangeOptions,
  CopyOptions,
  Content,
  Head,
  HeadOptions,
  Listing,
  Node,
  NodeKey,
  Opened,
  OpenOptions,
  ListOptions,
  MoveOptions,
  Stretch,
} from './file-space.js';
import { nearest, listKeyOf } from './order.js';
import { refusal, type ChangeReason } from './refusals.js';
import { etagOf, FOLDER_TYPE } from './content-tag.js';
import { checkChange, checkRead, rangeStillFits, refuseOtherContent } from './preconditions.js';
import { resolveRange } from './ranges.js';
import { upload } from './uploads.js';

/** One version of a node; folders have no content. */
interface Version {
  readonly node: Node;
  readonly content: StoredContent | undefined;
}

/** A node and its older versions, the oldest first. */
interface Entry {
  current: Version;
  readonly past: Version[];
}

/** A small file space in memory: used by tests, and the simplest implementation of {@link FileSpace} to read. */
export class MemorySpace implements VersionedSpace, CopyingSpace, OrderedSpace, MeasuredSpace {
  readonly rootKey = 'root';
  readonly abilities: Abilities = {
    versions: true,
    kinds: false,
    conditionalWrites: true,
    quota: true,
    paths: false,
    keysArePaths: false,
    copies: true,
    overwrites: true,
    order: true,
    times: false,
  };
  readonly #clock: Clock;
  readonly #contents: ContentStore;
  readonly #entries = new Map<NodeKey, Entry>();
  readonly #answers = new Map<
    string,
    { readonly digest: string; readonly sha256: string | null; readonly node: Node }
  >();
  #lastKey = 0;

  constructor(inputs: { clock: Clock; random: Random }) {
    this.#clock = inputs.clock;
    this.#contents = memoryContents(inputs);
    this.#add({ ...this.#fresh(null, 'root', 'folder'), key: this.rootKey }, undefined);
  }

  async stat(key: NodeKey): Promise<Node> {
    return this.#entry(key).current.node;
  }

  async list(key: NodeKey, options: ListOptions = {}): Promise<Listing> {
    const folder = this.#entry(key).current.node;
    const found = this.#nodes().filter((node) => node.parentKey === key);
    const children = found.filter((node) => options.includeDeleted === true || node.status !== 'DELETED');
    return { folder, children: Readable.from(children) };
  }

  async find(parentKey: NodeKey, name: string): Promise<Node | undefined> {
    this.#entry(parentKey);
    return this.#namesake(parentKey, name);
  }

  async nearest(key: NodeKey, wish: PageWish): Promise<Stretch> {
    const folder = this.#entry(key).current.node;
    const live = this.#nodes().filter((node) => node.parentKey === key && node.status !== 'DELETED');
    const rows = live.map((node) => ({ key: listKeyOf(node), view: node }));
    return { folder, rows: nearest(rows, wish) };
  }

  async open(key: NodeKey, options: OpenOptions = {}): Promise<Opened> {
    return failing(async () => {
      const { node, content } = this.#versionOf(this.#file(key), options.version);
      const { size, mimetype, etag, modifiedAt } = node;
      if (content === undefined) throw notFound();
      if (checkRead(options.conditions, node) === 'not-modified') return { outcome: 'not-modified', etag, modifiedAt };
      const range = rangeStillFits(options.conditions, node) ? resolveRange(options.range, size) : undefined;
      const body = await this.#contents.open(content, range, options.signal);
      return { outcome: 'content', size, mimetype, etag, modifiedAt, takesRanges: true, range, body };
    });
  }

  async head(key: NodeKey, options: HeadOptions = {}): Promise<Head> {
    return failing(async () => {
      const { size, mimetype, ...validators } = this.#versionOf(this.#file(key), options.version).node;
      const { etag, modifiedAt } = validators;
      if (checkRead(options.conditions, validators) === 'not-modified')
        return { outcome: 'not-modified', etag, modifiedAt };
      return { outcome: 'content', size, mimetype, etag, modifiedAt, takesRanges: true };
    });
  }

  async create(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions = {}): Promise<Node> {
    return this.#upload(content, options, (stored) => {
      this.#admit(parentKey, name, 'file', options);
      return this.#add({ ...this.#fresh(parentKey, name, 'file'), ...bytesOf(stored), ...timeOf(options) }, stored);
    });
  }

  async replace(key: NodeKey, content: Content, options: ChangeOptions = {}): Promise<Node> {
    return this.#upload(content, options, (stored) => {
      const entry = this.#file(key);
      checkChange(options.conditions, entry.current.node);
      return this.#renew(entry, stored, options);
    });
  }

  async put(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions = {}): Promise<Node> {
    return this.#upload(content, options, (stored) => {
      this.#parent(parentKey, 'parent-wrong');
      const found = this.#namesake(parentKey, name);
      if (found?.kind === 'file') {
        checkChange(options.conditions, found);
        return this.#renew(this.#entry(found.key), stored, options);
      }
      this.#admit(parentKey, name, 'file', options);
      return this.#add({ ...this.#fresh(parentKey, name, 'file'), ...bytesOf(stored), ...timeOf(options) }, stored);
    });
  }

  async makeFolder(parentKey: NodeKey, name: string, options: ChangeOptions = {}): Promise<Node> {
    return this.#once(options, () => {
      this.#admit(parentKey, name, 'folder', options);
      return this.#add(this.#fresh(parentKey, name, 'folder'), undefined);
    });
  }

  async move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options: MoveOptions = {}): Promise<Node> {
    if (to.parentKey === undefined && to.name === undefined) throw invalid('Neither a name nor a parent was given.');
    return this.#once(options, () => {
      const entry = this.#changeable(key, options);
      const { node } = entry.current;
      const { parentKey = node.parentKey ?? this.rootKey, name = node.name } = to;
      const parent = this.#parent(parentKey, 'parent-wrong');
      if (this.#path(parent.key).includes(key)) throw refusal('into-itself');
      const clash = this.#namesake(parentKey, name);
      if (clash !== undefined && clash.key !== key) this.#clear(clash, key, options);
      return this.#change(entry, { parentKey, name, status: 'RENAMED', ...timeOf(options) });
    });
  }

  async remove(key: NodeKey, options: ChangeOptions = {}): Promise<Node> {
    return this.#once(options, () => {
      return this.#delete(this.#changeable(key, options));
    });
  }

  async copy(key: NodeKey, to: { parentKey: NodeKey; name?: string }, options: CopyOptions = {}): Promise<Node> {
    return this.#once(options, () => {
      if (key === this.rootKey) throw notFound();
      const entry = this.#changeable(key, options);
      const { name = entry.current.node.name } = to;
      this.#parent(to.parentKey, 'parent-wrong');
      if (this.#path(to.parentKey).includes(key)) throw refusal('into-itself');
      const clash = this.#namesake(to.parentKey, name);
      if (clash !== undefined) return this.#copyOnto(clash, entry, options);
      return this.#copy(entry, to.parentKey, { name, ...timeOf(options) });
    });
  }

  #copyOnto(clash: Node, { current: { node, content } }: Entry, options: CopyOptions): Node {
    const isFit = options.onto === true && clash.kind === 'file' && node.kind === 'file' && clash.key !== node.key;
    if (!isFit) throw refusal('name-taken');
    const { size, checksum, mimetype, etag, contentAt } = node;
    const changes = { size, checksum, mimetype, etag, contentAt, ...timeOf(options), status: 'CHANGED' as const };
    return this.#change(this.#entry(clash.key), changes, content);
  }

  #copy({ current }: Entry, parentKey: NodeKey, changes: Partial<Node>): Node {
    const { key, name, kind, size, checksum, mimetype, etag, contentAt } = current.node;
    const fresh = { ...this.#fresh(parentKey, name, kind), size, checksum, mimetype, etag, contentAt, ...changes };
    const inside = this.#nodes().filter((node) => node.parentKey === key && node.status !== 'DELETED');
    const copy = this.#add(fresh, current.content);
    for (const node of inside) this.#copy(this.#entry(node.key), copy.key, {});
    return copy;
  }

  #delete(entry: Entry): Node {
    const { key } = entry.current.node;
    const below = this.#nodes().filter((node) => node.key !== key && node.status !== 'DELETED');
    for (const node of below) {
      if (this.#path(node.key).includes(key)) this.#change(this.#entry(node.key), { status: 'DELETED' });
    }
    return this.#change(entry, { status: 'DELETED' });
  }

  /** Removes the item that a move replaces, if the caller allows it. */
  #clear(clash: Node, key: NodeKey, { overwrite = false }: MoveOptions): void {
    if (!overwrite) throw refusal('name-taken');
    if (this.#path(key).includes(clash.key)) throw refusal('into-itself');
    this.#delete(this.#entry(clash.key));
  }

  async versions(key: NodeKey): Promise<Node[]> {
    const { current, past } = this.#entry(key);
    if (current.node.kind === 'folder') throw notFound();
    return [...past, current].map((version) => version.node).reverse();
  }

  #nodes(): Node[] {
    return [...this.#entries.values()].map((entry) => entry.current.node);
  }

  #entry(key: NodeKey): Entry {
    const entry = this.#entries.get(key);
    if (entry === undefined) throw notFound();
    return entry;
  }

  #file(key: NodeKey): Entry {
    const entry = this.#entry(key);
    const { kind, status } = entry.current.node;
    if (kind === 'folder' || status === 'DELETED') throw notFound();
    return entry;
  }

  #changeable(key: NodeKey, options: ChangeOptions): Entry {
    if (key === this.rootKey) throw new Failure('forbidden', 'The root cannot be deleted, renamed or moved.');
    const entry = this.#entry(key);
    if (entry.current.node.status === 'DELETED') throw notFound();
    checkChange(options.conditions, entry.current.node);
    return entry;
  }

  #versionOf({ current, past }: Entry, version = current.node.version): Version {
    const found = [...past, current].find((candidate) => candidate.node.version === version);
    if (found === undefined) throw notFound();
    return found;
  }

  #parent(key: NodeKey, ofFile: ChangeReason): Node {
    const parent = this.#entries.get(key)?.current.node;
    if (parent === undefined) throw refusal('parent-missing');
    if (parent.kind === 'file') throw refusal(ofFile);
    if (parent.status === 'DELETED') throw refusal('parent-deleted');
    return parent;
  }

  #admit(parentKey: NodeKey, name: string, kind: Node['kind'], { conditions }: ChangeOptions): void {
    const isFile = kind === 'file';
    this.#parent(parentKey, isFile ? 'parent-wrong' : 'parent-is-file');
    const clash = this.#namesake(parentKey, name);
    checkChange(conditions, clash);
    if (clash !== undefined) throw refusal(isFile ? 'name-taken' : 'folder-exists');
    if (this.#path(parentKey).length > MAX_DEPTH) throw invalid('Folders cannot be nested so deep.');
  }

  #namesake(parentKey: NodeKey, name: string): Node | undefined {
    return this.#nodes().find(
      (node) => node.parentKey === parentKey && node.name === name && node.status !== 'DELETED',
    );
  }

  /** The keys of the node and of its ancestors, the root's last. */
  #path(key: NodeKey): NodeKey[] {
    const { parentKey } = this.#entry(key).current.node;
    return parentKey === null ? [key] : [key, ...this.#path(parentKey)];
  }

  #fresh(parentKey: NodeKey | null, name: string, kind: Node['kind']): Node {
    this.#lastKey += 1;
    const empty = { size: 0, checksum: 0, mimetype: FOLDER_TYPE, etag: '' };
    const key = String(this.#lastKey);
    const now = this.#clock.now();
    const times = { modifiedAt: now, contentAt: now, createdAt: now };
    return { key, parentKey, name, kind, status: 'NEW', version: 1, ...times, ...empty };
  }

  #add(node: Node, content: StoredContent | undefined): Node {
    this.#entries.set(node.key, { current: { node, content }, past: [] });
    this.#touch(node.parentKey);
    return node;
  }

  /** Dates a folder by what has just changed directly in it. */
  #touch(key: NodeKey | null): void {
    const folder = key === null ? undefined : this.#entries.get(key);
    if (folder === undefined) return;
    folder.current = { ...folder.current, node: { ...folder.current.node, contentAt: this.#clock.now() } };
  }

  #renew(entry: Entry, stored: StoredContent, options: ChangeOptions): Node {
    const contentAt = options.contentAt ?? this.#clock.now();
    return this.#change(entry, { ...bytesOf(stored), contentAt, status: 'CHANGED' }, stored);
  }

  #change(entry: Entry, changes: Partial<Node>, content = entry.current.content): Node {
    const { node } = entry.current;
    entry.past.push(entry.current);
    const changed = { ...node, ...changes, version: node.version + 1, modifiedAt: this.#clock.now() };
    entry.current = { node: changed, content };
    this.#touch(node.parentKey);
    this.#touch(changed.parentKey);
    return changed;
  }

  async quota(key: NodeKey): Promise<SpaceQuota> {
    this.#entry(key);
    const contents = [...this.#entries.values()].flatMap(({ current, past }) => [current, ...past]);
    const stored = new Set(contents.flatMap(({ content }) => content ?? []));
    return { used: [...stored].reduce((sum, { size }) => sum + size, 0), available: undefined };
  }

  async #upload(content: Content, options: ChangeOptions, work: (stored: StoredContent) => Node): Promise<Node> {
    const commit = async (stored: StoredContent): Promise<{ result: Node; kept: boolean }> => {
      const result = this.#once(options, () => work(stored), stored.sha256);
      return { result, kept: this.#entry(result.key).current.content === stored };
    };
    return failing(() => upload(this.#contents, { content, admit: () => undefined, signal: options.signal, commit }));
  }

  /** Gives a repeated request the answer of the first one. `sha256`: of the content that comes with it, hex. */
  #once({ receipt }: ChangeOptions, work: () => Node, sha256: string | null = null): Node {
    if (receipt === undefined) return work();
    const earlier = this.#answers.get(receipt.key);
    if (earlier === undefined) {
      const node = work();
      this.#answers.set(receipt.key, { digest: receipt.digest, sha256, node });
      return node;
    }
    if (earlier.digest !== receipt.digest) throw new Failure('conflict', 'This Idempotency-Key names another request.');
    if (sha256 !== null) refuseOtherContent(earlier.sha256, sha256);
    return earlier.node;
  }
}

function timeOf({ contentAt }: ChangeOptions): Partial<Node> {
  return contentAt === undefined ? {} : { contentAt };
}

function bytesOf(stored: StoredContent): Pick<Node, 'size' | 'checksum' | 'mimetype' | 'etag'> {
  return { size: stored.size, checksum: stored.adler32, mimetype: stored.mimetype, etag: etagOf(stored) };
}
