import type { ByteRange, ContentRef } from '../contents/index.js';
import { itemIdOf, notFound } from '../kernel/index.js';
import type { Queries } from '../platform/index.js';
import { failing, failingEach } from './failures.js';
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
} from './file-space.js';
import { etagOf, nodeOf, rootKeyOf, rootNode, type ItemRow, type Scope } from './item-rows.js';
import { childrenOf, versionOf, versionsOf } from './items.js';
import type { Line } from './line.js';
import { isWithin, placeOf } from './local-places.js';
import { LocalWrites, type LocalInputs } from './local-writes.js';
import { checkRead, rangeStillFits } from './preconditions.js';
import { resolveRange } from './ranges.js';

/** A {@link LocalInputs} with what only reading uses. */
export interface LocalSpaceInputs extends LocalInputs {
  /** What a grant allows now, shown on the top (cloudspaces-interop.md 10.2). */
  readonly shared?: Node['shared'];
  /** A place that was read for this very request a moment ago, so that it is not read twice. */
  readonly known?: Line | undefined;
}

/**
 * A part of one owner's tree on this cloud. Made for one request, whose asker was found to be allowed to read a moment
 * ago; changes ask `standing` again, before bytes flow and inside their transaction. Keys are item ids, the root's is `0`.
 */
export class LocalSpace implements FileSpace {
  readonly rootKey: NodeKey;
  readonly abilities: Abilities = { versions: true, conditionalWrites: true, keysArePaths: false };
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

  async list(key: NodeKey, options: { includeDeleted?: boolean; signal?: AbortSignal } = {}): Promise<Listing> {
    return failing(async () => {
      const place = await this.#place(key);
      return { folder: this.#node(place.item), children: failingEach(this.#children(place, options)) };
    });
  }

  async open(key: NodeKey, options: OpenOptions = {}): Promise<Opened> {
    return failing(async () => {
      const file = await this.#content(await this.#file(key), options.version);
      const validators = { etag: etagOf(file), modifiedAt: file.modified_at };
      if (checkRead(options.conditions, validators) === 'not-modified')
        return { outcome: 'not-modified', ...validators };
      const fits = rangeStillFits(options.conditions, validators);
      const range = fits ? resolveRange(options.range, file.size) : undefined;
      return { outcome: 'content', ...(await this.#opened(file, range, options.signal)) };
    });
  }

  async create(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions = {}): Promise<Node> {
    return failing(() => this.#writes.create(parentKey, name, content, options));
  }

  async replace(key: NodeKey, content: Content, options: ChangeOptions = {}): Promise<Node> {
    return failing(() => this.#writes.replace(key, content, options));
  }

  async makeFolder(parentKey: NodeKey, name: string, options: ChangeOptions = {}): Promise<Node> {
    return failing(() => this.#writes.makeFolder(parentKey, name, options));
  }

  async move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options: ChangeOptions = {}): Promise<Node> {
    return failing(() => this.#writes.move(key, to, options));
  }

  async remove(key: NodeKey, options: ChangeOptions = {}): Promise<Node> {
    return failing(() => this.#writes.remove(key, options));
  }

  async versions(key: NodeKey): Promise<Node[]> {
    return failing(async () => {
      const item = await this.#file(key, { deleted: true });
      const rows = await versionsOf(this.#read, itemIdOf(item.id));
      return rows.map((row) => this.#node({ ...item, ...row, parent_id: item.parent_id }));
    });
  }

  async #place(key: NodeKey): Promise<Line> {
    const { known } = this.#inputs;
    const line =
      known?.id === key && isWithin(known, this.#scope) ? known : await placeOf(this.#read, this.#scope, key);
    if (line === undefined) throw notFound();
    return line;
  }

  async #file(key: NodeKey, { deleted = false } = {}): Promise<ItemRow> {
    const { item } = await this.#place(key);
    if (item === undefined || item.is_folder || (item.deleted_at !== null && !deleted)) throw notFound();
    return item;
  }

  #node(item: ItemRow | undefined): Node {
    if (item === undefined) return rootNode();
    const node = nodeOf(item, this.#scope);
    const { shared } = this.#inputs;
    return node.key === this.#scope.topId && shared !== undefined ? { ...node, shared } : node;
  }

  async *#children(place: Line, options: { includeDeleted?: boolean; signal?: AbortSignal }): AsyncGenerator<Node> {
    if (place.item !== undefined && !place.item.is_folder) return;
    const folder = { ownerId: this.#scope.ownerId, parentId: place.id };
    for await (const row of childrenOf(this.#read, folder, options)) yield nodeOf(row, this.#scope);
  }

  /** The file as it is or as it was. */
  async #content(item: ItemRow, version: number | undefined): Promise<ItemRow> {
    if (version === undefined || version === item.version) return item;
    const row = await versionOf(this.#read, itemIdOf(item.id), version);
    if (row === undefined) throw notFound();
    return { ...item, ...row };
  }

  async #opened(
    file: ItemRow,
    range: ByteRange | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Omit<Extract<Opened, { outcome: 'content' }>, 'outcome'>> {
    const { size, mimetype, modified_at: modifiedAt } = file;
    const body = await this.#inputs.contents.open(contentRef(file), range, signal);
    return { size, mimetype, etag: etagOf(file), modifiedAt, range, body };
  }
}

function contentRef(file: ItemRow): ContentRef {
  if (file.content_key === null || file.sha256 === null) throw notFound();
  return { key: file.content_key, size: file.size, sha256: file.sha256 };
}
