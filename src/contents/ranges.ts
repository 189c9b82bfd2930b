import type { ByteRange } from './content-store.js';

/** All bytes of a content; of an empty one, the range that ends before it starts. */
export function wholeRange(size: number): ByteRange {
  return { start: 0, end: size - 1 };
}
