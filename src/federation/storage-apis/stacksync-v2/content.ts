import type { ByteRange } from '../../../client/index.js';
import type { Conditions, OpenOptions, Opened, RangeRequest } from '../../../files/index.js';
import type { ExchangeAnswer } from '../../../platform/index.js';
import { trouble } from './refusals.js';
import { safeType, strongTag } from './wire.js';

/** A range in the words of the client. */
export function byteRange(range: RangeRequest | undefined): ByteRange | undefined {
  return range?.kind === 'last' ? { last: range.length } : range;
}

/**
 * What a peer's answer to a download promises; of its headers only type, length, range, tag and date are looked at
 * (threat model PXY-03). Throws `peer-failed`, the body destroyed, when it does not fit the question (PXY-05). The
 * connection's parser holds the body to its announced length, so that none without is taken.
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
    size: part?.size ?? length,
    mimetype: safeType(single(answer, 'content-type') ?? ''),
    range: part === undefined ? undefined : { start: part.start, end: part.end },
    body: answer.body,
  };
}

function isConditional(conditions: Conditions | undefined): boolean {
  return conditions?.ifNoneMatch !== undefined || conditions?.ifModifiedSince !== undefined;
}

function lengthOf(answer: ExchangeAnswer): number {
  const text = single(answer, 'content-length') ?? '';
  if (!/^\d{1,15}$/.test(text)) throw unusable(answer, 'content of unknown length');
  return Number(text);
}

/** The part that was sent, when it is the part that was asked for. */
function readPart(
  answer: ExchangeAnswer,
  asked: RangeRequest | undefined,
  length: number,
): { start: number; end: number; size: number } {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(single(answer, 'content-range') ?? '');
  const [start, end, size] = (match ?? []).slice(1).map(Number);
  if (asked === undefined || start === undefined || end === undefined || size === undefined) {
    throw unusable(answer, 'a part that nobody asked for, or that does not say which');
  }
  const wanted = wantedPart(asked, size);
  if (start !== wanted.start || end !== wanted.end || end < start || length !== end - start + 1) {
    throw unusable(answer, 'another part than the one asked for');
  }
  return { start, end, size };
}

function wantedPart(asked: RangeRequest, size: number): { start: number; end: number } {
  if (asked.kind === 'last') return { start: Math.max(0, size - asked.length), end: size - 1 };
  return { start: asked.start, end: Math.min(asked.end ?? size - 1, size - 1) };
}

function unusable(answer: ExchangeAnswer, detail: string): Error {
  const failure = trouble(answer, detail);
  answer.body.on('error', () => undefined).destroy(failure);
  return failure;
}

function single({ headers }: ExchangeAnswer, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function timeOf(text: string | undefined): number {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? 0 : at;
}
