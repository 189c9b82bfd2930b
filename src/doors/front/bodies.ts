import type { Request } from 'express';
import { Failure, SECOND } from '../../kernel/index.js';

/** How long a body that is read whole may take to arrive, milliseconds. */
const ARRIVAL = 60 * SECOND;

/**
 * Reads a body whole as UTF-8, at most `limit` bytes: `too-large` beyond, `too-slow` after `patience` milliseconds
 * (DOS-01), `unsupported-type` for compressed bodies (DOS-02), `invalid` for bytes that are not UTF-8.
 */
export async function readText(http: Request, limit: number, patience = ARRIVAL): Promise<string> {
  refuseAnnounced(http, limit);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Failure('too-slow', 'The body did not arrive in time.'));
    }, patience);
  });
  try {
    return decodeUtf8(await Promise.race([readWhole(http, limit), late]));
  } finally {
    clearTimeout(timer);
  }
}

/** Throws refusals that are possible before a body is read: for its coding, or an announced length beyond `limit`. */
export function refuseAnnounced({ headers }: Request, limit: number): void {
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw new Failure('unsupported-type', 'Send the body without a content coding.');
  }
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
}

async function readWhole(http: Request, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  // A refused body stays unread, because its sender has to be answered on the same connection.
  for await (const piece of http.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > limit) throw tooLarge(limit);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function tooLarge(limit: number): Failure {
  return new Failure('too-large', `The body may have at most ${String(limit)} bytes.`);
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Failure('invalid', 'The body is not UTF-8.', { cause });
  }
}

/** True for a request with a body, however its length is told. */
export function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
