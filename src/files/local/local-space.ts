import type { Readable } from 'node:stream';
import type { ByteSpan, ContentRef } from '../../contents/index.js';
import { itemIdOf, notFound } from '../../kernel/index.js';
import { askedBy, viewedAs, type PageWish, type Queries } from '../../platform/index.js';
import type {
  CopyingSpace,
  DatedSpace,
  HashedSpace,
  MeasuredSpace,
  OrderedSpace,
  SpaceQuota,
  VersionedSpace,
} from '../space/abilities.js';
import { failing, failingEach } from '../space/failures.js';
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
} from '../space/file-space.js';
import { validators } from '../records/content-columns.js';
import { nodeOf, rootKeyOf, rootNode, type ItemRow, type Scope } from '../records/item-rows.js';
import { stateOf } from '../changes/since.js';
import { childrenOf, namesake, versionOf, versionsOf } from '../records/items.js';
import { itemsNear } from '../places/in-order.js';
import { quotaLeft, totalOf, usageOf } from '../records/owner.js';
import { withDeletions, type Lineage } from '../records/lineage.js';
import { lineageOf } from '../places/local-places.js';
import { LocalWrites, type LocalInputs } from './local-writes.js';
import { checkRead, rangeStillFits } from '../space/preconditions.js';
import { resolveRange } from '../space/ranges.js';
import { arrivalIn, firstVisible } from '../versions/index.js';

/** Contents larger than this are read on the asker's turns, bytes. */
const BRIEF = 64 * 1024;

/** {@link LocalInputs} with what only reading needs. */
export interface LocalSpaceInputs extends LocalInputs {
  /** What a grant allows now, shown on the top folder (cloudspaces-interop.md 10.2). */
  readonly shared?: Node['shared'];
}

/**
 * A part of one owner's tree on this cloud. Made for one request, after its asker was allowed to read; changes ask
 * `access` again, before bytes flow and inside their transaction. Keys are item ids, the root's is `0`.
 */
export class LocalSpace implements VersionedSpace, CopyingSpace, OrderedSpace, DatedSpace, HashedSpace, MeasuredSpace {
  readonly rootKey: NodeKey;
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
    times: true,
  };
  readonly #inputs: LocalSpaceInputs;
  readonly #scope: Scope;
  readonly #read: Queries;
  readonly #writes: LocalWrites;

  constructor(inputs: LocalSpaceInputs) {
    this.#inputs = inputs;
    this.#scope = inputs.scope;
    this.#read = inputs.database.read;
    this.#writes = new LocalWrites(inputs);
    this.rootKey = rootKeyOf(inputs.scope);
  }

  async stat(key: NodeKey): Promise<Node> {
    return failing(async () => this.#node((await this.#place(key)).item));
  }

  async list(key: NodeKey, options: ListOptions = {}): Promise<Listing> {
    return failing(async () => {
      const place = await this.#place(key);
      // The state is read before the children, so that a change committed in between belongs to the next state.
      const state = await this.#stateOf(place, options);
      return { folder: this.#node(place.item), children: failingEach(this.#children(place, options)), state };
    });
  }

  async find(parentKey: NodeKey, name: string): Promise<Node | undefined> {
    return failing(async () => {
      const { item, id } = await this.#place(parentKey);
      if (item !== undefined && (!item.is_folder || item.deleted_at !== null)) return undefined;
      const found = await namesake(this.#read, { ownerId: this.#scope.ownerId, parentId: id }, name);
      return found === undefined ? undefined : this.#node(found);
    });
  }

  async nearest(key: NodeKey, wish: PageWish): Promise<Stretch> {
    return failing(async () => {
      const place = await this.#place(key);
      const { item } = place;
      // What lies in a deleted folder is deleted with it.
      const isOpen = item === undefined || (Boolean(item.is_folder) && item.deleted_at === null);
      const folder = { ownerId: this.#scope.ownerId, parentId: place.id };
      const rows = isOpen ? await itemsNear(this.#read, folder, wish) : [];
      return { folder: this.#node(item), rows: viewedAs(rows, (row) => nodeOf(row, this.#scope)) };
    });
  }

  async open(key: NodeKey, options: OpenOptions = {}): Promise<Opened> {
    return failing(async () => {
      const { file, head } = await this.#head(key, options);
      if (head.outcome === 'not-modified') return head;
      const fits = rangeStillFits(options.conditions, validators(file));
      const range = fits ? resolveRange(options.range, file.size) : undefined;
      return { ...head, range, body: await this.#body(file, range, options) };
    });
  }

  async head(key: NodeKey, options: HeadOptions = {}): Promise<Head> {
    return failing(async () => (await this.#head(key, options)).head);
  }

  async create(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions = {}): Promise<Node> {
    return failing(() => this.#writes.create(parentKey, name, content, options));
  }

  async replace(key: NodeKey, content: Content, options: ChangeOptions = {}): Promise<Node> {
    return failing(() => this.#writes.replace(key, content, options));
  }

  async put(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions = {}): Promise<Node> {
    return failing(() => this.#writes.put(parentKey, name, content, options));
  }

  async makeFolder(parentKey: NodeKey, name: string, options: ChangeOptions = {}): Promise<Node> {
    return failing(() => this.#writes.makeFolder(parentKey, name, options));
  }

  async move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options: MoveOptions = {}): Promise<Node> {
    return failing(() => this.#writes.move(key, to, options));
  }

  async remove(key: NodeKey, options: ChangeOptions = {}): Promise<Node> {
    return failing(() => this.#writes.remove(key, options));
  }

  async copy(key: NodeKey, to: { parentKey: NodeKey; name?: string }, options: CopyOptions = {}): Promise<Node> {
    return failing(() => this.#writes.copy(key, to, options));
  }

  async keepHashes(key: NodeKey, hashes: string, options: ChangeOptions = {}): Promise<void> {
    await failing(() => this.#writes.keepHashes(key, hashes, options));
  }

  async redate(key: NodeKey, contentAt: number, options: ChangeOptions = {}): Promise<Node> {
    return failing(() => this.#writes.redate(key, contentAt, options));
  }

  async versions(key: NodeKey): Promise<Node[]> {
    return failing(async () => {
      const place = await this.#place(key);
      const item = fileAt(place, { deleted: true });
      const first = await this.#firstVisible(place, item);
      const rows = await versionsOf(this.#read, itemIdOf(item.id));
      const visible = rows.filter((row) => row.version >= first);
      return visible.map((row) => this.#node({ ...item, ...row, parent_id: item.parent_id }));
    });
  }

  async #place(key: NodeKey): Promise<Lineage> {
    const lineage = await lineageOf(this.#read, this.#scope, key, this.#inputs.known);
    if (lineage === undefined || (await this.#isHidden(lineage))) throw notFound();
    return lineage;
  }

  /**
   * True for an item that was deleted before it became visible to the asker, by itself or with a folder that contains
   * it (threat model AUT-11).
   */
  async #isHidden(lineage: Lineage): Promise<boolean> {
    const { item } = lineage;
    if (item === undefined || item.deleted_at === null) return false;
    const since = await arrivalIn(this.#read, this.#scope, lineage, { around: true });
    return since !== undefined && item.deleted_at <= since;
  }

  /** The first version that the asker may see: the one that was current when the file became visible to them. */
  async #firstVisible(place: Lineage, item: ItemRow): Promise<number> {
    const since = await arrivalIn(this.#read, this.#scope, place);
    return firstVisible(this.#read, itemIdOf(item.id), since);
  }

  #node(item: ItemRow | undefined): Node {
    if (item === undefined) return rootNode();
    const node = nodeOf(item, this.#scope);
    const { shared } = this.#inputs;
    return node.key === this.#scope.topId && shared !== undefined ? { ...node, shared } : node;
  }

  /**
   * The state of a folder, which other clouds compare. Changes inside the trash get no number, so there is no state for
   * listings with deleted children or inside a deleted folder.
   */
  async #stateOf(place: Lineage, { includeDeleted }: ListOptions): Promise<string | undefined> {
    const { item, rows } = place;
    const { shared } = this.#inputs;
    if (shared === undefined || item === undefined || !item.is_folder || includeDeleted === true) return undefined;
    if (item.kept_change === undefined || rows.some((row) => row.deleted_at !== null)) return undefined;
    const { permission, expiresAt } = shared;
    return JSON.stringify([await stateOf(this.#read, item), this.#scope.topId, permission, expiresAt ?? null]);
  }

  async *#children(place: Lineage, options: ListOptions): AsyncGenerator<Node> {
    if (place.item !== undefined && !place.item.is_folder) return;
    const folder = { ownerId: this.#scope.ownerId, parentId: place.id };
    const since = options.includeDeleted === true ? await arrivalIn(this.#read, this.#scope, place) : undefined;
    // What lies in a deleted folder is deleted with it.
    if (place.item !== undefined && place.item.deleted_at !== null && options.includeDeleted !== true) return;
    for await (const row of childrenOf(this.#read, folder, options)) {
      const [shown = row] = withDeletions([row, ...place.rows]);
      if (since !== undefined && shown.deleted_at !== null && shown.deleted_at <= since) continue;
      yield nodeOf(shown, this.#scope);
    }
  }

  /** How much the owner of the item keeps in all, whichever item is asked about, and how much they still may; bytes. */
  async quota(key: NodeKey): Promise<SpaceQuota> {
    return failing(async () => {
      await this.#place(key);
      const usage = await usageOf(this.#read, this.#scope.ownerId, this.#inputs.defaultQuota);
      const left = quotaLeft(usage);
      return { used: totalOf(usage), available: left === undefined ? undefined : Math.max(0, left) };
    });
  }

  /** The row of the current content, or of an older version. */
  async #content(place: Lineage, version: number | undefined): Promise<ItemRow> {
    const item = fileAt(place);
    if (version === undefined || version === item.version) return item;
    if (version < (await this.#firstVisible(place, item))) throw notFound();
    const row = await versionOf(this.#read, itemIdOf(item.id), version);
    if (row === undefined) throw notFound();
    return { ...item, ...row };
  }

  async #head(key: NodeKey, { version, conditions }: HeadOptions): Promise<{ file: ItemRow; head: Head }> {
    const file = await this.#content(await this.#place(key), version);
    const { etag, modifiedAt } = validators(file);
    if (checkRead(conditions, { etag, modifiedAt }) === 'not-modified')
      return { file, head: { outcome: 'not-modified', etag, modifiedAt } };
    const { size, mimetype } = file;
    return { file, head: { outcome: 'content', size, mimetype, etag, modifiedAt, takesRanges: true } };
  }

  async #body(file: ItemRow, range: ByteSpan | undefined, options: OpenOptions): Promise<Readable> {
    const { contents, access } = this.#inputs;
    const ref = contentRef(file);
    // A small content is not watched: it is read before access could be withdrawn.
    return file.size > BRIEF
      ? askedBy(access.actor, () => contents.open(ref, range, options.signal))
      : contents.open(ref, range);
  }
}

function fileAt({ item }: Lineage, { deleted = false } = {}): ItemRow {
  if (item === undefined || item.is_folder || (item.deleted_at !== null && !deleted)) throw notFound();
  return item;
}

function contentRef(file: ItemRow): ContentRef {
  if (file.content_key === null) throw notFound();
  return { key: file.content_key, size: file.size, sha256: file.sha256 };
}
