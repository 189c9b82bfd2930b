import { Failure, itemIdOf, type ItemId } from '../../kernel/index.js';
import type { Transaction } from '../../platform/index.js';
import { stagedOf, timeOf, validators } from '../records/content-columns.js';
import type { CopyOptions, Node, NodeKey } from '../space/file-space.js';
import { nodeOf, type ItemRow } from '../records/item-rows.js';
import { newIds } from '../records/item-ids.js';
import { insertBelow } from '../records/items.js';
import type { Lineage } from '../records/lineage.js';
import { liveItem } from '../places/local-places.js';
import { copyProperties, copyPropertiesOf } from '../properties/rows.js';
import { addUsage, refuseOverQuota, type TreeState } from '../records/owner.js';
import * as placement from '../places/placement.js';
import { checkChange } from '../space/preconditions.js';
import { liveBelow } from '../records/subtree.js';
import { freeQuota } from '../trash/index.js';
import { refusal } from '../space/refusals.js';
import type { ChangeTransaction } from './change-transaction.js';
import { renew, type DatedContent, type Renewed } from './renewing.js';

/** Most items in a folder that is copied: some tenths of a second in one transaction. */
export const MOST_COPIED = 1_000;

/**
 * Copies within the local tree by inserting rows that refer to the same contents (storage.md 2). No content is read or
 * written, however large the files are; the copies count fully against the quota.
 */
export class Copying {
  readonly #changing: ChangeTransaction;

  constructor(changing: ChangeTransaction) {
    this.#changing = changing;
  }

  /** See {@link CopyingSpace.copy}. */
  async copy(key: NodeKey, to: { parentKey: NodeKey; name?: string }, options: CopyOptions): Promise<Node> {
    const { scope } = this.#changing;
    const row = await this.#changing.commit(options, async (trx, { usage, known }) => {
      const { item } = await liveItem(trx, scope, key, known);
      checkChange(options.conditions, validators(item));
      const parent = await this.#changing.parent(trx, to.parentKey, 'parent-wrong');
      const name = to.name ?? item.name;
      if (parent.find(itemIdOf(item.id)) !== undefined) throw refusal('into-itself');
      const old = options.onto === true ? await this.#oldFile(trx, item, { parent, name }) : undefined;
      if (old !== undefined) return this.#copyOnto(trx, item, { parent, item: old, options, usage });
      return this.#copyBeside(trx, item, { parent, name, options, usage });
    });
    return nodeOf(row, scope);
  }

  async #copyBeside(
    trx: Transaction,
    item: ItemRow,
    { parent, name, options, usage }: FreePlace & Asked,
  ): Promise<ItemRow> {
    const { scope, ownerId } = this.#changing;
    await this.#changing.refuseLocked(trx, options, usage, [parent.ids]);
    await placement.refusePlace(trx, { scope, parent, name }, item);
    const below = item.is_folder ? await liveBelow(trx, itemIdOf(item.id), MOST_COPIED + 1) : [];
    if (below.length > MOST_COPIED) throw tooMany();
    const bytes = [item, ...below].reduce((sum, { size }) => sum + size, 0);
    refuseOverQuota(usage, bytes);
    const top = await this.#copyTop(trx, item, { parent, name, options });
    await this.#copyBelow(trx, { from: item, to: top, below });
    await addUsage(trx, ownerId, { current: bytes });
    await freeQuota(trx, ownerId, usage, bytes);
    return top;
  }

  /** The file that gets the content of another; undefined where the name is free, or is not a file's. */
  async #oldFile(trx: Transaction, item: ItemRow, { parent, name }: FreePlace): Promise<ItemRow | undefined> {
    const old = await this.#changing.childOf(trx, parent, name);
    return old === undefined || old.is_folder || item.is_folder || old.id === item.id ? undefined : old;
  }

  /** The content and the properties of one file become those of another (RFC 4918 9.8.2, webdav.md 1.8). */
  async #copyOnto(
    trx: Transaction,
    from: ItemRow,
    { parent, item, options, usage }: Renewed & Asked,
  ): Promise<ItemRow> {
    const { ownerId } = this.#changing;
    await this.#changing.refuseLocked(trx, options, usage, [[itemIdOf(item.id), ...parent.ids]]);
    const growth = from.size - item.size;
    refuseOverQuota(usage, growth);
    const row = await renew(trx, this.#changing, { parent, item }, { ...contentOf(from), ...timeOf(options) });
    await copyProperties(trx, itemIdOf(from.id), itemIdOf(item.id));
    await addUsage(trx, ownerId, { current: growth, versions: item.size });
    await freeQuota(trx, ownerId, usage, from.size);
    return row;
  }

  async #copyTop(
    trx: Transaction,
    item: ItemRow,
    { parent, name, options }: FreePlace & Pick<Asked, 'options'>,
  ): Promise<ItemRow> {
    const { is_folder, below_bytes } = item;
    const made = { ...timeOf(options), ...stagedOf(options, this.#changing.now()) };
    return this.#changing.insert(trx, parent, name, { is_folder, below_bytes, ...contentOf(item), ...made });
  }

  /** Copies everything below the folder, each folder before its children, with the properties of all of it. */
  async #copyBelow(
    trx: Transaction,
    { from, to, below }: { from: ItemRow; to: ItemRow; below: readonly ItemRow[] },
  ): Promise<void> {
    const idOf = new Map<ItemId, ItemId>([[itemIdOf(from.id), itemIdOf(to.id)]]);
    if (below.length > 0) await this.#insertBelow(trx, below, idOf);
    await copyPropertiesOf(trx, idOf);
  }

  /** `idOf` maps the ids of sources to those of their copies; this call adds those that it makes. */
  async #insertBelow(trx: Transaction, below: readonly ItemRow[], idOf: Map<ItemId, ItemId>): Promise<void> {
    const ids = await newIds(trx, 'local', below.length);
    for (const [index, row] of below.entries()) idOf.set(itemIdOf(row.id), ids[index] ?? missing());
    const now = this.#changing.now();
    const fresh = {
      ...({ status: 'NEW', version: 1, modified_at: now, created_at: now, deleted_at: null } as const),
      old_bytes: 0,
      thin_at: null,
      erased_at: null,
      last_change: 0,
      staged_at: null,
    };
    const copies = below.map((row) => {
      const parentId = row.parent_id === null ? missing() : (idOf.get(itemIdOf(row.parent_id)) ?? missing());
      return { ...row, ...fresh, id: idOf.get(itemIdOf(row.id)) ?? missing(), parent_id: parentId };
    });
    await insertBelow(trx, copies);
  }
}

/** How a copy was asked for, and what its owner holds. */
interface Asked {
  readonly options: CopyOptions;
  readonly usage: TreeState;
}

/** Where a copy comes to stand. */
interface FreePlace {
  readonly parent: Lineage;
  readonly name: string;
}

/** A content as another file takes it over: the same bytes, as old as they were. */
function contentOf(row: ItemRow): DatedContent & Pick<ItemRow, 'content_at'> {
  const { size, checksum, mimetype, content_key, sha256, hashes, content_at } = row;
  return { size, checksum, mimetype, content_key, sha256, hashes, content_at };
}

function tooMany(): Failure {
  return new Failure('too-large', `A folder with more than ${String(MOST_COPIED)} items is copied in parts.`);
}

function missing(): never {
  throw new Error('a copied item has no id');
}
