import { createHash } from 'node:crypto';
import { Failure, isFailure, notFound } from '../../../kernel/index.js';
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
import type { Pair } from '../../../oauth1/index.js';
import type { Log } from '../../../platform/index.js';
import { StorageClient, type ClientInputs } from './client.js';
import { conditionHeaders, openHeaders, readOpened } from './content.js';
import { believableChildren } from './listing.js';
import { probeShare, type Probe } from './probe.js';
import { trouble } from './refusals.js';
import { parseResource, type Resource } from './resource.js';
import { contentsOf, readNode, readTerms, versionsOf } from './wire.js';

/** Longest answers that are read, bytes. */
export interface Caps {
  readonly listing: number;
  readonly versions: number;
}

const CAPS: Caps = { listing: 64 * 1024 * 1024, versions: 8 * 1024 * 1024 };

/** What a foreign folder is reached with. */
export interface StacksyncSpaceInputs extends Omit<ClientInputs, 'base'> {
  /** `<base>folder/<id>`, as the proposal named it. */
  readonly resourceUrl: string;
  readonly log: Pick<Log, 'warn'>;
  readonly caps?: Partial<Caps>;
  /** Remembers which keys are folders; to be shared where a space is made for each request. */
  readonly kinds?: Kinds;
}

/** What is known of keys: the storage API asks for files and folders in different places. */
export type Kinds = Map<NodeKey, Node['kind']>;

/** Most keys whose kind is remembered. */
const MAX_KINDS = 10_000;

/**
 * A folder in another cloud, behind its storage API (stacksync-api-v2.md; cloudspaces-interop.md 10). Keys are the
 * other cloud's ids. Everything it answers is hostile input (threat model G9).
 */
export class StacksyncSpace implements FileSpace {
  readonly rootKey: NodeKey;
  readonly abilities: Abilities = { versions: true, conditionalWrites: true, keysArePaths: false };
  readonly #client: StorageClient;
  readonly #resource: Resource;
  readonly #log: Pick<Log, 'warn'>;
  readonly #caps: Caps;
  readonly #kinds: Kinds;

  /** Throws `invalid` when `resourceUrl` names no shared folder. */
  constructor(inputs: StacksyncSpaceInputs) {
    this.#resource = parseResource(inputs.resourceUrl);
    this.rootKey = this.#resource.id;
    this.#client = new StorageClient({ ...inputs, base: this.#resource.base });
    this.#log = inputs.log;
    this.#caps = { ...CAPS, ...inputs.caps };
    this.#kinds = inputs.kinds ?? new Map<NodeKey, Node['kind']>();
  }

  /** Asks for the shared folder itself, to learn whether the grant opens it and on what terms. Changes nothing. */
  async probe(): Promise<Probe> {
    return probeShare(this.#client, this.#resource);
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
    const { includeDeleted = false, signal } = options;
    const query: Pair[] = includeDeleted ? [['include_deleted', 'true']] : [];
    const path = `folder/${checked(key)}/contents`;
    const answer = await this.#client.read({ method: 'GET', path, query, signal }, this.#caps.listing);
    const folder = this.#believed(answer, key);
    const entries = contentsOf(answer);
    if (entries === undefined) throw junk('a listing without contents');
    const rules = { folderKey: key, rootKey: this.rootKey, includeDeleted };
    return { folder, children: this.#children(folder.kind === 'folder' ? entries : [], rules) };
  }

  async open(key: NodeKey, options: OpenOptions = {}): Promise<Opened> {
    const { version, signal } = options;
    const path =
      version === undefined ? `file/${checked(key)}/data` : `file/${checked(key)}/version/${String(version)}/data`;
    return readOpened(await this.#client.open({ method: 'GET', path, headers: openHeaders(options), signal }), options);
  }

  async create(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions = {}): Promise<Node> {
    const query: Pair[] = [
      ['name', name],
      ['parent', checked(parentKey)],
    ];
    const headers = { ...changeHeaders(options), ...contentHeaders(content) };
    const { signal } = options;
    const answer = await this.#client.change({
      method: 'POST',
      path: 'file',
      query,
      headers,
      body: content.body,
      signal,
    });
    return this.#made(answer, 'file');
  }

  async replace(key: NodeKey, content: Content, options: ChangeOptions = {}): Promise<Node> {
    const headers = { ...changeHeaders(options), ...contentHeaders(content) };
    const { signal } = options;
    return this.#changed(key, {
      method: 'PUT',
      path: `file/${checked(key)}/data`,
      headers,
      body: content.body,
      signal,
    });
  }

  async makeFolder(parentKey: NodeKey, name: string, options: ChangeOptions = {}): Promise<Node> {
    const body = JSON.stringify({ name, parent: checked(parentKey) });
    const { signal } = options;
    const answer = await this.#client.change({
      method: 'POST',
      path: 'folder',
      headers: jsonHeaders(options),
      body,
      signal,
    });
    return this.#made(answer, 'folder');
  }

  async move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options: ChangeOptions = {}): Promise<Node> {
    this.#refuseTop(key);
    const { parentKey, name } = to;
    const body = JSON.stringify({ name, parent: parentKey === undefined ? undefined : checked(parentKey) });
    const path = `${this.#kindOf(key) ?? 'file'}/${checked(key)}`;
    return this.#changed(key, { method: 'PUT', path, headers: jsonHeaders(options), body, signal: options.signal });
  }

  async remove(key: NodeKey, options: ChangeOptions = {}): Promise<Node> {
    this.#refuseTop(key);
    const kind = this.#kindOf(key) ?? (await this.stat(key)).kind;
    const { signal } = options;
    return this.#changed(key, {
      method: 'DELETE',
      path: `${kind}/${checked(key)}`,
      headers: changeHeaders(options),
      signal,
    });
  }

  async versions(key: NodeKey): Promise<Node[]> {
    const answer = await this.#client.read(
      { method: 'GET', path: `file/${checked(key)}/versions` },
      this.#caps.versions,
    );
    const entries = versionsOf(answer);
    if (entries === undefined) throw junk('a history without versions');
    const nodes = entries.map(readNode).filter((node) => node?.key === key && node.kind === 'file') as Node[];
    return nodes.map((node) => this.#placed(node)).sort((a, b) => b.version - a.version);
  }

  async #stat(key: NodeKey, kind: Node['kind']): Promise<Node> {
    return this.#believed(await this.#client.read({ method: 'GET', path: `${kind}/${checked(key)}` }), key);
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
    if (node?.key !== key) throw junk('metadata that cannot be read, or of something else');
    this.#remember(node);
    const shared = key === this.rootKey ? readTerms(answer) : undefined;
    if (shared?.permission === undefined) return this.#placed(node);
    return { ...this.#placed(node), shared: { permission: shared.permission, expiresAt: shared.expiresAt } };
  }

  /** The answer to a change; old servers answer an upload with nothing (stacksync-api-v2.md 4). */
  async #changed(key: NodeKey, call: Parameters<StorageClient['change']>[0]): Promise<Node> {
    const answer = await this.#client.change(call);
    return answer === undefined ? this.stat(key) : this.#believed(answer, key);
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

  #kindOf(key: NodeKey): Node['kind'] | undefined {
    return key === this.rootKey ? this.#resource.kind : this.#kinds.get(key);
  }

  #remember({ key, kind }: Node): void {
    if (this.#kinds.size >= MAX_KINDS) this.#kinds.clear();
    this.#kinds.set(key, kind);
  }

  /** The owner's folder is the owner's to rename, move or delete (threat model PTH-06). */
  #refuseTop(key: NodeKey): void {
    if (key === this.rootKey) {
      throw new Failure('forbidden', 'The shared folder itself cannot be deleted, renamed or moved here.');
    }
  }
}

/** Keys come from the other cloud's own answers; whatever is not an id never reaches a path (threat model PXY-01). */
function checked(key: NodeKey): NodeKey {
  if (!/^[1-9][0-9]{0,17}$/.test(key)) throw notFound();
  return key;
}

function contentHeaders({ length, sha256 }: Content): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    ...(length === undefined ? {} : { 'content-length': String(length) }),
    ...(sha256 === undefined ? {} : { 'content-digest': `sha-256=:${sha256.toString('base64')}:` }),
  };
}

/** The receipt's key is hashed: it names our callers, which is nobody else's business. */
function changeHeaders({ conditions, receipt }: ChangeOptions): Record<string, string> {
  const key = receipt === undefined ? undefined : createHash('sha256').update(receipt.key).digest('base64url');
  return { ...conditionHeaders(conditions), ...(key === undefined ? {} : { 'idempotency-key': key }) };
}

function jsonHeaders(options: ChangeOptions): Record<string, string> {
  return { ...changeHeaders(options), 'content-type': 'application/json' };
}

function junk(detail: string): Failure {
  return trouble({ headers: {} }, `the other cloud sent ${detail}`);
}
