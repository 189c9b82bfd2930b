import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import { Failure, invalid } from '../../kernel/index.js';
import type { ChangeOptions, Content } from '../../files/index.js';
import { isProtocolName } from '../../oauth1/index.js';
import type { DoorRequest } from '../door.js';
import { compareHash, continueWhenRead, readSignedText } from '../signed-body.js';
import { readChangeConditions } from './conditions.js';
import type { StorageCaller } from './ports.js';

/** A request whose body is still on its way. */
export type StorageRequest = DoorRequest<StorageCaller>;

const MAX_JSON = 64 * 1024;

/** The text of a JSON body, at most 64 KiB, and a check of its announced hash. */
export async function readJsonText(request: StorageRequest, response: Response): Promise<string> {
  return readSignedText(request.http, response, request.caller, MAX_JSON);
}

/** Reads a body of any size as content; nothing is drawn from it yet. Throws `invalid` for what cannot be kept. */
export function readContent(request: StorageRequest, response: Response, maxUpload: number): Content {
  const { http, caller } = request;
  refuseParts(http);
  const length = caller.buffered?.length ?? announcedLength(http);
  if (length !== undefined && length > maxUpload) throw tooLarge(maxUpload);
  const sha256 = announcedDigest(http.headers['content-digest']);
  continueWhenRead(http, response);
  return {
    // A parser holds a message to its announced length; only one without needs counting.
    body: guarded(http, caller, length === undefined ? maxUpload : Infinity),
    ...(length === undefined ? {} : { length }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

/** A part of a file is not a file (UPL-02), and nothing in here unpacks (DOS-02) or guesses where a body ends (PXY-08). */
function refuseParts(http: Request): void {
  const transfer = http.headers['transfer-encoding'];
  if (transfer !== undefined && transfer.toLowerCase() !== 'chunked')
    throw invalid('Transfer-Encoding may only be chunked.');
  if (http.headers['content-range'] !== undefined) throw invalid('Content-Range has no place in an upload.');
  const coding = http.headers['content-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw new Failure('unsupported-type', 'Send the body without a content coding.');
  }
}

/** Bytes announced; undefined for a chunked body. */
function announcedLength(http: Request): number | undefined {
  if (http.headers['transfer-encoding'] !== undefined) return undefined;
  return Number(http.headers['content-length'] ?? 0);
}

/** The message itself wherever possible; else a look at what passes, which draws on it no sooner than its reader does. */
function guarded(http: Request, { buffered, bodyHash }: StorageCaller, maxBytes: number): Readable {
  const source = buffered === undefined ? http : Readable.from([buffered]);
  if (maxBytes === Infinity && bodyHash === undefined) return source;
  return Readable.from(watched(source, maxBytes, bodyHash), { objectMode: false });
}

/** Passes bytes on until there are too many; ends only when they fit `oauth_body_hash`. Leaves the source standing. */
async function* watched(
  source: Readable,
  maxBytes: number,
  bodyHash: StorageCaller['bodyHash'],
): AsyncGenerator<Buffer> {
  const hash = bodyHash === undefined ? undefined : createHash(bodyHash.algorithm);
  let size = 0;
  for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    hash?.update(chunk);
    yield chunk;
  }
  if (hash !== undefined && bodyHash !== undefined) compareHash(hash, bodyHash.digest);
}

function tooLarge(maxUpload: number): Failure {
  return new Failure('too-large', `A file may have at most ${String(maxUpload)} bytes.`);
}

/** The SHA-256 of a `Content-Digest` (RFC 9530); other algorithms are left unread. */
function announcedDigest(header: string | string[] | undefined): Buffer | undefined {
  for (const member of String(header ?? '').split(',')) {
    const [, name = '', value] = /^\s*([a-z0-9*_.-]+)\s*=\s*(.*?)\s*$/i.exec(member) ?? [];
    if (name.toLowerCase() !== 'sha-256') continue;
    const digest = /^:([A-Za-z0-9+/]{43}=):$/.exec(value ?? '')?.[1];
    if (digest === undefined) throw invalid('Content-Digest is malformed.');
    return Buffer.from(digest, 'base64');
  }
  return undefined;
}

/** Conditions, receipt and departure of a change. `text`: the body, where it is part of what is asked. */
export function changeOptions(request: StorageRequest, text = ''): ChangeOptions {
  const { http, signal } = request;
  const conditions = readChangeConditions(http.headers);
  const receipt = readReceipt(request, text);
  return { signal, ...(conditions === undefined ? {} : { conditions }), ...(receipt === undefined ? {} : { receipt }) };
}

/**
 * Two callers never share a key, and one key never stands for two requests (stacksync-api-v2.md 4). The proof is fresh
 * each time, wherever it travels, so it is no part of what is asked.
 */
function readReceipt({ http, query, caller }: StorageRequest, text: string): ChangeOptions['receipt'] {
  const key = http.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) throw invalid('Idempotency-Key is malformed.');
  const { 'content-length': announced = '', 'content-digest': digest = '' } = http.headers;
  const asked = query.filter(([name]) => !isProtocolName(name));
  const length = caller.buffered?.length ?? announced;
  const request = JSON.stringify([http.method, http.baseUrl + http.path, asked, length, digest, text]);
  return { key: `${caller.id} ${key}`, digest: createHash('sha256').update(request).digest('base64url') };
}
