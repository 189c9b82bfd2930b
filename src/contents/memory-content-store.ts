import { createHash } from 'node:crypto';
import { addAbortSignal, Readable } from 'node:stream';
import { Failure, type Clock, type Random } from '../kernel/index.js';
import { Intake } from './intake.js';
import { newKey } from './keys.js';
import { consume } from './source.js';
import type {
  ByteRange,
  ContentRef,
  ContentStore,
  PutOptions,
  Soundness,
  StoreHealth,
  StoredContent,
  SweepOptions,
  Swept,
} from './content-store.js';

/** Contents in memory, for unit tests. */
export class MemoryContentStore implements ContentStore {
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #contents = new Map<string, { readonly bytes: Buffer; readonly storedAt: number }>();

  constructor({ random, clock }: { readonly random: Random; readonly clock: Clock }) {
    this.#random = random;
    this.#clock = clock;
  }

  put(source: Readable | AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<StoredContent> {
    return consume(source, options.signal, async (chunks) => {
      const intake = new Intake(options);
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) {
        intake.admit(chunk);
        intake.digest(chunk);
        parts.push(Uint8Array.from(chunk));
      }
      const facts = await intake.finish();
      options.signal?.throwIfAborted();
      const key = newKey(this.#random);
      this.#contents.set(key, { bytes: Buffer.concat(parts), storedAt: this.#clock.now() });
      return { key, ...facts };
    });
  }

  open(content: ContentRef, range?: ByteRange, signal?: AbortSignal): Promise<Readable> {
    return Promise.resolve().then(() => {
      signal?.throwIfAborted();
      const { start, end } = range ?? { start: 0, end: content.size - 1 };
      if (range !== undefined && (start < 0 || start > end || end >= content.size)) {
        throw new Failure('range-not-satisfiable', 'The file does not have that range.', {
          facts: { size: content.size },
        });
      }
      if (this.#soundness(content) !== 'sound') {
        throw new Failure('internal', 'The file could not be stored or read.', { detail: content.key });
      }
      const bytes = this.#contents.get(content.key)?.bytes.subarray(start, end + 1) ?? Buffer.alloc(0);
      const stream = Readable.from(bytes.length === 0 ? [] : [Buffer.from(bytes)], { objectMode: false });
      return signal === undefined ? stream : addAbortSignal(signal, stream);
    });
  }

  remove(key: string): Promise<void> {
    this.#contents.delete(key);
    return Promise.resolve();
  }

  async sweep(options: SweepOptions): Promise<Swept> {
    const old = [...this.#contents]
      .filter(([, { storedAt }]) => storedAt <= options.now - options.grace)
      .map(([key]) => key);
    const kept = old.length === 0 ? new Set<string>() : await options.named(old);
    const orphans = old.filter((key) => !kept.has(key));
    for (const key of orphans) this.#contents.delete(key);
    return { temporary: 0, orphans: orphans.length };
  }

  verify(content: ContentRef): Promise<Soundness> {
    return Promise.resolve(this.#soundness(content));
  }

  health(): StoreHealth {
    return { ok: true };
  }

  #soundness(content: ContentRef): Soundness {
    const stored = this.#contents.get(content.key);
    if (stored === undefined) return 'missing';
    const sha256 = createHash('sha256').update(stored.bytes).digest('hex');
    return stored.bytes.length === content.size && sha256 === content.sha256 ? 'sound' : 'damaged';
  }
}
