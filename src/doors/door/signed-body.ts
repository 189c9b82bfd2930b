import { createHash, type Hash } from 'node:crypto';
import type { Request, Response } from 'express';
import { Failure } from '../../kernel/index.js';
import { readText } from '../front/bodies.js';

/** What the check of a signature has learnt of a body. */
export interface SignedBody {
  /** The bytes of a form-typed body, which had to be read to check the signature (OAU-11). */
  readonly buffered?: Buffer;
  /** What the sender says its body hashes to (`oauth_body_hash`), base64. */
  readonly bodyHash?: { readonly algorithm: 'sha1' | 'sha256'; readonly digest: string };
}

/** Reads a whole body as text, at most `limit` bytes, after its sender is known, and checks its announced hash. */
export async function readSignedText(
  http: Request,
  { buffered, bodyHash }: SignedBody,
  limit: number,
): Promise<string> {
  const text = buffered === undefined ? await readText(http, limit) : buffered.toString();
  if (bodyHash !== undefined) compareHash(createHash(bodyHash.algorithm).update(text), bodyHash.digest);
  return text;
}

/**
 * Sends `100 Continue`, to a client that waits for it, when the body is first read: a refusal before that costs no
 * bytes (threat model PXY-09).
 */
export function continueWhenRead(http: Request, response: Response): void {
  if (http.headers.expect === undefined) return;
  const read = http._read.bind(http);
  http._read = (size) => {
    http._read = read;
    // Node.js itself reads the rest of a refused body.
    if (!response.headersSent) response.writeContinue();
    read(size);
  };
}

/** Throws `unauthenticated` when a body is not what its sender announced. */
export function compareHash(hash: Hash, expected: string): void {
  if (hash.digest('base64') === expected) return;
  throw new Failure('unauthenticated', 'Could not authorize request', {
    detail: 'the body does not fit oauth_body_hash',
  });
}
