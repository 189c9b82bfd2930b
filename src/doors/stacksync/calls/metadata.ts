import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { Response } from 'express';
import { firstField, invalid, notFound, ROOT_ID } from '../../../kernel/index.js';
import type { Item, Tree } from '../../../files/index.js';
import { readConditions } from '../../content/conditions.js';
import { sendJson, sendJsonList, sendUnchanged } from '../../door/json.js';
import { sendListing } from '../wire/answers.js';
import type { StorageRequest } from '../wire/incoming.js';
import { pathItemId, pathVersion } from '../wire/parameters.js';
import type { StorageCaller } from '../wire/ports.js';
import { delegatedEntry, metadataOf, type History, type Listing, type Metadata } from '../wire/wire.js';

/** `GET file/:id`; deleted files too. */
export async function sendFile(tree: Pick<Tree, 'stat'>, request: StorageRequest, response: Response): Promise<void> {
  const { principal } = request.caller;
  const item = await tree.stat(principal, pathItemId(request));
  if (item.kind !== 'file') throw notFound();
  sendJson<Listing>(response, 200, { ...metadataOf(item, principal), contents: [] });
}

/** `GET folder/:id`: without its children, but for the root, which is read this way (stacksync-api-v2.md 5). */
export async function sendFolder(
  { tree, tagOf }: { readonly tree: Pick<Tree, 'list' | 'stat'> } & Tagging,
  request: StorageRequest,
  response: Response,
): Promise<void> {
  const { principal } = request.caller;
  const id = pathItemId(request);
  if (id === ROOT_ID) {
    await sendContents({ tree, tagOf }, request, response);
    return;
  }
  const item = await tree.stat(principal, id);
  if (item.kind !== 'folder') throw notFound();
  sendJson<Listing>(response, 200, { ...metadataOf(item, principal), contents: [] });
}

/** How listings to other clouds get their entity tags. */
export interface Tagging {
  /**
   * A keyed digest of the state, because the state tells more than readers may know, and others must not be able to
   * make one.
   */
  readonly tagOf: (state: string) => string;
}

/**
 * The version of the format of listings. To be raised with every change of the format, so that old entity tags become
 * invalid.
 */
const FORM = 1;

/**
 * `GET folder/:id/contents`; a file answers itself, which is how clients find out what an id is. To another cloud that has
 * the listing already, and says so itself, 304: desktops never meet one (stacksync-api-v2.md 10).
 */
export async function sendContents(
  { tree, tagOf }: { readonly tree: Pick<Tree, 'list'> } & Tagging,
  request: StorageRequest,
  response: Response,
): Promise<void> {
  const { caller, query } = request;
  const includeDeleted = firstField(query, 'include_deleted')?.toLowerCase() === 'true';
  const listing = await tree.list(caller.principal, pathItemId(request), {
    includeDeleted,
    signal: () => request.signal,
  });
  const etag = listing.state === undefined ? undefined : `"${tagOf(`${String(FORM)} ${listing.state}`).slice(0, 32)}"`;
  if (etag !== undefined && isKnown(etag, request.http.headers)) {
    sendUnchanged(response, etag);
    return;
  }
  await sendListing(response, listing, { tell: (item) => tellOf(item, caller), etag }, request);
}

function isKnown(etag: string, headers: IncomingHttpHeaders): boolean {
  const known = readConditions(headers, 'own-copy')?.ifNoneMatch;
  return known === '*' || known?.includes(etag) === true;
}

/** Foreign folders come with a token of their own where the app wants that (cloudspaces-interop.md 10.2). */
function tellOf(item: Item, { principal, delegate }: StorageCaller): Metadata | Promise<Metadata> {
  if (delegate === undefined || item.place !== 'mount') return metadataOf(item, principal);
  return delegate(item.id).then((delegation) => delegatedEntry(item, principal, delegation));
}

/** `GET file/:id/versions`: the file as it is, and every version, newest first. */
export async function sendVersions(
  tree: Pick<Tree, 'stat' | 'versions'>,
  request: StorageRequest,
  response: Response,
): Promise<void> {
  const { principal } = request.caller;
  const id = pathItemId(request);
  const current = await tree.stat(principal, id);
  if (current.kind !== 'file') throw invalid('A folder has no versions.');
  const versions = await tree.versions(principal, id);
  const whole: History = { ...metadataOf(current, principal), contents: [], versions: [] };
  const head = JSON.stringify(whole).slice(0, -']}'.length);
  const list = { head, elements: Readable.from(versions), tail: ']}' };
  const tell = (version: Item): Metadata => metadataOf(version, principal);
  await sendJsonList<Item>(response, { ...list, tell }, request);
}

/** `GET file/:id/version/:version` */
export async function sendVersion(
  tree: Pick<Tree, 'version'>,
  request: StorageRequest,
  response: Response,
): Promise<void> {
  const { principal } = request.caller;
  const item = await tree.version(principal, pathItemId(request), pathVersion(request));
  sendJson<Listing>(response, 200, { ...metadataOf(item, principal), contents: [] });
}
