import type { ByteRange } from '../../../client/index.js';
import {
  checkRead,
  type Conditions,
  type Head,
  type Node,
  type OpenOptions,
  type Opened,
  type RangeRequest,
} from '../../../files/index.js';
import type { ExchangeAnswer } from '../../../platform/index.js';
import { lengthOf, safeType, single, strongTag, unusable } from '../../peer-call/foreign-contents.js';

/** A range as the client expects it. */
export function byteRange(range: RangeRequest | undefined): ByteRange | undefined {
  return range?.kind === 'last' ? { last: range.length } : range;
}

/**
 * Reads a peer's answer to a download; of its headers only type, length, range, tag and date are used (threat model
 * PXY-03). Throws `peer-failed` and destroys the body when it does not fit the request (PXY-05). The HTTP parser checks
 * the body against its length or its last chunk. A body that ends only with the connection is refused, because nobody
 * could tell whether it was cut.
 */
export function readOpened(answer: ExchangeAnswer, asked: OpenOptions): Opened {
  const known = { etag: strongTag(single(answer, 'etag')) ?? '', modifiedAt: timeOf(single(answer, 'last-modified')) };
  if (answer.status === 304) {
    if (!isConditional(asked.conditions)) throw unusable(answer, '304 that nobody asked for');
    answer.body.resume();
    return { outcome: 'not-modified', ...known };
  }
  const length = lengthOf(answer);
  const part = answer.status === 206 ? readPart(answer, asked.range, length) : undefined;
  return {
    outcome: 'content',
    ...known,
    size: part === undefined ? length : part.size,
    mimetype: safeType(single(answer, 'content-type') ?? ''),
    takesRanges: part !== undefined || single(answer, 'accept-ranges')?.trim().toLowerCase() === 'bytes',
    range: part === undefined ? undefined : { start: part.start, end: part.end },
    body: answer.body,
  };
}

/**
 * Makes the answer to HEAD from the metadata: `said` is the answer from which `node` was read. An entity tag that we
 * derived ourselves is not used; a cloud that sends tags serves ranges (stacksync-api-v2.md 4).
 */
export function readHead(node: Node, said: unknown, conditions: Conditions | undefined): Head {
  const etag = strongTag((said as { readonly etag?: unknown }).etag) ?? '';
  const modifiedAt = node.modifiedAt === 0 ? undefined : node.modifiedAt;
  const isKept = checkRead(conditions, { etag, modifiedAt: node.modifiedAt }) === 'not-modified';
  if (isKept) return { outcome: 'not-modified', etag, modifiedAt };
  const { size, mimetype } = node;
  return { outcome: 'content', size, mimetype, etag, modifiedAt, takesRanges: etag !== '' };
}

function isConditional(conditions: Conditions | undefined): boolean {
  return conditions?.ifNoneMatch !== undefined || conditions?.ifModifiedSince !== undefined;
}

/** The range that was sent; throws unless it is the one that was requested. */
function readPart(
  answer: ExchangeAnswer,
  asked: RangeRequest | undefined,
  length: number | undefined,
): { start: number; end: number; size: number } {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(single(answer, 'content-range') ?? '');
  const [start, end, size] = (match ?? []).slice(1).map(Number);
  if (asked === undefined || start === undefined || end === undefined || size === undefined) {
    throw unusable(answer, 'a part that nobody asked for, or that does not say which');
  }
  const wanted = wantedPart(asked, size);
  const isWhole = length === undefined || length === end - start + 1;
  if (start !== wanted.start || end !== wanted.end || end < start || !isWhole) {
    throw unusable(answer, 'another part than the one asked for');
  }
  return { start, end, size };
}

function wantedPart(asked: RangeRequest, size: number): { start: number; end: number } {
  if (asked.kind === 'last') return { start: Math.max(0, size - asked.length), end: size - 1 };
  return { start: asked.start, end: Math.min(asked.end ?? size - 1, size - 1) };
}

function timeOf(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
}
