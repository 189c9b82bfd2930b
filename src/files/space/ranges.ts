import type { ByteSpan } from '../../contents/index.js';
import { Failure } from '../../kernel/index.js';
import type { RangeRequest } from './file-space.js';

/**
 * The bytes that a range names in content of `size` bytes (RFC 9110 14.1.2); undefined when the whole is to be sent.
 * Throws `range-not-satisfiable` with the fact `size` when it names none.
 */
export function resolveRange(request: RangeRequest | undefined, size: number): ByteSpan | undefined {
  if (request === undefined) return undefined;
  if (request.kind === 'last') return lastBytes(request.length, size);
  if (request.end !== undefined && request.end < request.start) return undefined;
  if (request.start >= size) throw unsatisfiable(size);
  return { start: request.start, end: Math.min(request.end ?? size - 1, size - 1) };
}

function lastBytes(length: number, size: number): ByteSpan {
  if (length === 0 || size === 0) throw unsatisfiable(size);
  return { start: Math.max(0, size - length), end: size - 1 };
}

function unsatisfiable(size: number): Failure {
  return new Failure('range-not-satisfiable', `The range lies outside the content of ${String(size)} bytes.`, {
    facts: { size },
  });
}
