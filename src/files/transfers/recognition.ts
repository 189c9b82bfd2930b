import { createHash } from 'node:crypto';
import { actorOf, Failure, isFailure, itemIdOf, type Clock, type ItemId, type Principal } from '../../kernel/index.js';
import type { Database } from '../../platform/index.js';
import { earlierAnswer, type Receipt } from '../records/receipts.js';
import type { Item } from '../space/item.js';
import type { Tree } from '../tree/tree.js';
import { isOther } from './carrying.js';
import { membersBackwards, type Member } from './members.js';
import { idOf, principalOf, type TransferRow } from './row.js';

/** What stands at the target of a transfer, and its version when it came there. */
export interface Made {
  readonly id: ItemId;
  readonly version: number;
}

/** What {@link Recognition} needs. */
export interface RecognitionInputs {
  readonly tree: Pick<Tree, 'stat' | 'find' | 'open'>;
  readonly database: Database;
  readonly clock: Clock;
}

/**
 * Finds out whether a process that died has still brought the copy to its place (docs/decisions/0071). In this cloud a
 * receipt says so, written in the same transaction; elsewhere the id of what was hidden, or what stands there.
 */
export class Recognition {
  readonly #in: RecognitionInputs;
  readonly #row: TransferRow;
  readonly #principal: Principal;
  readonly #signal: AbortSignal;

  constructor(inputs: RecognitionInputs, row: TransferRow, signal: AbortSignal) {
    this.#in = inputs;
    this.#row = row;
    this.#signal = signal;
    this.#principal = principalOf(row);
  }

  /** What was made; undefined when the copy has to be begun anew. */
  async made(): Promise<Made | undefined> {
    const receipted = await this.#receipted();
    if (receipted !== undefined) return receipted;
    const { stage, is_folder: isFolder, staged_id: stagedId } = this.#row;
    if (stage === 'placing' && stagedId !== null) return this.#unhidden(idOf(stagedId));
    return isFolder ? undefined : this.#written();
  }

  async #receipted(): Promise<Made | undefined> {
    const { database, clock } = this.#in;
    const earlier = await earlierAnswer(database.read, receiptOf(this.#row), clock.now());
    if (earlier === undefined) return undefined;
    const { id, version, size, checksum } = earlier.row;
    const top = this.#row.is_folder ? undefined : await this.#top();
    if (top !== undefined && isOther(top, { size, checksum })) {
      throw new Failure('peer-failed', 'What was written is not what was read.');
    }
    return { id: itemIdOf(id), version };
  }

  /** What was hidden has come to its place if it is there by its id, or if it is gone and everything stands there. */
  async #unhidden(stagedId: ItemId): Promise<Made | undefined> {
    const { name, parent_id: parentId, is_folder: isFolder } = this.#row;
    const hidden = await this.#there(stagedId);
    if (hidden !== undefined) {
      return hidden.name === name && (hidden.parentId ?? '0') === String(parentId) ? hidden : undefined;
    }
    const found = await this.#found();
    if (found === undefined || (found.kind === 'folder') !== Boolean(isFolder)) return undefined;
    for await (const member of membersBackwards(this.#in.database.read, this.#row.id)) {
      const copy = await this.#in.tree.find(this.#principal, found.id, member.path);
      if (copy?.kind !== member.kind || (copy.kind === 'file' && isOther(member, copy))) return undefined;
    }
    return found;
  }

  /** A file that is written in one step: if its content stands there, nothing has to be written. */
  async #written(): Promise<Made | undefined> {
    const [found, top] = [await this.#found(), await this.#top()];
    if (found?.kind !== 'file' || top === undefined) return undefined;
    if (isOther(top, found)) return undefined;
    const isKnown = top.size === 0 || (top.checksum !== 0 && found.checksum !== 0);
    // Without checksums another content may have the same length, so both are read.
    return isKnown || (await this.#hashOf(found.id)) === (await this.#hashOf(top.id)) ? found : undefined;
  }

  async #hashOf(id: ItemId): Promise<string> {
    const opened = await this.#in.tree.open(this.#principal, id, { signal: this.#signal });
    if (opened.outcome !== 'content') throw new Failure('internal', 'A content was not opened.');
    const hash = createHash('sha256');
    for await (const piece of opened.body as AsyncIterable<Buffer>) hash.update(piece);
    return hash.digest('hex');
  }

  async #top(): Promise<Member | undefined> {
    const next = await membersBackwards(this.#in.database.read, this.#row.id).next();
    return next.done === true ? undefined : next.value;
  }

  #found(): Promise<Item | undefined> {
    return this.#in.tree.find(this.#principal, idOf(this.#row.parent_id), [this.#row.name]);
  }

  async #there(id: ItemId): Promise<Item | undefined> {
    try {
      const item = await this.#in.tree.stat(this.#principal, id);
      return item.status === 'DELETED' ? undefined : item;
    } catch (error) {
      if (isFailure(error, 'not-found')) return undefined;
      throw error;
    }
  }
}

/** By which the change that brings a copy to its place in this cloud is known again, in its own transaction. */
export function receiptOf(row: Pick<TransferRow, 'id' | 'what' | 'principal'>): Receipt {
  return { actor: actorOf(principalOf(row)), key: `transfer ${row.id}`, digest: row.what };
}
