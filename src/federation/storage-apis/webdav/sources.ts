import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Adler32, type ContentStore, type StoredContent } from '../../../contents/index.js';
import type { Content } from '../../../files/index.js';
import { Failure, invalid, isFailure } from '../../../kernel/index.js';
import { heldBack } from '../../../platform/index.js';
import { shielded } from '../../peer-call/foreign-answers.js';

/** Bytes to be sent, whose number is known beforehand. */
export interface Source {
  readonly length: number;
  /** To be read once. */
  readonly body: Readable | Buffer;
  /** The same bytes once more; undefined where they are not kept. */
  readonly again?: () => Promise<Readable | Buffer>;
  /** Adler-32 of the bytes, once all were read; 0 when there were none. */
  checksum(): number;
  /** Releases what is stored here for it. */
  end(): Promise<void>;
}

/**
 * Bytes that are sent on as they arrive, with an announced length. The last piece is held back until the sender has
 * ended and everything fits: an upload that breaks off, or is not what was announced, never arrives whole (UPL-01,
 * UPL-02).
 */
export function flowing({ body, length, sha256 }: Content & { length: number }, signal?: AbortSignal): Source {
  const adler = new Adler32();
  const shield = shielded(body, signal);
  const hash = sha256 === undefined ? undefined : createHash('sha256');
  let size = 0;
  const see = (piece: Buffer): void => {
    size += piece.length;
    if (size > length) throw invalid('The file is longer than announced.');
    adler.update(piece);
    hash?.update(piece);
  };
  const prove = (): void => {
    if (size !== length) throw invalid('The file is not as long as announced.');
    if (hash !== undefined && !hash.digest().equals(sha256 ?? Buffer.alloc(0))) {
      throw invalid('The checksum does not match.');
    }
  };
  return {
    length,
    body: Readable.from(heldBack(unbroken(shield), see, prove), { objectMode: false }),
    checksum: () => adler.value(),
    end: () => Promise.resolve(void shield.destroy()),
  };
}

/** Turns an error of the sender's stream into a failure of the upload, not of the server. */
async function* unbroken(body: Readable): AsyncGenerator<Buffer> {
  try {
    yield* body as AsyncIterable<Buffer>;
  } catch (error) {
    throw isFailure(error) ? error : new Failure('invalid', 'The upload broke off.', { cause: error });
  }
}

/**
 * Bytes that are stored here first: of unknown length, or for a server that would keep half of an upload that breaks
 * off. They are checked like every content, and deleted afterwards; after a crash no row names them, so that the
 * sweeper finds them.
 */
export async function spooled(contents: ContentStore, content: Content, signal?: AbortSignal): Promise<Source> {
  const { body, length: expectedSize, sha256: expectedSha256 } = content;
  const stored = await contents.put(body, { signal, expectedSize, expectedSha256 }).catch((error: unknown) => {
    throw brokenOff(error, signal);
  });
  const again = async (): Promise<Readable | Buffer> =>
    stored.size === 0 ? Buffer.alloc(0) : opened(contents, stored, signal);
  return {
    again,
    length: stored.size,
    body: await again(),
    checksum: () => stored.adler32,
    end: () => discarded(contents, stored),
  };
}

/** A small content, which the store leaves to a transaction to write, is still in memory. */
async function opened(contents: ContentStore, stored: StoredContent, signal?: AbortSignal): Promise<Readable | Buffer> {
  if (stored.unkept !== undefined) return Buffer.from(stored.unkept);
  return contents.open(stored, undefined, signal);
}

async function discarded(contents: ContentStore, { key, unkept }: StoredContent): Promise<void> {
  // The sweeper finds what stays behind.
  if (unkept === undefined) await contents.remove(key).catch(() => undefined);
}

function brokenOff(error: unknown, signal: AbortSignal | undefined): Failure {
  if (isFailure(error)) return error;
  if (signal?.aborted === true) return new Failure('unavailable', 'The request was given up.', { cause: error });
  return new Failure('invalid', 'The upload broke off.', { cause: error });
}
