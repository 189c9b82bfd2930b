import { addAbortSignal, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { isFailure, type Failure, type Random } from '../../kernel/index.js';
import type { HashThread } from '../../platform/index.js';
import {
  BlobRefusal,
  failureOf,
  isContentKey,
  leavesDrafts,
  newContentKey,
  notStoredOrRead,
  setsAside,
  storageAway,
  type ByteSpan,
  type Driver,
  type OpenBlob,
  type RefusalKind,
  type StoreGuard,
  type StoreHealth,
} from '../driver/index.js';
import { ContentReader } from './content-reader.js';
import type {
  ContentRef,
  ContentStore,
  ContentTrouble,
  PutOptions,
  Soundness,
  StoredContent,
  SweepOptions,
  Swept,
} from './content-store.js';
import { Intake } from './intake.js';
import { soonOr } from './patience.js';
import { isWhole, wantedRange } from './ranges.js';
import { consume } from './source.js';
import { sweepContents } from './sweep.js';

/** What {@link DrivenContentStore} needs. */
export interface DrivenInputs {
  readonly driver: Driver;
  readonly random: Random;
  /** Is told of damage, planted files and I/O errors. */
  readonly onTrouble?: (trouble: ContentTrouble) => void;
  /** Hashes long contents; without one the event loop does. The caller closes it. */
  readonly thread?: HashThread | undefined;
  /** Is asked before anything is stored, and when a content is missing. */
  readonly guard?: StoreGuard | undefined;
}

/** The refusals that administrators are told of; others are temporary, or show in the health of the medium. */
const TROUBLES: Readonly<Partial<Record<RefusalKind, ContentTrouble['kind']>>> = {
  missing: 'missing',
  damaged: 'damaged',
  // Every write uses a new random key, so a blob under it was put there by somebody else.
  taken: 'planted',
  denied: 'planted',
  failed: 'io',
};

/**
 * Contents on one medium. Does everything that is the same on all media: keys, hashes, checks of announced length and
 * digest, admission, ranges, checks while reading, quarantine and its bounds.
 */
export class DrivenContentStore implements ContentStore {
  readonly #driver: Driver;
  readonly #random: Random;
  readonly #report: (trouble: ContentTrouble) => void;
  readonly #thread: HashThread | undefined;
  readonly #guard: StoreGuard | undefined;

  constructor({ driver, random, onTrouble, thread, guard }: DrivenInputs) {
    this.#driver = driver;
    this.#random = random;
    this.#report = onTrouble ?? (() => undefined);
    this.#thread = thread;
    this.#guard = guard;
  }

  async put(source: Readable | AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<StoredContent> {
    const key = newContentKey(this.#random);
    return consume(source, options.signal, (chunks) => this.#store(key, chunks, options));
  }

  keep(): Promise<void> {
    return Promise.resolve();
  }

  /** Stores bytes under a key that rows refer to already; overwrites a content of that key. */
  async putBack(key: string, bytes: Uint8Array): Promise<void> {
    await this.remove(key);
    await this.#store(key, Readable.from([bytes], { objectMode: false }), {});
  }

  async open(content: ContentRef, range?: ByteSpan, signal?: AbortSignal): Promise<Readable> {
    const wanted = wantedRange(content, range);
    signal?.throwIfAborted();
    const isAll = isWhole(wanted, content.size);
    const { key, sha256 } = content;
    if (sha256 === null) throw this.#told(key, new BlobRefusal('damaged', 'nobody knows its hash'));
    const blob = await this.#openBlob(content, isAll ? undefined : wanted, signal);
    const reader = new ContentReader(blob, {
      range: wanted,
      sha256: isAll ? sha256 : undefined,
      thread: this.#thread,
      onDamage: (detail) => this.#told(key, new BlobRefusal('damaged', detail)),
      onRefusal: (error) => this.#told(key, error),
    });
    return signal === undefined ? reader : addAbortSignal(signal, reader);
  }

  async remove(key: string): Promise<void> {
    if (isContentKey(key)) await this.#asking(key, () => this.#driver.remove(key));
  }

  moveOut(): Promise<number> {
    return Promise.resolve(0);
  }

  async sweepDrafts(): Promise<number> {
    const driver = this.#driver;
    return leavesDrafts(driver) ? this.#asking('', () => driver.sweepDrafts()) : 0;
  }

  sweep(options: SweepOptions): Promise<Swept> {
    return this.#asking('', () => sweepContents(this.#driver, options));
  }

  async verify(content: ContentRef): Promise<Soundness> {
    if (!(await this.#isThere(content.key))) return 'missing';
    try {
      await finished((await this.open(content)).resume());
      return 'sound';
    } catch (error) {
      if (isFailure(error, 'unavailable')) throw error;
      return 'damaged';
    }
  }

  async health(): Promise<StoreHealth> {
    return soonOr({ ok: false, reason: 'The storage does not answer.' }, async () => {
      const reason = await this.#guard?.trouble();
      return reason === undefined ? this.#driver.health() : { ok: false, reason };
    });
  }

  /** Steps 2 to 6 of the one write path (reliability.md 1). */
  async #store(key: string, chunks: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredContent> {
    const { expectedSize: size, signal } = options;
    const intake = new Intake(options, this.#thread);
    try {
      await this.#guard?.admit();
      await this.#driver.write(key, intake.pass(chunks), { size, signal });
      return { key, ...intake.facts };
    } catch (error) {
      throw await this.#explained(this.#told(key, error));
    } finally {
      intake.end();
    }
  }

  /**
   * Opens a content, which must have the size in its row. A content in quarantine is taken back, because a row refers
   * to it (F-01).
   */
  async #openBlob({ key, size }: ContentRef, range?: ByteSpan, signal?: AbortSignal): Promise<OpenBlob> {
    if (!isContentKey(key)) throw this.#told('', new BlobRefusal('missing', 'not a key'));
    const blob = await this.#driver
      .read(key, range, signal)
      .catch((refusal: unknown) => this.#readAgain(key, refusal, () => this.#driver.read(key, range, signal)));
    if (blob.size === size) return blob;
    await blob.close();
    throw this.#told(key, new BlobRefusal('damaged', `size ${String(blob.size)} instead of ${String(size)}`));
  }

  async #readAgain(key: string, refusal: unknown, read: () => Promise<OpenBlob>): Promise<OpenBlob> {
    if (!isMissing(refusal)) throw this.#told(key, refusal);
    if (await this.#takenBack(key)) return this.#asking(key, read);
    throw (await this.#away()) ?? this.#told(key, refusal);
  }

  /** Whether there is a blob under a key, also in quarantine. */
  async #isThere(key: string): Promise<boolean> {
    if (!isContentKey(key)) return false;
    return (await this.#asking(key, () => this.#driver.stat(key))) !== undefined || this.#takenBack(key);
  }

  async #takenBack(key: string): Promise<boolean> {
    const driver = this.#driver;
    return setsAside(driver) && this.#asking(key, () => driver.takeBack(key));
  }

  async #asking<T>(key: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw this.#told(key, error);
    }
  }

  /** Turns a refusal of the medium into a `Failure`, and tells administrators of it; other errors stay as they are. */
  #told(key: string, error: unknown): unknown {
    if (!(error instanceof BlobRefusal)) return error;
    const { kind, detail, cause } = error;
    const trouble = TROUBLES[kind];
    if (trouble !== undefined) this.#report({ kind: trouble, key, detail });
    if (trouble === undefined || trouble === 'io') return failureOf(error);
    return notStoredOrRead(`${trouble} ${key}: ${detail}`, cause);
  }

  /** An error while the storage is missing, or belongs to another database, is not treated as damage (F-02). */
  async #explained(error: unknown): Promise<unknown> {
    return isFailure(error, 'internal') ? ((await this.#away()) ?? error) : error;
  }

  async #away(): Promise<Failure | undefined> {
    const detail = await this.#guard?.trouble();
    return detail === undefined ? undefined : storageAway(detail);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof BlobRefusal && error.kind === 'missing';
}
