import type {
  Abilities,
  ChangeOptions,
  Content,
  FileSpace,
  Listing,
  Node,
  NodeKey,
  Opened,
  OpenOptions,
} from '../files/index.js';

/** A file space that is opened when it is first used: keys and credentials are read no sooner. */
export class DeferredSpace implements FileSpace {
  readonly rootKey: NodeKey;
  readonly abilities: Abilities = { versions: true, conditionalWrites: true, keysArePaths: false };
  readonly #open: () => Promise<FileSpace>;
  #space: Promise<FileSpace> | undefined;

  constructor(rootKey: NodeKey, open: () => Promise<FileSpace>) {
    this.rootKey = rootKey;
    this.#open = open;
  }

  async stat(key: NodeKey): Promise<Node> {
    return (await this.#opened()).stat(key);
  }

  async list(key: NodeKey, options?: { includeDeleted?: boolean; signal?: AbortSignal }): Promise<Listing> {
    return (await this.#opened()).list(key, options);
  }

  async open(key: NodeKey, options?: OpenOptions): Promise<Opened> {
    return (await this.#opened()).open(key, options);
  }

  async create(parentKey: NodeKey, name: string, content: Content, options?: ChangeOptions): Promise<Node> {
    return (await this.#opened()).create(parentKey, name, content, options);
  }

  async replace(key: NodeKey, content: Content, options?: ChangeOptions): Promise<Node> {
    return (await this.#opened()).replace(key, content, options);
  }

  async makeFolder(parentKey: NodeKey, name: string, options?: ChangeOptions): Promise<Node> {
    return (await this.#opened()).makeFolder(parentKey, name, options);
  }

  async move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options?: ChangeOptions): Promise<Node> {
    return (await this.#opened()).move(key, to, options);
  }

  async remove(key: NodeKey, options?: ChangeOptions): Promise<Node> {
    return (await this.#opened()).remove(key, options);
  }

  async versions(key: NodeKey): Promise<Node[]> {
    return (await this.#opened()).versions(key);
  }

  async seen(key: NodeKey): Promise<Node['kind'] | undefined> {
    return (await this.#opened()).seen?.(key);
  }

  #opened(): Promise<FileSpace> {
    return (this.#space ??= this.#open());
  }
}
