import type { RangeRequest } from '../../files/index.js';

/** A single byte range; several ranges and other units are answered whole, as RFC 9110 14.2 allows. */
export function readRange(text: string | undefined): RangeRequest | undefined {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(text ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (match === null || (first === '' && last === '')) return undefined;
  if (first === '') return { kind: 'last', length: Number(last) };
  if (last !== '' && Number(last) < Number(first)) return undefined;
  return { kind: 'from', start: Number(first), end: last === '' ? undefined : Number(last) };
}
