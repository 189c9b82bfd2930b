import { Failure, SECOND } from '../../kernel/index.js';
import type { Conditions } from './file-space.js';

/** The validators of the current content, against which conditions are checked (RFC 9110 8.8). */
export interface Validators {
  /** Entity tag with its quotes, a weak one with what marks it so; empty when it has none. */
  readonly etag: string;
  readonly modifiedAt: number;
}

/** Throws `precondition-failed` unless a change may go ahead (RFC 9110 13.2.2, steps 1 to 3). */
export function checkChange(conditions: Conditions | undefined, current: Validators | undefined): void {
  if (conditions === undefined) return;
  if (failsToMatch(conditions, current) || matchesTag(conditions.ifNoneMatch, current)) throw preconditionFailed();
}

/**
 * Whether a reader needs the content: `not-modified` when the reader's copy is current (RFC 9110 13.2.2, steps 1 to 4).
 */
export function checkRead(conditions: Conditions | undefined, current: Validators): 'needed' | 'not-modified' {
  if (conditions === undefined) return 'needed';
  if (failsToMatch(conditions, current)) throw preconditionFailed();
  if (conditions.ifNoneMatch !== undefined) {
    return matchesTag(conditions.ifNoneMatch, current) ? 'not-modified' : 'needed';
  }
  const since = conditions.ifModifiedSince;
  return since !== undefined && seconds(current.modifiedAt) <= seconds(since) ? 'not-modified' : 'needed';
}

/** Whether a range may be served: true without If-Range, or when it names the current content (RFC 9110 13.1.5). */
export function rangeStillFits(conditions: Conditions | undefined, current: Validators): boolean {
  const condition = conditions?.ifRange;
  if (condition === undefined) return true;
  if (typeof condition === 'string') return isStrong(current) && condition === current.etag;
  return seconds(condition) === seconds(current.modifiedAt);
}

/** If-Match (strong comparison), or else If-Unmodified-Since. */
function failsToMatch(conditions: Conditions, current: Validators | undefined): boolean {
  const { ifMatch, ifUnmodifiedSince } = conditions;
  if (ifMatch === '*') return current === undefined;
  if (ifMatch !== undefined) return current === undefined || !isStrong(current) || !ifMatch.includes(current.etag);
  if (ifUnmodifiedSince === undefined || current === undefined) return false;
  return seconds(current.modifiedAt) > seconds(ifUnmodifiedSince);
}

/** If-None-Match (weak comparison). */
function matchesTag(tags: readonly string[] | '*' | undefined, current: Validators | undefined): boolean {
  if (tags === undefined || current === undefined) return false;
  if (tags === '*') return true;
  return current.etag !== '' && tags.some((tag) => opaque(tag) === opaque(current.etag));
}

function isStrong({ etag }: Validators): boolean {
  return etag !== '' && !etag.startsWith('W/');
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, '');
}

/** HTTP dates have no fractions. */
function seconds(at: number): number {
  return Math.floor(at / SECOND);
}

function preconditionFailed(): Failure {
  return new Failure('precondition-failed', 'It has changed in the meantime.');
}

/**
 * Throws `unprocessable` when a repeat with the same Idempotency-Key brought other bytes than the first request. Both
 * are SHA-256 in hex.
 */
export function refuseOtherContent(first: string | null, sha256: string): void {
  if (first !== sha256) throw new Failure('unprocessable', 'This Idempotency-Key was used with another content.');
}
