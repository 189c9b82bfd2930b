import { hash, verify } from '@node-rs/argon2';
import { HashQueue } from './hash-queue.js';

/** argon2id, 19 MiB, two passes, one lane: about 30 ms each. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The longest password that is looked at, bytes. */
export const MAX_PASSWORD_BYTES = 1_000;

/** Hashes passwords, in turns by network (`networkOf`), because anybody may ask (threat model DOS-07). */
export class PasswordHasher {
  readonly #line = new HashQueue();
  #dummy: Promise<string> | undefined;

  /**
   * The hash to store of a password that was judged before (see `judgePassword`). Throws `too-many` when too many wait.
   */
  hash(password: string, client: string): Promise<string> {
    return this.#line.inTurn(client, () => hash(normalPassword(password), COST));
  }

  /** Whether the password fits; without a hash to compare with, the same work is done for nothing (ACC-01). */
  matches(password: string, stored: string | undefined, client: string): Promise<boolean> {
    const text = normalPassword(password);
    return this.#line.inTurn(client, async () => {
      const dummy = await this.#dummyHash();
      const fits = await verify(stored ?? dummy, isTooLong(text) ? '' : text);
      return fits && stored !== undefined && !isTooLong(text);
    });
  }

  #dummyHash(): Promise<string> {
    this.#dummy ??= hash('nobody has this password', COST);
    return this.#dummy;
  }
}

/** Normalises to NFKC, because keyboards compose the same letters differently. */
export function normalPassword(password: string): string {
  return password.normalize('NFKC');
}

/** True for more than {@link MAX_PASSWORD_BYTES}. */
export function isTooLong(text: string): boolean {
  return Buffer.byteLength(text) > MAX_PASSWORD_BYTES;
}
