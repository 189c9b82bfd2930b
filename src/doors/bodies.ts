import type { Request } from 'express';
import { Failure } from '../kernel/index.js';

/**
 * Reads a body whole as UTF-8, at most `limit` bytes: `too-large` beyond, `unsupported-type` for compressed bodies
 * (DOS-02), `invalid` for bytes that are not UTF-8.
 */
export async function readText(http: Request, limit: number): Promise<string> {
  if (http.headers['content-encoding'] !== undefined && http.headers['content-encoding'] !== 'identity') {
    throw new Failure('unsupported-type', 'Send the body without a content coding.');
  }
  const tooLarge = new Failure('too-large', `The body may have at most ${String(limit)} bytes.`);
  if (Number(http.headers['content-length'] ?? 0) > limit) throw tooLarge;
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of http as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > limit) throw tooLarge;
    pieces.push(piece);
  }
  return decodeUtf8(Buffer.concat(pieces));
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Failure('invalid', 'The body is not UTF-8.', { cause });
  }
}
