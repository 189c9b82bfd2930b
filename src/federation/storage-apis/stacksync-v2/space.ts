import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { StorageClient, type ChangeOptions as ClientChangeOptions, type UploadOptions } from '../../../client/index.js';
import type { ItemDesk } from '../../../desk/index.js';
import { Failure, invalid, isFailure, notFound } from '../../../kernel/index.js';
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
} from '../../../files/index.js';
import type { ExchangeAnswer, Log } from '../../../platform/index.js';
import { byteRange, readOpened } from './content.js';
import { StacksyncItemDesk } from './item-desk.js';
import { believableChildren } from './listing.js';
import { probeShare, type Probe } from './probe.js';
import { trouble } from './refusals.js';
import { parseResource, type Resource } from './resource.js';
import { PeerTransport, type PeerTransportInputs } from './transport.js';
import { contentsOf, readNode, readTerms, versionsOf } from './wire.js';

/** What a foreign folder is reached with. */
export interface StacksyncSpaceInputs extends PeerTransportInputs {
  /** `<base>folder/<id>` or `<base>file/<id>`, as the proposal named it. */
  readonly resourceUrl: string;
  /** The terms that the shared folder shows when it is listed (cloudspaces-interop.md 10.2). */
  readonly onTerms?: (terms: Terms) => Promise<void>;
  /** Remembers which keys are folders; to be shared where a space is made for each request. */
  readonly kinds?: Kinds;
}

/** What the owner allows now, as the other cloud shows it. */
export type Terms = NonNullable<Node['shared']>;

/** What is known of keys: the storage API asks for files and folders in different places. */
export type Kinds = Map<NodeKey, Node['kind']>;

/** Most keys whose kind is remembered. */
const MAX_KINDS = 10_000;

/**
 * A folder, or a single file, in another cloud, behind its storage API (stacksync-api-v2.md; cloudspaces-interop.md 10).
 * Keys are the other cloud's ids. Everything it answers is hostile input (threat model G9).
 */
export class StacksyncSpace implements FileSpace {
  readonly rootKey: NodeKey;
  readonly abilities: Abilities = { versions: true, conditionalWrites: true, keysArePaths: false };
  readonly #transport: PeerTransport;
  readonly #client: StorageClient<Readable, ExchangeAnswer>;
  readonly #resource: Resource;
  readonly #log: Pick<Log, 'warn'>;
  readonly #onTerms: StacksyncSpaceInputs['onTerms'];
  readonly #kinds: Kinds;

  /** Throws `invalid` when `resourceUrl` names no shared folder. */
  constructor(inputs: StacksyncSpaceInputs) {
    this.#resource = parseResource(inputs.resourceUrl);
    this.rootKey = this.#resource.id;
    this.#transport = new PeerTransport(inputs);
    this.#client = new StorageClient(this.#resource.base, this.#transport);
    this.#log = inputs.log;
    this.#onTerms = inputs.onTerms;
    this.#kinds = inputs.kinds ?? new Map<NodeKey, Node['kind']>();
  }

  /** Asks for the shared folder itself, to learn whether the grant opens it and on what terms. Changes nothing. */
  async probe(): Promise<Probe> {
    return probeShare(this.#transport, this.#resource);
  }

  /** The comments and the lock of a node, where the other cloud keeps them. */
  desk(key: NodeKey): ItemDesk {
    return new StacksyncItemDesk(this.#transport, this.#resource.base, checked(key));
  }

  async stat(key: NodeKey): Promise<Node> {
    const kind = this.#kindOf(key) ?? 'file';
    try {
      return await this.#stat(key, kind);
    } catch (error) {
      if (!isFailure(error, 'not-found') || this.#kindOf(key) !== undefined) throw error;
      return this.#stat(key, 'folder');
    }
  }

  async list(key: NodeKey, options: { includeDeleted?: boolean; signal?: AbortSignal } = {}): Promise<Listing> {
    if (this.#isFile(key)) return { folder: await this.stat(key), children: Readable.from([]) };
    const { includeDeleted = false, signal } = options;
    const answer = await this.#client.list(checked(key), { includeDeleted, signal });
    const folder = this.#believed(answer, key);
    if (folder.shared !== undefined) await this.#onTerms?.(folder.shared);
    const entries = contentsOf(answer);
    if (entries === undefined) throw junk('a listing without contents');
    const rules = { folderKey: key, rootKey: this.rootKey, includeDeleted };
    return { folder, children: this.#children(folder.kind === 'folder' ? entries : [], rules) };
  }

  async open(key: NodeKey, options: OpenOptions = {}): Promise<Opened> {
    const { range, conditions, version, signal } = options;
    const wanted = { ...conditions, range: byteRange(range), version, signal };
    return readOpened(await this.#client.download(checked(key), wanted), options);
  }

  async create(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions = {}): Promise<Node> {
    if (this.#isFile(parentKey)) throw invalid('Incorrect parent.');
    const wanted = { ...uploadOptions(content, options), parent: checked(parentKey) };
    return this.#made(await this.#client.createFile(name, content.body, wanted), 'file');
  }

  async replace(key: NodeKey, content: Content, options: ChangeOptions = {}): Promise<Node> {
    const answer = await this.#client.upload(checked(key), content.body, uploadOptions(content, options));
    return this.#believed(answer, key);
  }

  async makeFolder(parentKey: NodeKey, name: string, options: ChangeOptions = {}): Promise<Node> {
    if (this.#isFile(parentKey)) throw invalid('Parent must be a folder, not a file.');
    const wanted = { ...changeOptions(options), parent: checked(parentKey) };
    return this.#made(await this.#client.createFolder(name, wanted), 'folder');
  }

  async move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options: ChangeOptions = {}): Promise<Node> {
    this.#refuseTop(key);
    const { parentKey, ...rest } = to;
    const target = parentKey === undefined ? rest : { ...rest, parent: checked(parentKey) };
    const kind = this.#kindOf(key) ?? 'file';
    return this.#believed(await this.#client.move(kind, checked(key), target, changeOptions(options)), key);
  }

  async remove(key: NodeKey, options: ChangeOptions = {}): Promise<Node> {
    this.#refuseTop(key);
    const kind = this.#kindOf(key) ?? (await this.stat(key)).kind;
    return this.#believed(await this.#client.remove(kind, checked(key), changeOptions(options)), key);
  }

  async versions(key: NodeKey): Promise<Node[]> {
    const entries = versionsOf(await this.#client.versions(checked(key)));
    if (entries === undefined) throw junk('a history without versions');
    const nodes = entries.map(readNode).filter((node) => node?.key === key && node.kind === 'file') as Node[];
    return nodes.map((node) => this.#placed(node)).sort((a, b) => b.version - a.version);
  }

  async #stat(key: NodeKey, kind: Node['kind']): Promise<Node> {
    return this.#believed(await this.#client.metadata(kind, checked(key)), key);
  }

  async *#children(entries: readonly unknown[], rules: Parameters<typeof believableChildren>[1]): AsyncGenerator<Node> {
    const onDropped = (dropped: number): void => {
      this.#log.warn({ dropped, folder: rules.folderKey }, 'the other cloud listed entries that cannot be used');
    };
    for await (const node of believableChildren(entries, rules, onDropped)) {
      this.#remember(node);
      yield node;
    }
  }

  /** An answer about one item, when it is about that item (threat model CRD-09). */
  #believed(answer: unknown, key: NodeKey): Node {
    const node = readNode(answer);
    if (node?.key !== key || !this.#fits(node)) throw junk('metadata that cannot be read, or of something else');
    this.#remember(node);
    const shared = key === this.rootKey ? readTerms(answer) : undefined;
    if (shared?.permission === undefined) return this.#placed(node);
    return { ...this.#placed(node), shared: { permission: shared.permission, expiresAt: shared.expiresAt } };
  }

  /** What was shared as a file stays one, whatever the other cloud says later. */
  #fits({ key, kind }: Node): boolean {
    return key !== this.rootKey || kind === this.#resource.kind;
  }

  #made(answer: unknown, kind: Node['kind']): Node {
    const node = readNode(answer);
    if (node?.kind !== kind || node.key === this.rootKey) throw junk('a new item that cannot be read');
    this.#remember(node);
    return this.#placed(node);
  }

  /** Where a node stands as seen from the share: nothing is above its top. */
  #placed(node: Node): Node {
    return { ...node, parentKey: node.key === this.rootKey ? null : (node.parentKey ?? this.rootKey) };
  }

  seen(key: NodeKey): Promise<Node['kind'] | undefined> {
    return Promise.resolve(this.#kindOf(key));
  }

  #kindOf(key: NodeKey): Node['kind'] | undefined {
    return key === this.rootKey ? this.#resource.kind : this.#kinds.get(key);
  }

  /** True for the shared file itself: nothing is in it. */
  #isFile(key: NodeKey): boolean {
    return key === this.rootKey && this.#resource.kind === 'file';
  }

  #remember({ key, kind }: Node): void {
    if (this.#kinds.size >= MAX_KINDS) this.#kinds.clear();
    this.#kinds.set(key, kind);
  }

  /** What the owner shared is the owner's to rename, move or delete (threat model PTH-06). */
  #refuseTop(key: NodeKey): void {
    if (key === this.rootKey) {
      const what = this.#resource.kind;
      throw new Failure('forbidden', `The shared ${what} itself cannot be deleted, renamed or moved here.`);
    }
  }
}

/** Keys come from the other cloud's own answers; whatever is not an id never reaches a path (threat model PXY-01). */
function checked(key: NodeKey): NodeKey {
  if (!/^[1-9][0-9]{0,17}$/.test(key)) throw notFound();
  return key;
}

function uploadOptions({ length, sha256 }: Content, options: ChangeOptions): UploadOptions {
  return { ...changeOptions(options), length, sha256 };
}

/** The receipt's key is hashed: it names our callers, which is nobody else's business. */
function changeOptions({ conditions, receipt, signal }: ChangeOptions): ClientChangeOptions {
  if (receipt === undefined) return { ...conditions, signal };
  return { ...conditions, signal, idempotencyKey: createHash('sha256').update(receipt.key).digest('base64url') };
}

function junk(detail: string): Failure {
  return trouble({ headers: {} }, `the other cloud sent ${detail}`);
}
