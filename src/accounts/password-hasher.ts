import { hash, verify } from '@node-rs/argon2';
import { Failure, invalid } from '../kernel/index.js';

/** argon2id, 19 MiB, two passes, one lane: about 30 ms each (dependencies.md 9). */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

const MIN_CHARACTERS = 8;
const MAX_BYTES = 1_000;

/** The pool that hashes also reads and writes files, with four threads in all. */
const AT_ONCE = 2;
const WAITING = 64;

/**
 * Hashes passwords. At most two at once and 64 waiting, because anybody may ask (threat model DOS-07); beyond that the
 * asker is told `too-many`.
 */
export class PasswordHasher {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #dummy: Promise<string> | undefined;

  /** The hash to store. Throws `invalid` when the password is too short or too long. */
  async hash(password: string): Promise<string> {
    const text = normal(password);
    if (isTooLong(text)) throw invalid(`A password has at most ${String(MAX_BYTES)} bytes.`);
    if (Array.from(text).length < MIN_CHARACTERS) {
      throw invalid(`A password has at least ${String(MIN_CHARACTERS)} characters.`);
    }
    return this.#inTurn(() => hash(text, COST));
  }

  /** Whether the password fits; without a hash to compare with, the same work is done for nothing (ACC-01). */
  async matches(password: string, stored: string | undefined): Promise<boolean> {
    const text = normal(password);
    return this.#inTurn(async () => {
      const dummy = await this.#dummyHash();
      const fits = await verify(stored ?? dummy, isTooLong(text) ? '' : text);
      return fits && stored !== undefined && !isTooLong(text);
    });
  }

  #dummyHash(): Promise<string> {
    this.#dummy ??= hash('nobody has this password', COST);
    return this.#dummy;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < AT_ONCE) this.#running += 1;
    else await this.#turn();
    try {
      return await work();
    } finally {
      // A turn is handed on, so the count of running ones stays.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= WAITING) {
      throw new Failure('too-many', 'Too many people are signing in. Try again in a few seconds.', { retryAfter: 5 });
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Keyboards differ in how they compose the same letters. */
function normal(password: string): string {
  return password.normalize('NFKC');
}

function isTooLong(text: string): boolean {
  return Buffer.byteLength(text) > MAX_BYTES;
}
