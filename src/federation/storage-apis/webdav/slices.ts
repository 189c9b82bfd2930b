import { Readable } from 'node:stream';
import { junk } from './wire/propfind.js';

/** Bytes `start` to `end`, both included. */
export interface Slice {
  readonly start: number;
  readonly end: number;
}

/** The same bytes. The stream fails, before its end, if they are more or fewer than announced. */
export function exactly(body: Readable, length: number): Readable {
  const pieces = async function* (): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > length) throw junk('more bytes than it told of');
      yield piece;
    }
    if (size < length) throw junk('fewer bytes than it told of');
  };
  return Readable.from(pieces(), { objectMode: false });
}

/** A part of a content that is sent whole: what comes before it is skipped, what comes after it is not read. */
export function sliceOf(body: Readable, { start, end }: Slice): Readable {
  const pieces = async function* (): AsyncGenerator<Buffer> {
    let at = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      const part = piece.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at));
      at += piece.length;
      if (part.length > 0) yield part;
      if (at > end) return;
    }
    throw junk('fewer bytes than it told of');
  };
  return Readable.from(pieces(), { objectMode: false });
}
