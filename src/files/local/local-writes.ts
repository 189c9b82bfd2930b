import { invalid, itemIdOf, notFound, type ItemId } from '../../kernel/index.js';
import type { Transaction } from '../../platform/index.js';
import { NO_CONTENT, stagedOf, timeOf, validators } from '../records/content-columns.js';
import type { ChangeOptions, CopyOptions, Content, MoveOptions, Node, NodeKey } from '../space/file-space.js';
import { nodeOf, type ItemRow, type Scope } from '../records/item-rows.js';
import { keepHashes, redateItem, updateItem } from '../records/items.js';
import { Lineage } from '../records/lineage.js';
import { liveItem, refuseTop } from '../places/local-places.js';
import * as placement from '../places/placement.js';
import { checkChange } from '../space/preconditions.js';
import { discard } from '../trash/index.js';
import { refusal, type ChangeReason } from '../space/refusals.js';
import { noteMove } from '../versions/index.js';
import { ChangeTransaction, type ChangeWork, type ReadBefore, type LocalInputs } from './change-transaction.js';
import { Copying } from './copying.js';
import { Uploading } from './uploading.js';

export type { LocalInputs } from './change-transaction.js';

/** Every change of the local tree. Each is decided and written inside one transaction (threat model AUT-07). */
export class LocalWrites {
  readonly #scope: Scope;
  readonly #changing: ChangeTransaction;
  readonly #uploading: Uploading;
  readonly #copying: Copying;

  constructor(inputs: LocalInputs) {
    this.#scope = inputs.scope;
    this.#changing = new ChangeTransaction(inputs);
    this.#uploading = new Uploading(this.#changing);
    this.#copying = new Copying(this.#changing);
  }

  /** See {@link FileSpace.create}. */
  async create(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions): Promise<Node> {
    return this.#uploading.create(parentKey, name, content, options);
  }

  /** See {@link FileSpace.replace}. */
  async replace(key: NodeKey, content: Content, options: ChangeOptions): Promise<Node> {
    return this.#uploading.replace(key, content, options);
  }

  /** See {@link FileSpace.put}. */
  async put(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions): Promise<Node> {
    return this.#uploading.put(parentKey, name, content, options);
  }

  /** See {@link FileSpace.makeFolder}. */
  async makeFolder(parentKey: NodeKey, name: string, options: ChangeOptions): Promise<Node> {
    return this.#change(
      options,
      async (trx, { usage, known }) => {
        const parent = await this.#changing.parent(trx, parentKey, 'parent-is-file', known);
        await this.#changing.checkAbsent(trx, parent, name, options);
        await this.#changing.refuseLocked(trx, options, usage, [parent.ids]);
        await placement.refuseClash(trx, { scope: this.#scope, parent, name, reason: 'folder-exists' });
        placement.refuseTooDeep(parent, name);
        const staged = stagedOf(options, this.#changing.now());
        return this.#changing.insert(trx, parent, name, { is_folder: true, ...NO_CONTENT, ...staged });
      },
      'folder-exists',
    );
  }

  /** See {@link CopyingSpace.copy}. */
  async copy(key: NodeKey, to: { parentKey: NodeKey; name?: string }, options: CopyOptions): Promise<Node> {
    return this.#copying.copy(key, to, options);
  }

  /** See {@link FileSpace.move}. An item that it replaces goes into the owner's trash. */
  async move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options: MoveOptions): Promise<Node> {
    if (to.parentKey === undefined && to.name === undefined) throw invalid('Neither a name nor a parent was given.');
    return this.#discarding(options, async (trx, { usage, known }, discarded) => {
      refuseTop(this.#scope, key);
      const { lineage, item } = await liveItem(trx, this.#scope, key, known);
      checkChange(options.conditions, validators(item));
      const { parentKey, name = item.name } = to;
      const from = lineage.parent;
      const parent = parentKey === undefined ? from : await this.#changing.parent(trx, parentKey, 'parent-wrong');
      await this.#changing.releaseLocks(trx, options, usage, [lineage.ids, from.ids, parent.ids]);
      if (options.overwrite === true) await this.#clear(trx, options, usage, { lineage, parent, name, discarded });
      await placement.refuseMove(trx, this.#scope, item, parent, name);
      const now = this.#changing.now();
      if (parent.id !== from.id) await noteMove(trx, lineage, parent, now);
      const moved = { name, parent_id: parent.id, status: 'RENAMED', modified_at: now, ...timeOf(options) } as const;
      return updateItem(trx, item, moved, { kind: 'moved', parent, from });
    });
  }

  /** See {@link DatedSpace.redate}. */
  async redate(key: NodeKey, contentAt: number, options: ChangeOptions): Promise<Node> {
    return this.#change(options, async (trx, { usage, known }) => {
      const { lineage, item } = await liveItem(trx, this.#scope, key, known);
      if (item.is_folder) throw notFound();
      checkChange(options.conditions, validators(item));
      await this.#changing.refuseLocked(trx, options, usage, [lineage.ids]);
      return redateItem(trx, lineage, { contentAt, now: this.#changing.now() });
    });
  }

  /** See {@link HashedSpace.keepHashes}. Nobody who watches the tree is told: there is no other content, and no other tag. */
  async keepHashes(key: NodeKey, hashes: string, options: ChangeOptions): Promise<void> {
    await this.#change(options, async (trx, { known }) => {
      const { item } = await liveItem(trx, this.#scope, key, known);
      if (item.is_folder) throw notFound();
      checkChange(options.conditions, validators(item));
      return keepHashes(trx, item, hashes);
    });
  }

  /** See {@link FileSpace.remove}. The item goes into the owner's trash, whoever deletes it. */
  async remove(key: NodeKey, options: ChangeOptions): Promise<Node> {
    return this.#discarding(options, async (trx, { usage, known }, discarded) => {
      refuseTop(this.#scope, key);
      const { lineage, item } = await liveItem(trx, this.#scope, key, known);
      checkChange(options.conditions, validators(item));
      await this.#changing.releaseLocks(trx, options, usage, [lineage.ids, lineage.parent.ids]);
      return this.#discard(trx, { lineage, item }, discarded);
    });
  }

  /** Removes the item that a move replaces; refuses when the moving item lies inside it. */
  async #clear(
    trx: Transaction,
    options: ChangeOptions,
    state: ReadBefore['usage'],
    { lineage, parent, name, discarded }: Way,
  ): Promise<void> {
    const item = await this.#changing.childOf(trx, parent, name);
    if (item === undefined || itemIdOf(item.id) === lineage.id) return;
    if (lineage.find(itemIdOf(item.id)) !== undefined) throw refusal('into-itself');
    const place = new Lineage([item, ...parent.rows]);
    await this.#changing.releaseLocks(trx, options, state, [place.ids]);
    await this.#discard(trx, { lineage: place, item }, discarded);
  }

  /** Puts an item into the trash; adds its id to `discarded` when its contents have to follow in batches. */
  async #discard(
    trx: Transaction,
    { lineage, item }: { lineage: Lineage; item: ItemRow },
    discarded: ItemId[],
  ): Promise<ItemRow> {
    const { onRemoved, access } = this.#changing.inputs;
    const deletion = { lineage, by: access.actor, now: this.#changing.now(), onRemoved };
    const { row, isWhole } = await discard(trx, item, deletion);
    if (!isWhole) discarded.push(itemIdOf(item.id));
    return row;
  }

  /**
   * Runs a change that may put an item into the trash; the contents of a large one follow in batches after the commit.
   */
  async #discarding(
    options: ChangeOptions,
    work: (trx: Transaction, found: ReadBefore, discarded: ItemId[]) => Promise<ItemRow>,
  ): Promise<Node> {
    let discarded: ItemId[] = [];
    const node = await this.#change(options, (trx, found) => work(trx, found, (discarded = [])));
    for (const id of discarded) void this.#changing.inputs.trash.continue(id);
    return node;
  }

  async #change(options: ChangeOptions, work: ChangeWork, clash?: ChangeReason): Promise<Node> {
    const row = await this.#changing.commit(options, work, clash === undefined ? {} : { clash });
    return nodeOf(row, this.#scope);
  }
}

/** From where and to where an item moves. */
interface Way {
  readonly lineage: Lineage;
  readonly parent: Lineage;
  readonly name: string;
  /** Receives the ids of items whose contents follow into the trash in batches. */
  readonly discarded: ItemId[];
}
