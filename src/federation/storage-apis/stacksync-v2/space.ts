import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  apiRequest,
  StorageClient,
  type ApiCall,
  type ApiRequest,
  type ChangeOptions as ClientChangeOptions,
  type UploadOptions,
} from '../../../client/index.js';
import type { ItemDesk } from '../../../desk/index.js';
import { Failure, isFailure, notFound } from '../../../kernel/index.js';
import {
  checkChange,
  childNamed,
  eachOf,
  listingGivenUp,
  refusal,
  unusableCount,
  type Abilities,
  type ChangeOptions,
  type Content,
  type FolderOnWay,
  type Head,
  type HeadOptions,
  type Listing,
  type ListOptions,
  type DatedSpace,
  type GivenLock,
  type LocatedSpace,
  type LockingSpace,
  type MountFacts,
  type Node,
  type NodeKey,
  type Opened,
  type OpenOptions,
  type PassedLock,
  type RememberingSpace,
  type Seen,
  type VersionedSpace,
  type Whereabouts,
  type WayfindingSpace,
} from '../../../files/index.js';
import type { ExchangeAnswer, Log } from '../../../platform/index.js';
import { trouble } from '../../peer-call/foreign-answers.js';
import { strongTag } from '../../peer-call/foreign-contents.js';
import type { ForeignFolder, ForeignSpace, FolderProbe } from '../../ports/storage-api.js';
import { byteRange, readHead, readOpened } from './content.js';
import { StacksyncItemDesk } from './item-desk.js';
import { DeskLocks } from './desk-locks.js';
import { ContentTimes } from './memory/content-times.js';
import type { ReadListing, ShareListings } from './memory/kept-listings.js';
import { findAlong, listAlong, wayAbove, type FollowedPath } from './memory/following.js';
import { ListingIntake } from './listing.js';
import { probeShare } from './probe.js';
import { parseResource, type SharedResource } from './resource.js';
import { SeenNodes, type SeenBelow } from './memory/seen-nodes.js';
import { PeerTransport, type PeerTransportInputs } from './transport.js';
import { isListed, readNode, readTerms, readTop } from './wire.js';

/** What {@link StacksyncSpace} needs. */
export interface StacksyncSpaceInputs extends PeerTransportInputs {
  /** `<base>folder/<id>` or `<base>file/<id>`, as the proposal named it. */
  readonly resourceUrl: string;
  /** Is told the terms that the shared folder shows when it is listed (cloudspaces-interop.md 10.2). */
  readonly onTerms?: ForeignFolder['onTerms'];
  /** Remembers what was seen; to be shared where a space is made for each request. */
  readonly seen?: SeenBelow;
  /** Keeps what the storage API does not say. Default: nothing is kept. */
  readonly facts?: MountFacts;
  /** Caches listings, likewise. Default: no cache. */
  readonly kept?: ShareListings;
}

/**
 * A folder, or a single file, in another cloud, behind its storage API (stacksync-api-v2.md; cloudspaces-interop.md
 * 10). Keys are the other cloud's ids. Every answer is treated as hostile input (threat model G9).
 */
export class StacksyncSpace
  implements ForeignSpace, VersionedSpace, DatedSpace, LocatedSpace, LockingSpace, RememberingSpace, WayfindingSpace
{
  readonly rootKey: NodeKey;
  readonly abilities: Abilities = {
    versions: true,
    kinds: true,
    conditionalWrites: true,
    quota: false,
    paths: true,
    keysArePaths: false,
    copies: false,
    overwrites: false,
    order: false,
    times: true,
  };
  readonly #transport: PeerTransport;
  readonly #client: StorageClient<Readable, ExchangeAnswer>;
  readonly #resource: SharedResource;
  readonly #log: Pick<Log, 'warn'>;
  readonly #onTerms: StacksyncSpaceInputs['onTerms'];
  readonly #seen: SeenBelow;
  readonly #kept: ShareListings | undefined;
  readonly #times: ContentTimes;
  readonly #deskLocks: DeskLocks;

  /** Throws `invalid` when `resourceUrl` names no shared folder. */
  constructor(inputs: StacksyncSpaceInputs) {
    this.#resource = parseResource(inputs.resourceUrl);
    this.rootKey = this.#resource.id;
    this.#transport = new PeerTransport(inputs);
    this.#client = new StorageClient(this.#resource.base, this.#transport);
    this.#log = inputs.log;
    this.#onTerms = inputs.onTerms;
    this.#seen = inputs.seen ?? new SeenNodes(inputs).below('');
    this.#kept = inputs.kept;
    this.#times = new ContentTimes(inputs.facts);
    this.#deskLocks = new DeskLocks({ clock: inputs.clock, desk: (key) => this.desk(key) });
  }

  /** Asks for the shared folder itself, to learn whether the grant works and on what terms. Changes nothing. */
  async probe(): Promise<FolderProbe> {
    return probeShare(this.#transport, this.#resource);
  }

  /** The comments and the lock of a node, where the other cloud keeps them. */
  desk(key: NodeKey): ItemDesk {
    return new StacksyncItemDesk(this.#transport, this.#resource.base, checked(key));
  }

  async stat(key: NodeKey): Promise<Node> {
    const kind = this.#kindOf(key) ?? 'file';
    try {
      return await this.#times.one(await this.#stat(key, kind));
    } catch (error) {
      if (!isFailure(error, 'not-found') || this.#kindOf(key) !== undefined) throw error;
      return this.#stat(key, 'folder');
    }
  }

  /** Ids are those of the whole cloud, whatever is shared; addresses say nothing more. */
  whereabouts(key: NodeKey): Promise<Whereabouts> {
    const { href } = this.#resource.base;
    return Promise.resolve({ server: `stacksync ${href}`, root: href, address: `${href}${key}/`, id: key });
  }

  async list(key: NodeKey, options: ListOptions = {}): Promise<Listing> {
    if (this.#isFile(key)) return { folder: await this.stat(key), children: eachOf([]) };
    const kept = options.includeDeleted === true ? undefined : this.#kept?.find(key);
    try {
      const listing = await this.#askedFor(key, options, kept?.etag);
      const { etag } = listing ?? {};
      if (listing !== undefined && etag !== undefined) this.#kept?.keep(key, { ...listing, etag });
      return await this.#listed(listing ?? kept ?? nothingKept());
    } catch (error) {
      this.#kept?.forget(key);
      throw error;
    }
  }

  /** The storage API has no lookup by name, so the folder is listed. */
  async find(parentKey: NodeKey, name: string, options: Pick<ListOptions, 'signal'> = {}): Promise<Node | undefined> {
    const { folder, children } = await this.list(parentKey, options);
    if (folder.status === 'DELETED') return undefined;
    return childNamed(children, name);
  }

  findAlong(fromKey: NodeKey, names: readonly string[], options: ListOptions = {}): Promise<Node | undefined> {
    return findAlong(this.#following({ fromKey, names, options }));
  }

  listAlong(fromKey: NodeKey, names: readonly string[], options: ListOptions = {}): Promise<Listing | undefined> {
    return listAlong(this.#following({ fromKey, names, options }));
  }

  #following(path: Pick<FollowedPath, 'fromKey' | 'names' | 'options'>): FollowedPath {
    return { space: this, seen: this.#seen, ...path };
  }

  async open(key: NodeKey, options: OpenOptions = {}): Promise<Opened> {
    const { range, conditions, version, signal } = options;
    const wanted = { ...conditions, range: byteRange(range), version, signal };
    return readOpened(await this.#client.download(checked(key), wanted), options);
  }

  /** Answers from the metadata, because it is unknown whether every cloud answers HEAD and accepts its signature. */
  async head(key: NodeKey, { version, conditions, signal }: HeadOptions = {}): Promise<Head> {
    const current = await this.#client.metadata('file', checked(key), { signal });
    const node = this.#believed(current, key);
    if (node.kind === 'folder' || node.status === 'DELETED') throw notFound();
    if (version === undefined || version === node.version) return readHead(node, current, conditions);
    const old = await this.#client.version(checked(key), version, { signal });
    return readHead(this.#believed(old, key), old, conditions);
  }

  async create(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions = {}): Promise<Node> {
    if (this.#isFile(parentKey)) throw refusal('parent-wrong');
    const wanted = { ...uploadOptions(content, options), parent: checked(parentKey) };
    return this.#times.said(this.#made(await this.#client.createFile(name, content.body, wanted), 'file'), options);
  }

  async replace(key: NodeKey, content: Content, options: ChangeOptions = {}): Promise<Node> {
    const answer = await this.#client.upload(checked(key), content.body, uploadOptions(content, options));
    return this.#times.said(this.#believed(answer, key), options);
  }

  async put(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions = {}): Promise<Node> {
    const found = this.#isFile(parentKey) ? undefined : await this.find(parentKey, name, options);
    checkChange(options.conditions, found);
    if (found?.kind === 'folder') throw refusal('name-taken');
    return found === undefined
      ? this.create(parentKey, name, content, receiptOf(options, 'make'))
      : this.replace(found.key, content, receiptOf(options, 'replace'));
  }

  async makeFolder(parentKey: NodeKey, name: string, options: ChangeOptions = {}): Promise<Node> {
    if (this.#isFile(parentKey)) throw refusal('parent-is-file');
    const wanted = { ...changeOptions(options), parent: checked(parentKey) };
    return this.#made(await this.#client.createFolder(name, wanted), 'folder');
  }

  async move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options: ChangeOptions = {}): Promise<Node> {
    this.#refuseTop(key);
    const { parentKey, ...rest } = to;
    const target = parentKey === undefined ? rest : { ...rest, parent: checked(parentKey) };
    const kind = this.#kindOf(key) ?? 'file';
    const answer = await this.#client.move(kind, checked(key), target, changeOptions(options));
    return this.#times.said(this.#believed(answer, key), options);
  }

  /** Kept here: the storage API has no such change. */
  async redate(key: NodeKey, contentAt: number, { conditions }: ChangeOptions = {}): Promise<Node> {
    const node = await this.stat(key);
    if (node.kind === 'folder' || node.status === 'DELETED') throw notFound();
    checkChange(conditions, node);
    return this.#times.said(node, { contentAt });
  }

  async remove(key: NodeKey, options: ChangeOptions = {}): Promise<Node> {
    this.#refuseTop(key);
    const kind = this.#kindOf(key) ?? (await this.stat(key)).kind;
    return this.#believed(await this.#client.remove(kind, checked(key), changeOptions(options)), key);
  }

  lock(key: NodeKey, lock: PassedLock): Promise<GivenLock | undefined> {
    return this.#deskLocks.lock(key, lock);
  }

  /** A desktop's lock that its own holder takes again gets its time anew. */
  relock(key: NodeKey, _word: string, lock: PassedLock): Promise<GivenLock | undefined> {
    return this.#deskLocks.lock(key, lock);
  }

  unlock(key: NodeKey, _word: string, lock: PassedLock): Promise<void> {
    return this.#deskLocks.unlock(key, lock);
  }

  async versions(key: NodeKey): Promise<Node[]> {
    const found: Node[] = [];
    const take = (entry: unknown): void => {
      const node = readNode(entry);
      if (node?.key === key && node.kind === 'file') found.push(this.#placed(node));
    };
    const request = this.#asking({ path: `file/${checked(key)}/versions`, answer: 'versions' });
    const answer = await this.#transport.list(request, { key: 'versions', take });
    if (answer === 'unchanged' || !isListed(answer.value, 'versions')) throw junk('a history without versions');
    return found.sort((a, b) => b.version - a.version);
  }

  #asking(call: Omit<ApiCall<Readable>, 'method'>): ApiRequest<Readable> {
    return apiRequest(this.#resource.base, { method: 'GET', ...call });
  }

  async #stat(key: NodeKey, kind: Node['kind']): Promise<Node> {
    return this.#believed(await this.#client.metadata(kind, checked(key)), key);
  }

  /** Requests the listing, and answers it with its entity tag; undefined: the one with the tag `known` is unchanged. */
  async #askedFor(
    key: NodeKey,
    { includeDeleted = false, ...options }: ListOptions,
    known: string | undefined,
  ): Promise<(ReadListing & { readonly etag: string | undefined }) | undefined> {
    const signal = typeof options.signal === 'function' ? options.signal() : options.signal;
    const intake = new ListingIntake({ folderKey: key, rootKey: this.rootKey, includeDeleted });
    const query = includeDeleted ? [['include_deleted', 'true'] as const] : [];
    const headers = known === undefined ? {} : { 'if-none-match': known };
    const path = `folder/${checked(key)}/contents`;
    const answer = await this.#transport
      .list(this.#asking({ path, query, headers, answer: 'listing', signal }), {
        key: 'contents',
        take: (entry) => intake.take(entry),
      })
      .catch((error: unknown) => {
        throw intake.isGivenUp && isFailure(error) ? listingGivenUp(error, intake.dropped) : error;
      });
    if (answer === 'unchanged') return undefined;
    const folder = this.#believed(answer.value, key);
    if (!isListed(answer.value, 'contents')) throw junk('a listing without contents');
    const { nodes, dropped } = folder.kind === 'folder' ? intake : { nodes: [], dropped: {} };
    return { folder, nodes, dropped, etag: includeDeleted ? undefined : strongTag(answer.etag) };
  }

  /** Handles a listing, new or cached: reports its terms and remembers its kinds each time. */
  async #listed({ folder, nodes, dropped }: ReadListing): Promise<Listing> {
    if (folder.shared !== undefined) await this.#onTerms?.(folder.shared);
    this.#seen.meet(nodes);
    this.#seen.meet([folder]);
    if (unusableCount(dropped) > 0) {
      this.#log.warn({ dropped, folder: folder.key }, 'the other cloud listed entries that cannot be used');
    }
    return { folder, children: eachOf(await this.#times.of(nodes)), unusable: dropped };
  }

  /** Reads an answer about one item; throws unless it is about that item (threat model CRD-09). */
  #believed(answer: unknown, key: NodeKey): Node {
    const node = key === this.rootKey ? readTop(answer) : readNode(answer);
    if (node?.key !== key || !this.#fits(node)) throw junk('metadata that cannot be read, or of something else');
    this.#seen.meet([this.#placed(node)]);
    const shared = key === this.rootKey ? readTerms(answer) : undefined;
    if (shared?.permission === undefined) return this.#placed(node);
    return {
      ...this.#placed(node),
      shared: { permission: shared.permission, expiresAt: shared.expiresAt ?? undefined },
    };
  }

  /** An item that was shared as a file stays one, whatever the other cloud answers later. */
  #fits({ key, kind }: Node): boolean {
    return key !== this.rootKey || kind === this.#resource.kind;
  }

  #made(answer: unknown, kind: Node['kind']): Node {
    const node = readNode(answer);
    if (node?.kind !== kind || node.key === this.rootKey) throw junk('a new item that cannot be read');
    this.#seen.meet([this.#placed(node)]);
    return this.#placed(node);
  }

  /** A node as seen from the share: its top has no parent. */
  #placed(node: Node): Node {
    return { ...node, parentKey: node.key === this.rootKey ? null : (node.parentKey ?? this.rootKey) };
  }

  seen(key: NodeKey): Promise<Seen | undefined> {
    return Promise.resolve(this.#seen.of(key));
  }

  way(key: NodeKey): Promise<readonly FolderOnWay[]> {
    return Promise.resolve(wayAbove(this.#seen, key, this.rootKey));
  }

  #kindOf(key: NodeKey): Node['kind'] | undefined {
    return key === this.rootKey ? this.#resource.kind : this.#seen.of(key)?.kind;
  }

  /** True for the top of a share of a single file, which has no children. */
  #isFile(key: NodeKey): boolean {
    return key === this.rootKey && this.#resource.kind === 'file';
  }

  /** Throws for the top of the share: only its owner may rename, move or delete it (threat model PTH-06). */
  #refuseTop(key: NodeKey): void {
    if (key === this.rootKey) {
      const what = this.#resource.kind;
      throw new Failure('forbidden', `The shared ${what} itself cannot be deleted, renamed or moved here.`);
    }
  }
}

/** Checks a key, which came from the other cloud's answers: only ids are put into paths (threat model PXY-01). */
function checked(key: NodeKey): NodeKey {
  if (!/^[1-9][0-9]{0,17}$/.test(key)) throw notFound();
  return key;
}

function uploadOptions({ length, sha256 }: Content, options: ChangeOptions): UploadOptions {
  return { ...changeOptions(options), length, sha256 };
}

/** Making and replacing are two requests to the other cloud, so each gets an Idempotency-Key of its own. */
function receiptOf({ receipt, ...options }: ChangeOptions, does: 'make' | 'replace'): ChangeOptions {
  return receipt === undefined ? options : { ...options, receipt: { ...receipt, key: `${receipt.key} ${does}` } };
}

/** Hashes the Idempotency-Key, because it may identify our callers. */
function changeOptions({ conditions, receipt, signal }: ChangeOptions): ClientChangeOptions {
  if (receipt === undefined) return { ...conditions, signal };
  return { ...conditions, signal, idempotencyKey: createHash('sha256').update(receipt.key).digest('base64url') };
}

function nothingKept(): never {
  throw new Error('a listing is unchanged that nobody has');
}

function junk(detail: string): Failure {
  return trouble({ headers: {} }, `the other cloud sent ${detail}`);
}
