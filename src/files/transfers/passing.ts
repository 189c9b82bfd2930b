import { Readable } from 'node:stream';
import { Adler32 } from '../../contents/index.js';
import { Failure } from '../../kernel/index.js';
import { heldBack } from '../../platform/index.js';

/**
 * The same bytes. They break with `peer-failed` before their end if they do not have this Adler-32; 0: it is not known.
 * `passed` is told how many bytes have gone by, piece by piece.
 */
export function passing(body: Readable, checksum: number, passed: (bytes: number) => void): Readable {
  const sum = new Adler32();
  const see = (piece: Buffer): void => {
    if (checksum !== 0) sum.update(piece);
    passed(piece.length);
  };
  const prove = (): void => {
    if (checksum !== 0 && sum.value() !== checksum) {
      throw new Failure('peer-failed', 'What was read is not what was listed.');
    }
  };
  return Readable.from(heldBack(body as AsyncIterable<Buffer>, see, prove), { objectMode: false });
}
