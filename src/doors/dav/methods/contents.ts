import type { OutgoingHttpHeaders } from 'node:http';
import type { Response } from 'express';
import type { Conditions, Content, Item, Opened, OpenOptions } from '../../../files/index.js';
import { writeDate } from '../../../webdav/index.js';
import { Failure, invalid, SECOND } from '../../../kernel/index.js';
import { SANDBOX, type ContentManner } from '../../content/manner.js';
import { openingFor, sendHead, sendOpened } from '../../content/send.js';
import { heldTo, hexOf, readChecksum, readDigest, readMtime, type Promises } from '../requests/index.js';
import { LockDesk, notAllowed, Places, Tags, type DavRequest, type Place } from '../world/index.js';
import { judge } from './judging.js';
import type { Handling } from './handling.js';
import { ABILITIES, allowed } from './options.js';

/**
 * Contents pass unchanged: if something on the way compressed one, it would also change its tag, and conditional writes
 * would fail for ever (DC-22).
 */
const MANNER: ContentManner = {
  conditions: 'every',
  types: /^[a-z0-9!#$&^_.+-]{1,100}\/[a-z0-9!#$&^_.+-]{1,100}$/,
  besideContent: {
    'Content-Disposition': 'attachment',
    'Content-Security-Policy': SANDBOX,
    'X-Content-Type-Options': 'nosniff',
  },
  always: { 'Cache-Control': 'private, no-cache, no-transform' },
};

/** What people see who open the address in a browser. */
const PAGE = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>WebDAV</title>
<p>This is the address for programs that speak WebDAV. To see your files in the browser, go to <a href="/files">your files</a>.</p>
</html>
`;

/** GET and HEAD. For a folder the answer is a page of a few words, without a link to the sign-in. */
export async function get(inputs: Handling, request: DavRequest, response: Response): Promise<void> {
  const { tree } = inputs;
  const { item } = await new Places(tree).existing(request);
  if (item.kind === 'folder') {
    sendPage(request, response);
    return;
  }
  const { principal } = request.caller;
  const etag = await new Tags(inputs, request.caller).of(item);
  response.setHeader('OC-ETag', etag);
  response.setHeader('OC-FileId', inputs.fileId(item));
  tellHashes(item, response);
  const opening = openingOf(request, item);
  if (request.http.method === 'HEAD') {
    const head = await tree.head(principal, item.id, opening);
    sendHead(MANNER, { ...head, ...shown(item, etag) }, response);
    return;
  }
  const opened = await tree.open(principal, item.id, opening);
  await sendOpened(MANNER, { ...opened, ...shown(item, etag) }, request, response);
}

/** What is known of a content that this cloud keeps: by the header of its clients, and by that of RFC 9530. */
function tellHashes({ hashes, checksum, ownerId }: Item, response: Response): void {
  const kept = hashes?.split(' ') ?? [];
  const [hash = checksum === 0 || ownerId === undefined ? undefined : `ADLER32:${hexOf(checksum)}`] = kept;
  if (hash !== undefined) response.setHeader('OC-Checksum', hash);
  const sha256 = kept.find((each) => each.startsWith(SHA256));
  if (sha256 === undefined) return;
  const digest = Buffer.from(sha256.slice(SHA256.length), 'hex').toString('base64');
  response.setHeader('Repr-Digest', `sha-256=:${digest}:`);
}

const SHA256 = 'SHA256:';

/** The time of a content is when it was made (RFC 4918 15.7): of the files' own last change the readers know nothing. */
function shown({ contentAt }: Item, etag: string): Pick<Opened, 'etag' | 'modifiedAt'> {
  return { etag, modifiedAt: contentAt > 0 ? contentAt : undefined };
}

/**
 * Judges conditions with times against the time that this door shows; the tree, which has another time, judges only
 * those with tags.
 */
function openingOf(request: DavRequest, { contentAt, etag }: Item): OpenOptions {
  const opening = openingFor(MANNER, request);
  const { range, conditions } = opening;
  if (conditions === undefined) return opening;
  const { ifUnmodifiedSince, ifModifiedSince, ifRange, ...others } = conditions;
  const at = Math.floor(contentAt / SECOND) * SECOND;
  if (ifUnmodifiedSince !== undefined && at > ifUnmodifiedSince) {
    throw new Failure('precondition-failed', 'It has changed in the meantime.');
  }
  const isKnown = ifModifiedSince !== undefined && at <= ifModifiedSince && etag !== '';
  const fits = typeof ifRange === 'number' ? (at === ifRange ? etag : '') : ifRange;
  const judged: Conditions = {
    ...others,
    ...(isKnown && others.ifNoneMatch === undefined ? { ifNoneMatch: [etag] } : {}),
    ...(fits === undefined ? {} : { ifRange: fits }),
  };
  return { signal: request.signal, conditions: judged, ...(range === undefined ? {} : { range }) };
}

function sendPage({ http }: DavRequest, response: Response): void {
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': "default-src 'none'" };
  const safe = { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store', 'X-Frame-Options': 'DENY' };
  response.writeHead(200, { ...ABILITIES, ...headers, ...safe, 'Content-Length': Buffer.byteLength(PAGE) });
  response.end(http.method === 'HEAD' ? undefined : PAGE);
}

/** PUT (RFC 4918 9.7): makes a file or gives it new content. */
export async function put(inputs: Handling, request: DavRequest, response: Response): Promise<void> {
  const { tree } = inputs;
  const { caller, http } = request;
  const content = contentOf(request);
  const contentAt = readMtime(http.headers['x-oc-mtime']);
  const places = new Places(tree);
  const place = await places.of(request);
  refuseFolder(place);
  const judged = await judge(inputs, request, place);
  const slot = await places.slot(caller, place);
  const options = { ...judged, ...(contentAt === undefined ? {} : { contentAt }) };
  const isNew = place.found === undefined;
  const touched = place.found?.item ?? slot.parent.item;
  await new LockDesk(inputs, caller).refuse({ items: [touched], tokens: judged.lockTokens ?? [] });
  const item = await tree.put(caller.principal, slot.parent.item.id, slot.name, content, options);
  const empty = isNew ? { 'Content-Length': 0 } : {};
  const headers = await writtenHeaders(inputs, request, item);
  response.writeHead(isNew ? 201 : 204, { ...headers, ...acceptedTime(item, contentAt), ...empty }).end();
}

/** The header that says that the time of a content was taken; none where the cloud that keeps it has another one (webdav.md 1.6). */
export function acceptedTime({ contentAt }: Item, asked: number | undefined): OutgoingHttpHeaders {
  const isTaken = asked !== undefined && Math.floor(asked / SECOND) === Math.floor(contentAt / SECOND);
  return isTaken ? { 'X-OC-Mtime': 'accepted' } : {};
}

/** What a client learns of a content that it has written or moved. */
export async function writtenHeaders(
  inputs: Handling,
  { caller }: DavRequest,
  item: Item,
): Promise<OutgoingHttpHeaders> {
  const etag = await new Tags(inputs, caller).of(item);
  return {
    ETag: etag,
    'OC-ETag': etag,
    'OC-FileId': inputs.fileId(item),
    ...(item.kind === 'file' && item.contentAt > 0 ? { 'Last-Modified': writeDate(item.contentAt) } : {}),
  };
}

function refuseFolder({ found, path }: Place): void {
  if (found?.item.kind === 'folder') throw notAllowed('This is a folder.', allowed(found.item));
  if (found === undefined && path.endsInSlash)
    throw new Failure('conflict', 'A file has no slash at the end of its address.');
}

/** The body as a content; nothing is drawn from it yet. Throws `invalid` and `unsupported-type` for what cannot be kept. */
function contentOf({ http }: DavRequest): Content {
  const { headers } = http;
  if (headers['content-range'] !== undefined) throw invalid('Content-Range has no place in an upload.');
  const coding = headers['content-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw new Failure('unsupported-type', 'Send the body without a content coding.');
  }
  const length = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : undefined;
  const sha256 = readDigest(headers);
  const promises = { checksum: readChecksum(headers['oc-checksum']), length: expectedLength(headers) };
  return {
    body: heldTo(http, promises),
    ...(length === undefined ? {} : { length }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...hashesIn(promises, sha256),
  };
}

/** What is kept of checksum and digest, once they have held; Adler-32 is known of every content. */
function hashesIn({ checksum }: Promises, sha256: Buffer | undefined): Pick<Content, 'hashes'> {
  const digest = sha256 === undefined ? undefined : `${SHA256}${sha256.toString('hex')}`;
  if (checksum === undefined || checksum.kind === 'ADLER32') return digest === undefined ? {} : { hashes: digest };
  const hash = `${checksum.kind}:${checksum.hex}`;
  return { hashes: digest === undefined || digest === hash ? hash : `${hash} ${digest}` };
}

/**
 * Finder sends uploads in chunks and their length in this header. Some proxies empty such a body, which the length
 * gives away (DC-03).
 */
function expectedLength(headers: DavRequest['http']['headers']): number | undefined {
  const said = headers['x-expected-entity-length'];
  if (said === undefined) return undefined;
  if (!/^\d{1,15}$/.test(String(said))) throw invalid('X-Expected-Entity-Length is malformed.');
  return Number(said);
}
