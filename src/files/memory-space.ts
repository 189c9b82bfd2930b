import { Readable } from 'node:stream';
import { MemoryContentStore, type StoredContent } from '../contents/index.js';
import { Failure, invalid, MAX_DEPTH, notFound, type Clock, type Random } from '../kernel/index.js';
import { failing } from './failures.js';
import {
  FOLDER_EXISTS,
  NAME_TAKEN,
  type Abilities,
  type ChangeOptions,
  type Content,
  type FileSpace,
  type Listing,
  type Node,
  type NodeKey,
  type Opened,
  type OpenOptions,
} from './file-space.js';
import { etagOf, FOLDER_TYPE } from './item-rows.js';
import { checkChange, checkRead, rangeStillFits } from './preconditions.js';
import { resolveRange } from './ranges.js';
import { upload } from './uploads.js';

/** One version of a node; folders have no content. */
interface Version {
  readonly node: Node;
  readonly content: StoredContent | undefined;
}

/** A node and everything it was before, oldest first. */
interface Entry {
  current: Version;
  readonly past: Version[];
}

/** A small file space in memory, for tests and as the plainest reading of {@link FileSpace}. */
export class MemorySpace implements FileSpace {
  readonly rootKey = 'root';
  readonly abilities: Abilities = { versions: true, conditionalWrites: true, keysArePaths: false };
  readonly #clock: Clock;
  readonly #contents: MemoryContentStore;
  readonly #entries = new Map<NodeKey, Entry>();
  readonly #answers = new Map<string, { readonly digest: string; readonly node: Node }>();
  #lastKey = 0;

  constructor(inputs: { clock: Clock; random: Random }) {
    this.#clock = inputs.clock;
    this.#contents = new MemoryContentStore(inputs);
    this.#add({ ...this.#fresh(null, 'root', 'folder'), key: this.rootKey }, undefined);
  }

  async stat(key: NodeKey): Promise<Node> {
    return this.#entry(key).current.node;
  }

  async list(key: NodeKey, options: { includeDeleted?: boolean; signal?: AbortSignal } = {}): Promise<Listing> {
    const folder = this.#entry(key).current.node;
    const found = this.#nodes().filter((node) => node.parentKey === key);
    const children = found.filter((node) => options.includeDeleted === true || node.status !== 'DELETED');
    return { folder, children: Readable.from(children) };
  }

  async open(key: NodeKey, options: OpenOptions = {}): Promise<Opened> {
    return failing(async () => {
      const { node, content } = this.#versionOf(this.#file(key), options.version);
      const { size, mimetype, etag, modifiedAt } = node;
      if (content === undefined) throw notFound();
      if (checkRead(options.conditions, node) === 'not-modified') return { outcome: 'not-modified', etag, modifiedAt };
      const range = rangeStillFits(options.conditions, node) ? resolveRange(options.range, size) : undefined;
      const body = await this.#contents.open(content, range, options.signal);
      return { outcome: 'content', size, mimetype, etag, modifiedAt, range, body };
    });
  }

  async create(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions = {}): Promise<Node> {
    return this.#upload(content, options, (stored) => {
      this.#admit(parentKey, name, 'file', options);
      return this.#add({ ...this.#fresh(parentKey, name, 'file'), ...bytesOf(stored) }, stored);
    });
  }

  async replace(key: NodeKey, content: Content, options: ChangeOptions = {}): Promise<Node> {
    return this.#upload(content, options, (stored) => {
      const entry = this.#file(key);
      checkChange(options.conditions, entry.current.node);
      return this.#change(entry, { ...bytesOf(stored), status: 'CHANGED' }, stored);
    });
  }

  async makeFolder(parentKey: NodeKey, name: string, options: ChangeOptions = {}): Promise<Node> {
    return this.#once(options, () => {
      this.#admit(parentKey, name, 'folder', options);
      return this.#add(this.#fresh(parentKey, name, 'folder'), undefined);
    });
  }

  async move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options: ChangeOptions = {}): Promise<Node> {
    if (to.parentKey === undefined && to.name === undefined) throw invalid('Neither a name nor a parent was given.');
    return this.#once(options, () => {
      const entry = this.#changeable(key, options);
      const { node } = entry.current;
      const { parentKey = node.parentKey ?? this.rootKey, name = node.name } = to;
      const parent = this.#parent(parentKey, 'Incorrect parent.');
      if (this.#path(parent.key).includes(key)) throw invalid('A folder cannot be moved into itself.');
      const clash = this.#namesake(parentKey, name);
      if (clash !== undefined && clash.key !== key) throw invalid(NAME_TAKEN);
      return this.#change(entry, { parentKey, name, status: 'RENAMED' });
    });
  }

  async remove(key: NodeKey, options: ChangeOptions = {}): Promise<Node> {
    return this.#once(options, () => {
      const entry = this.#changeable(key, options);
      const below = this.#nodes().filter((node) => node.key !== key && node.status !== 'DELETED');
      for (const node of below) {
        if (this.#path(node.key).includes(key)) this.#change(this.#entry(node.key), { status: 'DELETED' });
      }
      return this.#change(entry, { status: 'DELETED' });
    });
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

  #parent(key: NodeKey, fileSentence: string): Node {
    const parent = this.#entries.get(key)?.current.node;
    if (parent === undefined) throw notFound('Parent not found.');
    if (parent.kind === 'file') throw invalid(fileSentence);
    if (parent.status === 'DELETED') throw invalid('Parent is deleted.');
    return parent;
  }

  #admit(parentKey: NodeKey, name: string, kind: Node['kind'], { conditions }: ChangeOptions): void {
    const isFile = kind === 'file';
    this.#parent(parentKey, isFile ? 'Incorrect parent.' : 'Parent must be a folder, not a file.');
    const clash = this.#namesake(parentKey, name);
    checkChange(conditions, clash);
    if (clash !== undefined) throw invalid(isFile ? NAME_TAKEN : FOLDER_EXISTS);
    if (this.#path(parentKey).length > MAX_DEPTH) throw invalid('Folders cannot be nested so deep.');
  }

  #namesake(parentKey: NodeKey, name: string): Node | undefined {
    return this.#nodes().find(
      (node) => node.parentKey === parentKey && node.name === name && node.status !== 'DELETED',
    );
  }

  /** The node's key and those of everything above it, the root's last. */
  #path(key: NodeKey): NodeKey[] {
    const { parentKey } = this.#entry(key).current.node;
    return parentKey === null ? [key] : [key, ...this.#path(parentKey)];
  }

  #fresh(parentKey: NodeKey | null, name: string, kind: Node['kind']): Node {
    this.#lastKey += 1;
    const empty = { size: 0, checksum: 0, mimetype: FOLDER_TYPE, etag: '' };
    const key = String(this.#lastKey);
    return { key, parentKey, name, kind, status: 'NEW', version: 1, modifiedAt: this.#clock.now(), ...empty };
  }

  #add(node: Node, content: StoredContent | undefined): Node {
    this.#entries.set(node.key, { current: { node, content }, past: [] });
    return node;
  }

  #change(entry: Entry, changes: Partial<Node>, content = entry.current.content): Node {
    const { node } = entry.current;
    entry.past.push(entry.current);
    const changed = { ...node, ...changes, version: node.version + 1, modifiedAt: this.#clock.now() };
    entry.current = { node: changed, content };
    return changed;
  }

  async #upload(content: Content, options: ChangeOptions, work: (stored: StoredContent) => Node): Promise<Node> {
    const commit = async (stored: StoredContent): Promise<{ result: Node; kept: boolean }> => {
      const result = this.#once(options, () => work(stored));
      return { result, kept: this.#entry(result.key).current.content === stored };
    };
    return failing(() => upload(this.#contents, { content, admit: () => undefined, signal: options.signal, commit }));
  }

  /** Answers a repeated request as the first. */
  #once({ receipt }: ChangeOptions, work: () => Node): Node {
    if (receipt === undefined) return work();
    const earlier = this.#answers.get(receipt.key);
    if (earlier === undefined) {
      const node = work();
      this.#answers.set(receipt.key, { digest: receipt.digest, node });
      return node;
    }
    if (earlier.digest !== receipt.digest) throw new Failure('conflict', 'This Idempotency-Key names another request.');
    return earlier.node;
  }
}

function bytesOf(stored: StoredContent): Pick<Node, 'size' | 'checksum' | 'mimetype' | 'etag'> {
  return { size: stored.size, checksum: stored.adler32, mimetype: stored.mimetype, etag: etagOf(stored) };
}
