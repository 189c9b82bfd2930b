import type { Random } from '../../../src/kernel/index.js';

/** From 0 to just below 1. */
export function drawn(random: Random): number {
  return random.bytes(4).readUInt32BE() / 0x1_0000_0000;
}

/** Four bytes at a time, quicker than hashes by far: a herd draws millions (the generator is known as mulberry32). */
export function quickRandom(seed: number): Random {
  const bytes = Buffer.alloc(4);
  let state = seed;
  return {
    bytes: () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let word = Math.imul(state ^ (state >>> 15), state | 1);
      word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
      bytes.writeUInt32BE((word ^ (word >>> 14)) >>> 0);
      return bytes;
    },
  };
}
