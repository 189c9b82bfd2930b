import type { Response } from 'express';
import { firstField, invalid, notFound, ROOT_ID } from '../../kernel/index.js';
import type { Item } from '../../files/index.js';
import { sendJson } from '../json.js';
import { sendListing } from './answers.js';
import type { StorageRequest } from './incoming.js';
import { itemIdOf, versionOf } from './parameters.js';
import type { StorageCaller, StorageTree } from './ports.js';
import { delegatedEntry, metadataOf, type History, type Listing, type Metadata } from './wire.js';

/** `GET file/:id`; deleted files too. */
export async function sendFile(tree: StorageTree, request: StorageRequest, response: Response): Promise<void> {
  const { principal } = request.caller;
  const item = await tree.stat(principal, itemIdOf(request));
  if (item.kind !== 'file') throw notFound();
  sendJson<Listing>(response, 200, { ...metadataOf(item, principal), contents: [] });
}

/** `GET folder/:id`: without its children, but for the root, which is read this way (stacksync-api-v2.md 5). */
export async function sendFolder(tree: StorageTree, request: StorageRequest, response: Response): Promise<void> {
  const { principal } = request.caller;
  const id = itemIdOf(request);
  if (id === ROOT_ID) {
    await sendContents(tree, request, response);
    return;
  }
  const item = await tree.stat(principal, id);
  if (item.kind !== 'folder') throw notFound();
  sendJson<Listing>(response, 200, { ...metadataOf(item, principal), contents: [] });
}

/** `GET folder/:id/contents`; a file answers itself, which is how clients find out what an id is. */
export async function sendContents(tree: StorageTree, request: StorageRequest, response: Response): Promise<void> {
  const { caller, query, signal } = request;
  const includeDeleted = firstField(query, 'include_deleted')?.toLowerCase() === 'true';
  const listing = await tree.list(caller.principal, itemIdOf(request), { includeDeleted, signal });
  await sendListing(response, listing, (item) => tellOf(item, caller), signal);
}

/** Foreign folders come with a token of their own where the app wants that (cloudspaces-interop.md 10.2). */
function tellOf(item: Item, { principal, delegate }: StorageCaller): Metadata | Promise<Metadata> {
  if (delegate === undefined || item.place !== 'mount') return metadataOf(item, principal);
  return delegate(item.id).then((delegation) => delegatedEntry(item, principal, delegation));
}

/** `GET file/:id/versions`: the file as it is, and every version, newest first. */
export async function sendVersions(tree: StorageTree, request: StorageRequest, response: Response): Promise<void> {
  const { principal } = request.caller;
  const id = itemIdOf(request);
  const current = await tree.stat(principal, id);
  if (current.kind !== 'file') throw invalid('A folder has no versions.');
  const versions = await tree.versions(principal, id);
  const listed = versions.map((version) => metadataOf(version, principal));
  sendJson<History>(response, 200, { ...metadataOf(current, principal), contents: [], versions: listed });
}

/** `GET file/:id/version/:version` */
export async function sendVersion(tree: StorageTree, request: StorageRequest, response: Response): Promise<void> {
  const { principal } = request.caller;
  const item = await tree.version(principal, itemIdOf(request), versionOf(request));
  sendJson<Listing>(response, 200, { ...metadataOf(item, principal), contents: [] });
}
