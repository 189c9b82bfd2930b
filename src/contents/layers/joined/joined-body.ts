import { Writable, type Readable } from 'node:stream';
import { askedBy, askerNow, flow, LendingBody } from '../../../platform/index.js';

/** Streams that are read one after the other as one. All but the first are opened when the one before has been read. */
export class JoinedBody extends LendingBody {
  readonly #others: AsyncIterator<Readable>;
  /** The asker for whom it reads, noted now: later calls come from the connection and do not know it. */
  readonly #asker = askerNow();
  #body: Readable;
  #isFirst = true;
  #chunks: AsyncIterator<Buffer> | undefined;

  constructor(first: Readable, others: AsyncIterator<Readable>) {
    super();
    this.#body = first;
    this.#others = others;
  }

  override _read(): void {
    this.#next().then(
      (chunk) => this.push(chunk),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override lendTo(target: Writable): void {
    this.#lend(target).then(
      () => {
        this.push(null);
        this.resume();
      },
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#body.destroy();
    done(error);
  }

  async #next(): Promise<Buffer | null> {
    for (;;) {
      this.#chunks ??= (await this.#open())?.iterator() as AsyncIterator<Buffer> | undefined;
      if (this.#chunks === undefined) return null;
      const next = await this.#chunks.next();
      if (next.done !== true) return next.value;
      this.#chunks = undefined;
    }
  }

  async #lend(target: Writable): Promise<void> {
    for (let body = await this.#open(); body !== undefined; body = await this.#open()) {
      await flow(body, relayTo(target));
    }
    target.end();
  }

  /** The next body; undefined after the last. */
  async #open(): Promise<Readable | undefined> {
    if (this.#isFirst) {
      this.#isFirst = false;
      return this.#body;
    }
    const next = await askedBy(this.#asker, () => this.#others.next());
    if (next.done === true) return undefined;
    this.#body = next.value;
    if (this.destroyed) this.#body.destroy();
    return this.#body;
  }
}

/** Passes everything on but the end. A chunk is done with when the target has sent it, so that lent buffers stay whole. */
function relayTo(target: Writable): Writable {
  const relay = new Writable({
    write(chunk: Buffer, _encoding, done) {
      // The error of the target is its owner's; here it only ends what is sent.
      target.write(chunk, (error) => (error === null || error === undefined ? done() : relay.destroy()));
    },
  });
  return relay;
}
