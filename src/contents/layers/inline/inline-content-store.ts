import { createHash } from 'node:crypto';
import { addAbortSignal, Readable } from 'node:stream';
import { Failure, type Clock, type Random } from '../../../kernel/index.js';
import { rowsOf, type Database, type Transaction } from '../../../platform/index.js';
import { isContentKey, newContentKey, type ByteSpan, type StoreGuard, type StoreHealth } from '../../driver/index.js';
import type {
  ContentRef,
  ContentStore,
  ContentTrouble,
  PutOptions,
  Soundness,
  StoredContent,
  SweepOptions,
  Swept,
} from '../../store/content-store.js';
import { Intake } from '../../store/intake.js';
import { wantedRange } from '../../store/ranges.js';
import { consume } from '../../store/source.js';
import { bothSwept, sweepRows } from '../../store/sweep-rows.js';
import type { BeneathInline } from './beneath.js';
import { movedOut } from './move-out.js';
import { InlineBudget } from './budget.js';
import { inlineRows, type InlineRow } from './rows.js';

/**
 * Contents up to this size may be stored in the database; no release has stored larger ones there (storage.md 6).
 * Bytes.
 */
export const INLINE_MOST = 16 * 1024;

/**
 * How often the storage guard is asked, milliseconds. Not for each small content: their bytes do not go to the folder,
 * and asking takes a call to the thread pool.
 */
const LOOK_AGAIN = 1_000;

/** What {@link InlineContentStore} needs. */
export interface InlineInputs {
  /** The store of all other contents. */
  readonly inner: BeneathInline;
  readonly database: Database;
  readonly random: Random;
  readonly clock: Clock;
  /** Most bytes that small contents together may take in the database; 0: none is stored there. */
  readonly limit: number;
  /** Is asked before anything is stored. */
  readonly guard?: StoreGuard;
  /** Is told of damage. */
  readonly onTrouble?: (trouble: ContentTrouble) => void;
}

/**
 * Stores small contents in the database and passes others on. The transaction that refers to a small content writes it:
 * so it becomes durable with the same sync, is in the same backup, and disappears if the transaction fails.
 */
export class InlineContentStore implements ContentStore {
  readonly #in: InlineInputs;
  readonly #budget: InlineBudget;
  /** By the monotonic clock. */
  #admittedAt = -Infinity;

  constructor(inputs: InlineInputs) {
    this.#in = inputs;
    this.#budget = new InlineBudget(inputs.database, inputs.limit);
  }

  async put(source: Readable | AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<StoredContent> {
    const isSmall = (options.expectedSize ?? 0) <= INLINE_MOST;
    if (!isSmall || !(await this.#budget.isThere())) return this.#in.inner.put(source, options);
    return consume(source, options.signal, (chunks) => this.#take(chunks, options));
  }

  async keep(trx: Transaction, { key, unkept }: StoredContent): Promise<void> {
    if (unkept === undefined) return;
    const bytes = Buffer.from(unkept.buffer, unkept.byteOffset, unkept.length);
    await rowsOf(trx, INSERT, [key, bytes.length, this.#in.clock.now(), bytes]);
    this.#budget.taken(bytes.length);
  }

  async open(content: ContentRef, range?: ByteSpan, signal?: AbortSignal): Promise<Readable> {
    const bytes = await this.#find(content);
    if (bytes === undefined) return this.#in.inner.open(content, range, signal);
    const { start, end } = wantedRange(content, range);
    signal?.throwIfAborted();
    if (!isSound(bytes, content)) throw this.#damaged(content.key);
    const stream = Readable.from(bytes.length === 0 ? [] : [bytes.subarray(start, end + 1)], { objectMode: false });
    return signal === undefined ? stream : addAbortSignal(signal, stream);
  }

  async remove(key: string): Promise<void> {
    const found =
      isContentKey(key) && (await inlineRows(this.#in.database.read).where({ key }).first('key')) !== undefined;
    if (found) await this.#in.database.vital((trx) => inlineRows(trx).where({ key }).delete());
    await this.#in.inner.remove(key);
  }

  moveOut(): Promise<number> {
    return movedOut(this.#in.database, this.#in.inner);
  }

  sweepDrafts(): Promise<number> {
    return this.#in.inner.sweepDrafts();
  }

  async sweep(options: SweepOptions): Promise<Swept> {
    const { database, inner } = this.#in;
    const erase = async (keys: readonly string[]): Promise<void> => {
      await database.vital((trx) => inlineRows(trx).whereIn('key', keys).delete());
    };
    const here = await sweepRows({ database, table: 'inline_contents', erase }, options);
    await this.#budget.count(here.bytes);
    return bothSwept(here.swept, await inner.sweep(options));
  }

  async verify(content: ContentRef): Promise<Soundness> {
    const bytes = await this.#find(content);
    if (bytes === undefined) return this.#in.inner.verify(content);
    return isSound(bytes, content) ? 'sound' : 'damaged';
  }

  health(): Promise<StoreHealth> {
    return this.#in.inner.health();
  }

  /** Steps 2 and 3 of the write path (reliability.md 1); the transaction or the other store does the rest. */
  async #take(chunks: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredContent> {
    const admitted = this.#admit();
    admitted.catch(() => undefined);
    // The bytes are few and are hashed here without a thread, so that the intake need not be ended.
    const intake = new Intake(options);
    const taken: Uint8Array[] = [];
    let size = 0;
    const source = chunks[Symbol.asyncIterator]();
    for (let next = await source.next(); next.done !== true; next = await source.next()) {
      taken.push(next.value);
      size += next.value.length;
      // Larger than announced or expected: the other store takes it from its first byte.
      if (size > INLINE_MOST) return this.#in.inner.put(rejoined(taken, source), options);
      intake.admit(next.value);
    }
    await admitted;
    const unkept = Buffer.concat(taken);
    await intake.digest([unkept]);
    const facts = await intake.finish();
    options.signal?.throwIfAborted();
    return { key: newContentKey(this.#in.random), ...facts, unkept };
  }

  async #admit(): Promise<void> {
    const now = performance.now();
    if (now - this.#admittedAt < LOOK_AGAIN) return;
    await this.#in.guard?.admit();
    this.#admittedAt = now;
  }

  /** The bytes under a key. A content in quarantine is taken back, because a row refers to it (F-01). */
  async #find({ key, size }: ContentRef): Promise<Buffer | undefined> {
    if (size > INLINE_MOST || !isContentKey(key)) return undefined;
    const { database } = this.#in;
    const [row] = await rowsOf<Pick<InlineRow, 'bytes' | 'unnamed_since'>>(database.read, FIND, [key]);
    if (row === undefined) return undefined;
    if (row.unnamed_since !== null)
      await database.vital((trx) => inlineRows(trx).where({ key }).update({ unnamed_since: null }));
    return row.bytes;
  }

  #damaged(key: string): Failure {
    this.#in.onTrouble?.({ kind: 'damaged', key, detail: 'has another hash' });
    return new Failure('internal', 'The file could not be stored or read.', { detail: `damaged ${key}` });
  }
}

/** This and the next are written as SQL text, because every upload and download of a small content runs them. */
const INSERT = 'insert into inline_contents (key, size, stored_at, bytes) values (?, ?, ?, ?)';
const FIND = 'select bytes, unnamed_since from inline_contents where key = ?';

function isSound(bytes: Buffer, { size, sha256 }: ContentRef): boolean {
  return bytes.length === size && createHash('sha256').update(bytes).digest('hex') === sha256;
}

async function* rejoined(taken: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* taken;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}
