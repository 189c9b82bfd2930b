import { addAbortSignal, type Readable } from 'node:stream';
import type { Clock, Random } from '../../../kernel/index.js';
import { InlineHash, type Database, type Transaction } from '../../../platform/index.js';
import { notStoredOrRead, type ByteSpan, type NamedContents, type StoreHealth } from '../../driver/index.js';
import { adler32Of } from '../../store/adler32.js';
import type {
  ContentRef,
  ContentStore,
  ContentTrouble,
  JoinedContent,
  JoinedFacts,
  JoiningStore,
  PutOptions,
  Soundness,
  StoredContent,
  SweepOptions,
  Swept,
} from '../../store/content-store.js';
import { wantedRange } from '../../store/ranges.js';
import { bothSwept, sweepRows } from '../../store/sweep-rows.js';
import { JoinedBody } from './joined-body.js';
import { isJoinedKey, newJoinedKey } from './keys.js';
import {
  deleteJoined,
  insertJoined,
  joinedRows,
  joinedUnhashed,
  partsAmong,
  segmentsOf,
  type JoinedRow,
  type Segment,
} from './rows.js';

/** What {@link JoinedContentStore} needs. */
export interface JoinedInputs extends Pick<NamedContents, 'named'> {
  /** The store of the parts, and of all contents that are not joined. */
  readonly inner: ContentStore;
  readonly database: Database;
  readonly random: Random;
  readonly clock: Clock;
  /** Is told of damage. */
  readonly onTrouble?: (trouble: ContentTrouble) => void;
}

/**
 * Reads several contents as one, by a list in the database (storage.md 2). Each part keeps its own hash, so the whole is
 * verified part by part (DUR-05). Contents that are not joined are known by their keys and passed on without a question.
 */
export class JoinedContentStore implements JoiningStore {
  readonly #in: JoinedInputs;
  /** The keys of those that could not be read for their hashes. */
  readonly #unreadable = new Set<string>();

  constructor(inputs: JoinedInputs) {
    this.#in = inputs;
  }

  put(source: Readable | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredContent> {
    return this.#in.inner.put(source, options);
  }

  keep(trx: Transaction, stored: StoredContent): Promise<void> {
    return this.#in.inner.keep(trx, stored);
  }

  async join(trx: Transaction, parts: readonly StoredContent[], facts: JoinedFacts): Promise<JoinedContent> {
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    const adler32 = parts.reduce((sum, part) => adler32Of(sum, part.adler32, part.size), 0);
    const joined = { key: newJoinedKey(this.#in.random), size, adler32, ...facts };
    await insertJoined(trx, joined, parts, this.#in.clock.now());
    return joined;
  }

  open(content: ContentRef, range?: ByteSpan, signal?: AbortSignal): Promise<Readable> {
    return isJoinedKey(content.key) ? this.#open(content, range, signal) : this.#in.inner.open(content, range, signal);
  }

  async remove(key: string): Promise<void> {
    if (isJoinedKey(key)) await this.#erase(key, this.#in.named);
    else await this.#in.inner.remove(key);
  }

  moveOut(): Promise<number> {
    return this.#in.inner.moveOut();
  }

  sweepDrafts(): Promise<number> {
    return this.#in.inner.sweepDrafts();
  }

  async sweep(options: SweepOptions): Promise<Swept> {
    const { database, inner } = this.#in;
    const erase = async (keys: readonly string[]): Promise<void> => {
      for (const key of keys) await this.#erase(key, options.named);
    };
    const joined = await sweepRows({ database, table: 'contents', erase }, options);
    const named = namedWithParts(database, options.named);
    return bothSwept(joined.swept, await inner.sweep({ ...options, named }));
  }

  async verify(content: ContentRef): Promise<Soundness> {
    if (!isJoinedKey(content.key)) return this.#in.inner.verify(content);
    const row = await this.#find(content.key);
    if (row === undefined) return 'missing';
    if (!isOf(row, content)) return 'damaged';
    let worst: Soundness = 'sound';
    for await (const segment of this.#segments(content)) {
      const soundness = await this.#in.inner.verify(segment);
      if (soundness === 'missing') return soundness;
      if (soundness === 'damaged') worst = soundness;
    }
    return worst;
  }

  async learnHashes(bytes: number): Promise<number> {
    const { read } = this.#in.database;
    let [learned, left] = [0, bytes];
    for (const row of await joinedUnhashed(read)) {
      if (left <= 0) break;
      if (this.#unreadable.has(row.key)) continue;
      left -= row.size;
      learned += Number(await this.#learnHash(row));
    }
    return learned;
  }

  health(): Promise<StoreHealth> {
    return this.#in.inner.health();
  }

  async #open(content: ContentRef, range: ByteSpan | undefined, signal: AbortSignal | undefined): Promise<Readable> {
    const { key } = content;
    const wanted = wantedRange(content, range);
    signal?.throwIfAborted();
    const row = await this.#find(key);
    if (row === undefined) throw this.#told({ kind: 'missing', key, detail: 'there is no list of its parts' });
    if (!isOf(row, content)) throw this.#told({ kind: 'damaged', key, detail: 'its list is of another content' });
    const bodies = this.#bodies(content, wanted, signal);
    // The first is opened now, so that what cannot be read is refused instead of broken off.
    const first = await bodies.next();
    if (first.done === true) throw this.#told({ kind: 'missing', key, detail: 'has no parts' });
    const body = new JoinedBody(first.value, bodies);
    return signal === undefined ? body : addAbortSignal(signal, body);
  }

  async #learnHash(content: ContentRef): Promise<boolean> {
    const { key } = content;
    const hash = new InlineHash();
    try {
      for await (const chunk of await this.#open(content, undefined, undefined)) await hash.update(chunk as Buffer);
    } catch {
      // Whoever keeps the part has told administrators why; a content that went meanwhile needs no hash.
      this.#unreadable.add(key);
      return false;
    }
    const sha256 = await hash.digest();
    await this.#in.database.vital((trx) => joinedRows(trx).where({ key }).update({ sha256 }));
    return true;
  }

  /** The row of a joined content. One in quarantine is taken back, because a row refers to it (F-01). */
  async #find(key: string): Promise<JoinedRow | undefined> {
    const { database } = this.#in;
    const row = await joinedRows(database.read).where({ key }).first();
    if (row !== undefined && row.unnamed_since !== null)
      await database.vital((trx) => joinedRows(trx).where({ key }).update({ unnamed_since: null }));
    return row;
  }

  #segments({ key, size }: ContentRef, range: ByteSpan = { start: 0, end: size - 1 }): AsyncGenerator<Segment> {
    return segmentsOf(this.#in.database.read, key, range);
  }

  /** The parts of a range, opened one after the other: whole ones, which are verified, or the slice that lies in the range. */
  async *#bodies(content: ContentRef, wanted: ByteSpan, signal: AbortSignal | undefined): AsyncGenerator<Readable> {
    let at = wanted.start;
    for await (const segment of this.#segments(content, wanted)) {
      if (segment.start > at) break;
      const start = at - segment.start;
      const end = Math.min(segment.size - 1, wanted.end - segment.start);
      const isWhole = start === 0 && end === segment.size - 1;
      yield await this.#in.inner.open(segment, isWhole ? undefined : { start, end }, signal);
      at = segment.start + end + 1;
    }
    // The list went meanwhile, or has a hole: a body that is too short must not end as if it were whole.
    if (at <= wanted.end)
      throw this.#told({ kind: 'missing', key: content.key, detail: `has no part at ${String(at)}` });
  }

  /** Deletes the list of a content and removes those of its parts that nothing else refers to. */
  async #erase(key: string, named: NamedContents['named']): Promise<void> {
    const { database, inner } = this.#in;
    const parts = await database.vital((trx) => deleteJoined(trx, key));
    // What a crash leaves here is named by nothing, and goes with the next sweeps.
    const wanted = await namedWithParts(database, named)(parts);
    for (const part of parts.filter((each) => !wanted.has(each))) await inner.remove(part);
  }

  #told(trouble: ContentTrouble): Error {
    this.#in.onTrouble?.(trouble);
    return notStoredOrRead(`${trouble.kind} ${trouble.key}: ${trouble.detail}`);
  }
}

/** Whether a row describes the content that somebody asks for. */
function isOf(row: JoinedRow, { size, sha256 }: ContentRef): boolean {
  return row.size === size && (sha256 === null || row.sha256 === null || row.sha256 === sha256);
}

/** What rows refer to, and beside it what is part of a joined content. */
export function namedWithParts(
  { read }: Pick<Database, 'read'>,
  named: NamedContents['named'],
): NamedContents['named'] {
  return async (keys) => {
    // In this order: what an open upload names becomes a part, in one commit, and never the other way round.
    const own = await named(keys);
    return new Set([...own, ...(await partsAmong(read, keys))]);
  };
}
