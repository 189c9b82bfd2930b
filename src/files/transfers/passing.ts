import { Readable } from 'node:stream';
import { Adler32 } from '../../contents/index.js';
import { Failure } from '../../kernel/index.js';

/**
 * The same bytes. They break with `peer-failed` before their end if they do not have this Adler-32; 0: it is not known.
 * `passed` is told how many bytes have gone by, piece by piece.
 */
export function passing(body: Readable, checksum: number, passed: (bytes: number) => void): Readable {
  return Readable.from(watched(body, checksum, passed), { objectMode: false });
}

async function* watched(body: Readable, checksum: number, passed: (bytes: number) => void): AsyncGenerator<Buffer> {
  const sum = new Adler32();
  // The last piece is held back until everything holds: a reader that has all announced bytes takes them for the whole.
  let last: Buffer | undefined;
  for await (const piece of body as AsyncIterable<Buffer>) {
    if (checksum !== 0) sum.update(piece);
    passed(piece.length);
    if (last !== undefined) yield last;
    last = piece;
  }
  if (checksum !== 0 && sum.value() !== checksum) {
    throw new Failure('peer-failed', 'What was read is not what was listed.');
  }
  if (last !== undefined) yield last;
}
