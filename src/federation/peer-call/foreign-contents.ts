import type { ExchangeAnswer } from '../../platform/index.js';
import { trouble } from './foreign-answers.js';

/** A media type without parameters that is safe in a header; `application/octet-stream` for anything else. */
export function safeType(text: string): string {
  const type = text.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/.test(type)
    ? type
    : 'application/octet-stream';
}

/** A strong entity tag; undefined for weak, malformed or too long ones. */
export function strongTag(text: unknown): string | undefined {
  return typeof text === 'string' && /^"[\x21\x23-\x7e]{1,200}"$/.test(text) ? text : undefined;
}

/** A header that was sent once; undefined where it was not, or several times. */
export function single({ headers }: ExchangeAnswer, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * The announced length; undefined for a chunked body, which marks its own end (RFC 9112 7.1). A body that only the end of the
 * connection ends is not taken: nobody could tell whether it was cut. Throws `peer-failed`, the body destroyed.
 */
export function lengthOf(answer: ExchangeAnswer): number | undefined {
  const text = single(answer, 'content-length');
  if (text === undefined && single(answer, 'transfer-encoding')?.trim().toLowerCase() === 'chunked') return undefined;
  if (text === undefined || !/^\d{1,15}$/.test(text)) throw unusable(answer, 'content of unknown length');
  return Number(text);
}

/** The failure to give for a content that does not fit the question; its body is destroyed. */
export function unusable(answer: ExchangeAnswer, detail: string): Error {
  const failure = trouble(answer, detail);
  answer.body.on('error', () => undefined).destroy(failure);
  return failure;
}
