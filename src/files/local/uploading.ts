import type { JoinedContent, StoredContent } from '../../contents/index.js';
import { itemIdOf, notFound } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import { columnsOf, stagedOf, timeOf, validators } from '../records/content-columns.js';
import type { ChangeOptions, Content, Node, NodeKey } from '../space/file-space.js';
import { nodeOf, type ItemRow } from '../records/item-rows.js';
import type { Lineage } from '../records/lineage.js';
import { liveItem } from '../places/local-places.js';
import { addUsage, refuseOverQuota, quotaLeft, treeState, type TreeState, type Usage } from '../records/owner.js';
import * as placement from '../places/placement.js';
import { checkChange, refuseOtherContent } from '../space/preconditions.js';
import type { Earlier } from '../records/receipts.js';
import { freeQuota } from '../trash/index.js';
import { refusal } from '../space/refusals.js';
import { hashOf, upload } from '../space/uploads.js';
import type { ChangeTransaction, ReadBefore, Known } from './change-transaction.js';
import { renew, type DatedContent, type Renewed } from './renewing.js';

/** Changes of the local tree that bring bytes: the write path of reliability.md section 1. */
export class Uploading {
  readonly #changing: ChangeTransaction;

  constructor(changing: ChangeTransaction) {
    this.#changing = changing;
  }

  /** See {@link FileSpace.create}. */
  async create(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions): Promise<Node> {
    const admit = async (q: Queries, known: Known): Promise<Target> => {
      const parent = await this.#changing.parent(q, parentKey, 'parent-wrong', known);
      await this.#changing.checkAbsent(q, parent, name, options);
      await placement.refuseClash(q, { scope: this.#changing.scope, parent, name });
      placement.refuseTooDeep(parent, name);
      return { kind: 'new', parent, name };
    };
    return this.#upload(content, options, admit);
  }

  /** See {@link FileSpace.replace}. */
  async replace(key: NodeKey, content: Content, options: ChangeOptions): Promise<Node> {
    return this.#upload(content, options, this.#admitting({ key }, options));
  }

  /** See {@link FileSpace.put}. */
  async put(parentKey: NodeKey, name: string, content: Content, options: ChangeOptions): Promise<Node> {
    return this.#upload(content, options, this.#admitting({ parentKey, name }, options));
  }

  /**
   * Refuses what a `put` or `replace` there would be refused for now, before any bytes. Answers the bytes of the content that would
   * become an older version.
   */
  async look(to: PutTarget, options: ChangeOptions): Promise<number> {
    const { database, known, defaultQuota } = this.#changing.inputs;
    const target = await this.#admitting(to, options)(database.read, known);
    const state = await treeState(database.read, this.#changing.ownerId, defaultQuota);
    await this.#open(database.read, options, state, target);
    return freedBy(target);
  }

  /**
   * Gives a file a content that is stored already: step 7 of the write path (reliability.md 1), with everything that is checked
   * there. `bring` says in the transaction which content, and may change what refers to it.
   */
  async bring(to: PutTarget, options: ChangeOptions, bring: (trx: Transaction) => Promise<Brought>): Promise<Node> {
    const admit = this.#admitting(to, options);
    const row = await this.#changing.commit(options, async (trx, { usage, known }) => {
      const brought = await bring(trx);
      if ('earlier' in brought) return brought.earlier;
      const target = await this.#open(trx, options, usage, await admit(trx, known));
      const content = { ...columnsOf(brought.content, {}), ...timeOf(options) };
      const kept = await this.#keep(trx, target, content, { ...usage, reserved: usage.reserved - brought.released });
      await brought.done(kept);
      return kept;
    });
    return nodeOf(row, this.#changing.scope);
  }

  /** Finds the file that bytes are for, and makes all checks but those of locks. */
  #admitting(to: PutTarget, options: ChangeOptions): (q: Queries, known: Known) => Promise<Target> {
    return (q, known) => ('key' in to ? this.#old(q, to.key, options, known) : this.#oldOrNew(q, to, options, known));
  }

  async #old(q: Queries, key: NodeKey, options: ChangeOptions, known: Known): Promise<Target> {
    const { lineage, item } = await liveItem(q, this.#changing.scope, key, known);
    if (item.is_folder) throw notFound();
    checkChange(options.conditions, validators(item));
    return { kind: 'old', parent: lineage.parent, item };
  }

  async #oldOrNew(q: Queries, { parentKey, name }: NamedTarget, options: ChangeOptions, known: Known): Promise<Target> {
    const parent = await this.#changing.parent(q, parentKey, 'parent-wrong', known);
    const item = await this.#changing.childOf(q, parent, name);
    checkChange(options.conditions, item === undefined ? undefined : validators(item));
    if (item?.is_folder) throw refusal('name-taken');
    if (item !== undefined) return { kind: 'old', parent, item };
    await placement.refuseReceivedClash(q, { scope: this.#changing.scope, parent, name });
    placement.refuseTooDeep(parent, name);
    return { kind: 'new', parent, name };
  }

  /**
   * Streams the bytes, checks access again and commits. `admit` finds the target and makes all checks; it is called
   * before bytes flow and again in the commit.
   */
  async #upload(
    content: Content,
    options: ChangeOptions,
    admit: (q: Queries, known: Known) => Promise<Target>,
  ): Promise<Node> {
    const { scope, ownerId, inputs } = this.#changing;
    const { database, contents, reservations, defaultQuota } = inputs;
    const early = await this.#early(options, admit);
    if ('sha256' in early) {
      refuseOtherContent(early.sha256, await hashOf(content, options.signal));
      return nodeOf(early.row, scope);
    }
    const state = await treeState(database.read, ownerId, defaultQuota);
    await this.#open(database.read, options, state, early);
    const reservation = reservations.begin({ ownerId, free: quotaLeft(state), freed: freedBy(early) });
    const commit = async (stored: StoredContent): Promise<{ result: Node; kept: boolean }> => {
      const work = async (trx: Transaction, { usage, known }: ReadBefore): Promise<ItemRow> => {
        await contents.keep(trx, stored);
        const target = await this.#open(trx, options, usage, await admit(trx, known));
        return this.#keep(
          trx,
          target,
          { ...columnsOf(stored, content), ...timeOf(options), ...stagedOf(options, this.#changing.now()) },
          usage,
        );
      };
      const row = await this.#changing.commit(options, work, { sha256: stored.sha256 });
      return { result: nodeOf(row, scope), kept: row.content_key === stored.key };
    };
    const { signal } = options;
    return upload(contents, { content, admit: reservation.admit, signal, commit }).finally(reservation.release);
  }

  /** Before bytes flow: the earlier answer if this is a repeat, else the file that the bytes are for. */
  async #early(
    options: ChangeOptions,
    admit: (q: Queries, known: Known) => Promise<Target>,
  ): Promise<Earlier | Target> {
    const { database, known } = this.#changing.inputs;
    const repeated = await this.#changing.earlier(database.read, options);
    if (repeated !== undefined) return repeated;
    try {
      return await admit(database.read, known);
    } catch (error) {
      // The first request with this Idempotency-Key may have been committed meanwhile; then the file that it made
      // caused this refusal.
      const late = await this.#changing.earlier(database.read, options);
      if (late === undefined) throw error;
      return late;
    }
  }

  /** Finds the target and checks its locks: a new file changes its folder, an existing one only itself. */
  async #open(q: Queries, options: ChangeOptions, state: TreeState, target: Target): Promise<Target> {
    const around = target.parent.ids;
    const place = target.kind === 'new' ? around : [itemIdOf(target.item.id), ...around];
    await this.#changing.refuseLocked(q, options, state, [place]);
    return target;
  }

  /** Writes the rows that refer to the bytes, counts them, and frees quota if needed. */
  async #keep(trx: Transaction, target: Target, content: DatedContent, usage: Usage): Promise<ItemRow> {
    const growth = content.size - freedBy(target);
    refuseOverQuota(usage, growth);
    const row =
      target.kind === 'new'
        ? await this.#make(trx, target, content)
        : await renew(trx, this.#changing, target, content);
    await addUsage(trx, this.#changing.ownerId, { current: growth, versions: freedBy(target) });
    await freeQuota(trx, this.#changing.ownerId, usage, content.size);
    return row;
  }

  async #make(trx: Transaction, { parent, name }: NewTarget, content: DatedContent): Promise<ItemRow> {
    return this.#changing.insert(trx, parent, name, { is_folder: false, ...content });
  }
}

/** A name in a folder, for whatever has it. */
interface NamedTarget {
  readonly parentKey: NodeKey;
  readonly name: string;
}

/** Where bytes are to go: a file, or a name in a folder. */
export type PutTarget = NamedTarget | { readonly key: NodeKey };

/** What {@link Uploading.bring} is brought: a content, or the answer that was given before. */
export type Brought =
  | { readonly earlier: ItemRow }
  | {
      readonly content: JoinedContent;
      /** Bytes of the quota that were reserved for it until now. */
      readonly released: number;
      /** Is told the file, in the same transaction. */
      readonly done: (row: ItemRow) => Promise<void>;
    };

/** A file that is to be made. */
interface NewTarget {
  readonly kind: 'new';
  readonly parent: Lineage;
  readonly name: string;
}

/** An existing file that gets new content. */
interface OldTarget extends Renewed {
  readonly kind: 'old';
}

/** The file that uploaded bytes are for. */
type Target = NewTarget | OldTarget;

/** Bytes of the content that becomes an older version. */
function freedBy(target: Target): number {
  return target.kind === 'old' ? target.item.size : 0;
}
