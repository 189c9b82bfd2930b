import { createHash } from 'node:crypto';

/** A seeded random generator: the same seed gives the same numbers. */
export class Dice {
  readonly #seed: string;
  #thrown = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** Evenly from 0 to 1, 1 excluded. */
  throw(): number {
    return this.#digest().readUInt32BE() / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.throw() * (high - low + 1));
  }

  /** True so often: 0 never, 1 always. */
  happens(chance: number): boolean {
    return this.throw() < chance;
  }

  /** Bytes of no meaning. */
  bytes(size: number): Buffer {
    const blocks = Array.from({ length: Math.ceil(size / 32) }, () => this.#digest());
    return Buffer.concat(blocks).subarray(0, size);
  }

  #digest(): Buffer {
    this.#thrown += 1;
    return createHash('sha256')
      .update(`${this.#seed} ${String(this.#thrown)}`)
      .digest();
  }
}
