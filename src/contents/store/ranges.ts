import { Failure } from '../../kernel/index.js';
import type { ByteSpan } from '../driver/index.js';
import type { ContentRef } from './content-store.js';

/** The range of all bytes of a content; for an empty one, a range that ends before it starts. */
function wholeRange(size: number): ByteSpan {
  return { start: 0, end: size - 1 };
}

/**
 * The requested range, by default all bytes. Throws `range-not-satisfiable` when it does not lie within the content.
 */
export function wantedRange({ size }: ContentRef, range: ByteSpan | undefined): ByteSpan {
  if (range === undefined) return wholeRange(size);
  if (range.start < 0 || range.start > range.end || range.end >= size) {
    throw new Failure('range-not-satisfiable', 'The file does not have that range.', { facts: { size } });
  }
  return range;
}

/** True when a range covers all bytes. */
export function isWhole({ start, end }: ByteSpan, size: number): boolean {
  return start === 0 && end === size - 1;
}
