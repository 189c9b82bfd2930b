import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Request } from 'express';
import { Failure, invalid } from '../../../kernel/index.js';
import type { ChangeOptions, Content } from '../../../files/index.js';
import { isProtocolName } from '../../../oauth1/index.js';
import type { DoorRequest } from '../../door/door.js';
import { readChangeConditions } from '../../content/conditions.js';
import { compareHash, readSignedText } from '../../door/signed-body.js';
import type { StorageCaller } from './ports.js';

/** A request whose body is still on its way. */
export type StorageRequest = DoorRequest<StorageCaller>;

const MAX_JSON = 64 * 1024;

/** The text of a JSON body, at most 64 KiB, and a check of its announced hash. */
export async function readJsonText(request: StorageRequest): Promise<string> {
  return readSignedText(request.http, request.caller, MAX_JSON);
}

/** Reads a body of any size as content; nothing is drawn from it yet. Throws `invalid` for what cannot be kept. */
export function readContent(request: StorageRequest, maxUpload: number): Content {
  const { http, caller } = request;
  refuseForms(http, caller);
  refuseParts(http);
  const length = caller.buffered?.length ?? announcedLength(http);
  if (length !== undefined && length > maxUpload) throw tooLarge(maxUpload);
  const sha256 = announcedDigest(http.headers['content-digest']);
  return {
    // Node's parser holds a body to the length that was announced; only a body without one has to be counted here.
    body: guarded(http, caller, length === undefined ? maxUpload : Infinity),
    ...(length === undefined ? {} : { length }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

const AS_BYTES = 'Send the bytes of the file themselves as application/octet-stream';

/**
 * Refuses forms: a file inside one would be stored with the form around it (F-45). An empty body with a form type is
 * accepted.
 */
function refuseForms(http: Request, { buffered }: StorageCaller): void {
  const type = http.headers['content-type'] ?? '';
  if (/^\s*multipart\//i.test(type)) throw new Failure('unsupported-type', `${AS_BYTES}, not as a multipart form.`);
  if (buffered !== undefined && buffered.length > 0)
    throw new Failure('unsupported-type', `${AS_BYTES}, not as a form.`);
}

/** Refuses parts of files (UPL-02), compressed bodies (DOS-02), and bodies whose end is ambiguous (PXY-08). */
function refuseParts(http: Request): void {
  const transfer = http.headers['transfer-encoding'];
  if (transfer !== undefined && transfer.toLowerCase() !== 'chunked') {
    // Its end is ambiguous, so nothing after it is read as a request.
    http.res?.setHeader('Connection', 'close');
    throw invalid('Transfer-Encoding may only be chunked.');
  }
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

/**
 * The request itself wherever nothing has to be counted or hashed; otherwise a stream that does so, and draws on the
 * request no sooner than it is read.
 */
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
    const [name = '', ...value] = member.split('=');
    if (name.trim().toLowerCase() !== 'sha-256') continue;
    const digest = /^:([A-Za-z0-9+/]{43}=):$/.exec(value.join('=').trim())?.[1];
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
