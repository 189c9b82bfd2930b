import { Readable } from 'node:stream';
import type { JoiningStore } from '../../contents/index.js';
import {
  actorOf,
  Failure,
  invalid,
  itemIdOf,
  notFound,
  parseName,
  type Clock,
  type ItemId,
  type Principal,
  type Random,
} from '../../kernel/index.js';
import type { Database, Transaction } from '../../platform/index.js';
import { ChangeTransaction, type LocalInputs } from '../local/change-transaction.js';
import { Uploading, type PutTarget } from '../local/uploading.js';
import { addUsage, lockTree, lockUsage, quotaLeft, refuseOverQuota, treeState } from '../records/owner.js';
import { failing } from '../space/failures.js';
import type { ChangeOptions, Content, Node } from '../space/file-space.js';
import { upload } from '../space/uploads.js';
import { Cutting } from './cutting.js';
import { finishUpload } from './finishing.js';
import { forgetUploads } from './forgetting.js';
import {
  deleteUpload,
  expiryAfter,
  insertPart,
  lockUpload,
  partsOf,
  reservedFor,
  uploadRow,
  uploadRows,
  type UploadRow,
} from './rows.js';
import { RunningHashes } from './running-hashes.js';
import { uploadOf, type OpenedUpload, type UploadedPart, type UploadTarget, type UploadWish } from './upload.js';

/** Most uploads that somebody has open at the same time. */
const MOST_OPEN = 1_000;

/** Bytes of one piece: what comes at once is cut into such pieces, each durable by itself. */
const PIECE = 64 * 1024 * 1024;

/** What {@link Uploads} needs. */
export interface UploadsInputs {
  readonly database: Database;
  readonly contents: JoiningStore;
  readonly clock: Clock;
  readonly random: Random;
  /** What changes at an item of this cloud work with; refuses items of other clouds, and what the asker may not change. */
  readonly writing: (principal: Principal, id: ItemId) => Promise<LocalInputs>;
  /** Bytes of one piece; default: 64 MiB. */
  readonly pieceSize?: number;
}

/** A piece on its way, and the byte of the file at which it begins. */
export interface NextPiece extends Content {
  readonly offset: number;
}

/**
 * Uploads that can be resumed: each piece is a content of its own and durable before its answer; finishing copies no byte
 * (storage.md 2). Everything that is to be known stands in rows, so another process, or a later one, can go on. Whoever began
 * an upload goes on with it; for everybody else it does not exist. When they may not write
 * there any more, no further piece is taken, and it is not finished.
 */
export class Uploads {
  readonly #in: UploadsInputs;
  readonly #hashes = new RunningHashes();

  constructor(inputs: UploadsInputs) {
    this.#in = inputs;
  }

  /** Begins an upload. Refuses what a `put` or `replace` of this length would be refused for now; reserves the quota. */
  async begin(principal: Principal, wish: UploadWish, options: ChangeOptions = {}): Promise<OpenedUpload> {
    return failing(async () => {
      const { length = null } = wish;
      const inputs = await this.#in.writing(principal, idOf(wish.to));
      const to = placeOf(wish.to);
      const freed = await new Uploading(new ChangeTransaction(inputs)).look(to, options);
      const row: UploadRow = {
        id: this.#in.random.bytes(16).toString('hex'),
        actor: actorOf(principal),
        owner_id: inputs.scope.ownerId,
        target_id: idOf(wish.to),
        name: 'name' in to ? to.name : null,
        is_ordered: wish.isNumbered !== true,
        length,
        freed,
        received: 0,
        pieces: 0,
        reserved: reservedFor(length ?? 0, freed),
        expires_at: expiryAfter(this.#in.clock.now()),
        item_id: null,
        version: null,
      };
      await this.#in.database.write((trx) => this.#insert(trx, inputs, row), row.owner_id);
      return uploadOf(row);
    });
  }

  /** An upload as it is now: after a cut, where to go on. */
  async find(principal: Principal, id: string): Promise<OpenedUpload> {
    return failing(async () => uploadOf(await this.#row(principal, id)));
  }

  /** The pieces of an upload that goes by numbers. */
  async parts(principal: Principal, id: string): Promise<UploadedPart[]> {
    return failing(async () => {
      await this.#row(principal, id);
      const rows = await partsOf(this.#in.database.read, id);
      return rows.map(({ number, size, sha256 }) => ({ number, size, sha256 }));
    });
  }

  /**
   * Adds bytes at the end of what has come. Throws `conflict` with the right `offset` among its facts for any other place.
   * When the bytes break off, what has come of them is kept, unless a digest was announced.
   */
  async append(
    principal: Principal,
    id: string,
    { offset, ...content }: NextPiece,
    { signal }: Pick<ChangeOptions, 'signal'> = {},
  ): Promise<OpenedUpload> {
    return failing(async () => {
      const open = await this.#open(principal, id);
      if (!open.row.is_ordered) throw invalid('The pieces of this upload have numbers.');
      requireOffset(open.row, offset);
      refuseTooLong(open.row, content.length);
      const whole = this.#hashes.at(id, offset);
      const cutting = new Cutting(content.body, signal, (chunk) => whole?.update(chunk));
      const size = content.sha256 === undefined ? (this.#in.pieceSize ?? PIECE) : Infinity;
      while (await cutting.hasMore()) {
        const body = Readable.from(cutting.piece(size), { objectMode: false });
        const { length, sha256 } = content;
        const announced = sha256 === undefined ? {} : { sha256, ...(length !== undefined && { length }) };
        open.row = await this.#take(open, { body, ...announced }, { signal: undefined });
        this.#hashes.keep(id, open.row.received, whole?.copy());
      }
      cutting.throwIfBroken();
      return uploadOf(open.row);
    });
  }

  /** Stores the piece with this number, from 1 to 10 000, in place of an earlier one. Whole or not at all. */
  async putPart(
    principal: Principal,
    id: string,
    number: number,
    content: Content,
    { signal }: Pick<ChangeOptions, 'signal'> = {},
  ): Promise<UploadedPart> {
    return failing(async () => {
      const open = await this.#open(principal, id);
      if (open.row.is_ordered) throw invalid('The pieces of this upload come one after the other.');
      if (!Number.isInteger(number) || number < 1) throw invalid('Pieces are numbered from 1.');
      let part: UploadedPart | undefined;
      await this.#take(open, content, { signal, number, onStored: (stored) => (part = stored) });
      return part ?? notStored();
    });
  }

  /**
   * Makes the pieces the content of the file, by the rules of `FileSpace.put` or `replace` as of now: conditions, locks, access
   * and quota. `numbers`: the pieces that count, in ascending order; default: all. Repeated, it answers as before.
   */
  async finish(
    principal: Principal,
    id: string,
    { numbers, ...options }: ChangeOptions & { readonly numbers?: readonly number[] } = {},
  ): Promise<Node> {
    return failing(async () => {
      const { row, inputs } = await this.#open(principal, id);
      const sha256 = this.#hashes.at(id, row.received)?.digest('hex');
      const { contents, clock } = this.#in;
      const node = await finishUpload({ inputs, contents, clock }, row, { options, numbers, sha256 });
      this.#hashes.forget(id);
      return node;
    });
  }

  /** Gives an upload up: its pieces go, and what it has reserved is free again. A finished one is forgotten. */
  async abandon(principal: Principal, id: string): Promise<void> {
    return failing(async () => {
      const { owner_id: owner } = await this.#row(principal, id);
      const { database, contents, clock } = this.#in;
      const keys = await database.vital(async (trx) => {
        await lockTree(trx, owner);
        return deleteUpload(trx, await lockUpload(trx, id, clock.now()));
      }, owner);
      this.#hashes.forget(id);
      for (const key of keys) await contents.remove(key);
    });
  }

  /** Gives up what has expired; answers how many. */
  async tidy(): Promise<number> {
    return forgetUploads(this.#in);
  }

  async #insert(trx: Transaction, { access, defaultQuota }: LocalInputs, row: UploadRow): Promise<void> {
    const usage = await lockUsage(trx, row.owner_id, defaultQuota);
    await access.may(trx, 'write');
    refuseOverQuota(usage, row.reserved);
    const open = await uploadRows(trx).where({ actor: row.actor }).whereNull('item_id').limit(MOST_OPEN).pluck('id');
    if (open.length >= MOST_OPEN) throw new Failure('too-many', 'There are too many unfinished uploads.');
    await uploadRows(trx).insert(row);
    await addUsage(trx, row.owner_id, { uploads: row.reserved });
  }

  async #row(principal: Principal, id: string): Promise<UploadRow> {
    const row = await uploadRow(this.#in.database.read, id, this.#in.clock.now());
    if (row.actor !== actorOf(principal)) throw notFound();
    return row;
  }

  async #open(principal: Principal, id: string): Promise<Open> {
    const row = await this.#row(principal, id);
    const inputs = await this.#in.writing(principal, itemIdOf(row.target_id));
    if (inputs.scope.ownerId !== row.owner_id) throw notFound();
    return { row, inputs };
  }

  /** Stores one piece and names it, in one commit with its offset and what it reserves. */
  async #take({ row, inputs }: Open, content: Content, how: Taking): Promise<UploadRow> {
    const { contents, database } = this.#in;
    const { owner_id: ownerId, received } = row;
    const free =
      row.length === null ? quotaLeft(await treeState(database.read, ownerId, inputs.defaultQuota)) : undefined;
    const room = { ownerId, free, freed: Math.max(0, row.freed - received) };
    const reservation = inputs.reservations.begin(room);
    let replaced: string | undefined;
    const taken = await upload(contents, {
      content,
      signal: how.signal,
      admit: (size) => {
        if (row.is_ordered) refuseTooLong(row, size);
        reservation.admit(size);
      },
      commit: async (stored) => {
        const accept = (trx: Transaction) => this.#accept(trx, { row, inputs }, { stored, number: how.number });
        const accepted = await database.write(accept, ownerId);
        replaced = accepted.replaced;
        how.onStored?.({ number: how.number ?? accepted.row.pieces, size: stored.size, sha256: stored.sha256 });
        return { result: accepted.row, kept: true };
      },
    }).finally(reservation.release);
    // If this fails, the sweeper removes the bytes later.
    if (replaced !== undefined) await contents.remove(replaced).catch(() => undefined);
    return taken;
  }

  async #accept(
    trx: Transaction,
    { row: seen, inputs }: Open,
    { stored, number }: { readonly stored: Parameters<JoiningStore['keep']>[1]; readonly number: number | undefined },
  ): ReturnType<typeof insertPart> {
    const { contents, clock } = this.#in;
    // What was announced is reserved already, and the account's row is left alone.
    const usage = seen.length === null ? await lockUsage(trx, seen.owner_id, inputs.defaultQuota) : undefined;
    await inputs.access.may(trx, 'write');
    const row = await lockUpload(trx, seen.id, clock.now());
    if (row.item_id !== null) throw new Failure('conflict', 'This upload is finished.');
    if (row.is_ordered) requireOffset(row, seen.received);
    await contents.keep(trx, stored);
    const accepted = await insertPart(trx, row, { number: number ?? row.pieces + 1, stored, now: clock.now() });
    if (usage !== undefined) refuseOverQuota(usage, accepted.row.reserved - row.reserved);
    return accepted;
  }
}

/** An upload, and what changes at its place work with. */
interface Open {
  row: UploadRow;
  readonly inputs: LocalInputs;
}

interface Taking {
  readonly signal: AbortSignal | undefined;
  readonly number?: number;
  readonly onStored?: (part: UploadedPart) => void;
}

function idOf(to: UploadTarget): ItemId {
  return 'itemId' in to ? to.itemId : to.parentId;
}

function placeOf(to: UploadTarget): PutTarget {
  return 'itemId' in to ? { key: to.itemId } : { parentKey: to.parentId, name: parseName(to.name) };
}

function requireOffset({ received }: UploadRow, offset: number): void {
  if (offset !== received)
    throw new Failure('conflict', 'The upload goes on at another place.', { facts: { offset: received } });
}

function refuseTooLong({ length, received }: UploadRow, size = 0): void {
  if (length !== null && received + size > length) throw invalid('The file is longer than announced.');
}

function notStored(): never {
  throw new Error('a piece was accepted and not stored');
}
