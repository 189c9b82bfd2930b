import type { ContentStore, StoredContent } from '../contents/index.js';
import { invalid, itemIdOf, notFound, type AccountId, type Clock, type ItemId } from '../kernel/index.js';
import { isUniqueViolation, type Database, type Queries, type Transaction } from '../platform/index.js';
import { FOLDER_EXISTS, NAME_TAKEN, type ChangeOptions, type Content, type Node, type NodeKey } from './file-space.js';
import { etagOf, FOLDER_TYPE, nodeOf, type ItemRow, type Scope } from './item-rows.js';
import { insertItem, namesake, updateItem } from './items.js';
import type { Line } from './line.js';
import { liveItem, placeOf, refuseTop } from './local-places.js';
import { addUsage, lockUsage, refuseOverQuota, roomOf, usageOf, type Usage } from './owner.js';
import * as placement from './placement.js';
import { checkChange } from './preconditions.js';
import { earlierAnswer, keepReceipt, type Receipt } from './receipts.js';
import type { Reservations } from './reservations.js';
import type { Standing } from './standing.js';
import { removeSubtree } from './subtree.js';
import { upload } from './uploads.js';

/**
 * Called in the transaction that deletes folders, with their ids: shares of them end there (threat model AUT-05). `by`: who
 * deletes them, as in {@link Standing}.
 */
export type OnRemoved = (trx: Transaction, folderIds: readonly ItemId[], by: string) => Promise<void>;

/** What a space on this cloud's own disk works with. */
export interface LocalInputs {
  readonly database: Database;
  readonly contents: ContentStore;
  /** Shared by all spaces of this process. */
  readonly reservations: Reservations;
  readonly clock: Clock;
  /** Bytes for accounts without a quota of their own; undefined: no limit. */
  readonly defaultQuota: number | undefined;
  readonly onRemoved: OnRemoved;
  readonly scope: Scope;
  readonly standing: Standing;
}

/** A file's content as the columns of its row. */
type ContentColumns = Pick<ItemRow, 'size' | 'checksum' | 'mimetype' | 'content_key' | 'sha256'>;

const NO_CONTENT: ContentColumns = { size: 0, checksum: 0, mimetype: FOLDER_TYPE, content_key: null, sha256: null };

/** Every change of the local tree. Each is decided and written inside one transaction (threat model AUT-07). */
export class LocalWrites {
  readonly #inputs: LocalInputs;
  readonly #scope: Scope;

  constructor(inputs: LocalInputs) {
    this.#inputs = inputs;
    this.#scope = inputs.scope;
  }

  /** See {@link FileSpace.create}. */
  async create(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions): Promise<Node> {
    const admit = async (q: Queries): Promise<Line> => {
      const parent = await this.#parent(q, parentKey, placement.INCORRECT_PARENT);
      await this.#checkAbsent(q, parent, name, options);
      await placement.refuseClash(q, { ownerId: this.#ownerId, parent, name });
      placement.refuseTooDeep(parent, name);
      return parent;
    };
    return this.#upload(content, options, {
      admit: async (q) => (await admit(q), 0),
      write: async (trx, stored, usage) => {
        const parent = await admit(trx);
        await this.#charge(trx, usage, stored.size);
        return this.#insert(trx, parent, name, { is_folder: false, ...columnsOf(stored) });
      },
    });
  }

  /** See {@link FileSpace.replace}. */
  async replace(key: NodeKey, content: Content, options: ChangeOptions): Promise<Node> {
    const admit = async (q: Queries): Promise<ItemRow> => {
      const { item } = await liveItem(q, this.#scope, key);
      if (item.is_folder) throw notFound();
      checkChange(options.conditions, validators(item));
      return item;
    };
    return this.#upload(content, options, {
      admit: async (q) => (await admit(q)).size,
      write: async (trx, stored, usage) => {
        const item = await admit(trx);
        await this.#charge(trx, usage, stored.size - item.size);
        return updateItem(trx, item, { ...columnsOf(stored), status: 'CHANGED', modified_at: this.#now() });
      },
    });
  }

  /** See {@link FileSpace.makeFolder}. */
  async makeFolder(parentKey: NodeKey, name: string, options: ChangeOptions): Promise<Node> {
    return this.#change(
      options,
      async (trx) => {
        const parent = await this.#parent(trx, parentKey, placement.PARENT_IS_A_FILE);
        await this.#checkAbsent(trx, parent, name, options);
        await placement.refuseClash(trx, { ownerId: this.#ownerId, parent, name, sentence: FOLDER_EXISTS });
        placement.refuseTooDeep(parent, name);
        return this.#insert(trx, parent, name, { is_folder: true, ...NO_CONTENT });
      },
      FOLDER_EXISTS,
    );
  }

  /** See {@link FileSpace.move}. */
  async move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options: ChangeOptions): Promise<Node> {
    if (to.parentKey === undefined && to.name === undefined) throw invalid('Neither a name nor a parent was given.');
    return this.#change(options, async (trx) => {
      refuseTop(this.#scope, key);
      const { line, item } = await liveItem(trx, this.#scope, key);
      checkChange(options.conditions, validators(item));
      const { parentKey, name = item.name } = to;
      const parent =
        parentKey === undefined ? line.parent : await this.#parent(trx, parentKey, placement.INCORRECT_PARENT);
      await placement.refuseMove(trx, this.#scope, item, parent, name);
      return updateItem(trx, item, { name, parent_id: parent.id, status: 'RENAMED', modified_at: this.#now() });
    });
  }

  /** See {@link FileSpace.remove}. */
  async remove(key: NodeKey, options: ChangeOptions): Promise<Node> {
    return this.#change(options, async (trx) => {
      refuseTop(this.#scope, key);
      const { item } = await liveItem(trx, this.#scope, key);
      checkChange(options.conditions, validators(item));
      const now = this.#now();
      const removed = await removeSubtree(trx, itemIdOf(item.id), now);
      await addUsage(trx, this.#ownerId, -removed.bytes);
      await this.#inputs.onRemoved(trx, removed.folderIds, this.#inputs.standing.actor);
      return { ...item, status: 'DELETED', version: item.version + 1, modified_at: now, deleted_at: now };
    });
  }

  get #ownerId(): AccountId {
    return this.#scope.ownerId;
  }

  #now(): number {
    return this.#inputs.clock.now();
  }

  /** Authorises, streams, authorises again and commits: the write path of reliability.md section 1. */
  async #upload(content: Content, options: ChangeOptions, work: UploadWork): Promise<Node> {
    const { database, contents, reservations, standing, defaultQuota } = this.#inputs;
    await standing.may(database.read, 'write');
    const repeated = await this.#earlier(database.read, options);
    if (repeated !== undefined) return nodeOf(repeated, this.#scope);
    const freed = await work.admit(database.read);
    const room = roomOf(await usageOf(database.read, this.#ownerId, defaultQuota));
    const reservation = reservations.begin({ ownerId: this.#ownerId, room, freed });
    return upload(contents, {
      content,
      admit: reservation.admit,
      signal: options.signal,
      commit: async (stored) => {
        const row = await this.#commit(options, (trx, usage) => work.write(trx, stored, usage));
        return { result: nodeOf(row, this.#scope), kept: row.content_key === stored.key };
      },
    }).finally(reservation.release);
  }

  async #change(options: ChangeOptions, work: ChangeWork, clash?: string): Promise<Node> {
    return nodeOf(await this.#commit(options, work, clash), this.#scope);
  }

  /** One change in one transaction: authorised there, repeated answers given again, the answer remembered. */
  async #commit(options: ChangeOptions, work: ChangeWork, clash: string = NAME_TAKEN): Promise<ItemRow> {
    const { database, standing, defaultQuota } = this.#inputs;
    const run = async (trx: Transaction): Promise<ItemRow> => {
      const usage = await lockUsage(trx, this.#ownerId, defaultQuota);
      await standing.may(trx, 'write');
      const repeated = await this.#earlier(trx, options);
      if (repeated !== undefined) return repeated;
      options.signal?.throwIfAborted();
      const row = await work(trx, usage);
      await this.#remember(trx, options, row);
      return row;
    };
    try {
      return await database.write(run);
    } catch (error) {
      // The unique index has the last word in a race that the checks above did not see.
      throw isUniqueViolation(error) ? invalid(clash) : error;
    }
  }

  #receipt({ receipt }: ChangeOptions): Receipt | undefined {
    return receipt === undefined ? undefined : { actor: this.#inputs.standing.actor, ...receipt };
  }

  async #earlier(q: Queries, options: ChangeOptions): Promise<ItemRow | undefined> {
    const receipt = this.#receipt(options);
    return receipt === undefined ? undefined : earlierAnswer(q, receipt, this.#now());
  }

  async #remember(trx: Transaction, options: ChangeOptions, row: ItemRow): Promise<void> {
    const receipt = this.#receipt(options);
    if (receipt !== undefined) await keepReceipt(trx, receipt, row, this.#now());
  }

  async #parent(q: Queries, key: NodeKey, fileSentence: string): Promise<Line> {
    const parent = await placeOf(q, this.#scope, key);
    placement.requireFolder(parent, fileSentence);
    return parent;
  }

  /** Conditions of something that is to be made are asked of its namesake. */
  async #checkAbsent(q: Queries, parent: Line, name: string, { conditions }: ChangeOptions): Promise<void> {
    if (conditions === undefined) return;
    const found = await namesake(q, { ownerId: this.#ownerId, parentId: parent.id }, name);
    checkChange(conditions, found === undefined ? undefined : validators(found));
  }

  async #charge(trx: Transaction, usage: Usage, growth: number): Promise<void> {
    refuseOverQuota(usage, growth);
    await addUsage(trx, this.#ownerId, growth);
  }

  async #insert(
    trx: Transaction,
    parent: Line,
    name: string,
    what: ContentColumns & Pick<ItemRow, 'is_folder'>,
  ): Promise<ItemRow> {
    const place = { owner_id: this.#ownerId, parent_id: parent.id, name };
    return insertItem(trx, { ...place, ...what, status: 'NEW', version: 1, modified_at: this.#now() });
  }
}

/** The work of one transaction; answers the row as it is afterwards. */
type ChangeWork = (trx: Transaction, usage: Usage) => Promise<ItemRow>;

/** What differs between new files and new content. */
interface UploadWork {
  /** Refuses early, before bytes flow; answers the bytes that the change frees. */
  admit(q: Queries): Promise<number>;
  write(trx: Transaction, stored: StoredContent, usage: Usage): Promise<ItemRow>;
}

function columnsOf(stored: StoredContent): ContentColumns {
  const { key, size, sha256, adler32, mimetype } = stored;
  return { size, checksum: adler32, mimetype, content_key: key, sha256 };
}

function validators(row: ItemRow): { etag: string; modifiedAt: number } {
  return { etag: etagOf(row), modifiedAt: row.modified_at };
}
