import type { Response } from 'express';
import { firstField, invalid, notFound, parseName, ROOT_ID } from '../../kernel/index.js';
import type { Item } from '../../files/index.js';
import { sendJson } from '../json.js';
import { changeOptions, readContent, readJsonText, type StorageRequest } from './incoming.js';
import { itemIdOf, parseDestination, parseNewFolder, parseParent } from './parameters.js';
import type { StorageTree } from './ports.js';
import { metadataOf } from './wire.js';

/** `POST file?name=…&parent=…`, the body being the content. */
export async function createFile(
  tree: StorageTree,
  request: StorageRequest,
  response: Response,
  maxUpload: number,
): Promise<void> {
  const name = parseName(firstField(request.query, 'name') ?? '');
  const parentId = parseParent(firstField(request.query, 'parent'));
  const options = changeOptions(request);
  const content = readContent(request, response, maxUpload);
  sendCreated(await tree.create(request.caller.principal, parentId, name, content, options), request, response);
}

/** `POST folder` */
export async function createFolder(tree: StorageTree, request: StorageRequest, response: Response): Promise<void> {
  const text = await readJsonText(request, response);
  const { name, parentId } = parseNewFolder(text);
  const made = await tree.makeFolder(request.caller.principal, parentId, name, changeOptions(request, text));
  sendCreated(made, request, response);
}

function sendCreated(item: Item, { caller, http }: StorageRequest, response: Response): void {
  response.setHeader('Location', `${http.baseUrl}/${item.kind}/${item.id}`);
  sendJson(response, 201, metadataOf(item, caller.principal));
}

/** `PUT file/:id`, `PUT folder/:id`: either spelling moves either kind (stacksync-api-v2.md 5). */
export async function moveItem(tree: StorageTree, request: StorageRequest, response: Response): Promise<void> {
  const id = itemIdOf(request);
  const text = await readJsonText(request, response);
  const { principal } = request.caller;
  const item = await tree.move(principal, id, parseDestination(text), changeOptions(request, text));
  sendJson(response, 200, metadataOf(item, principal));
}

/** `DELETE file/:id`: a folder's id names no file. */
export async function deleteFile(tree: StorageTree, request: StorageRequest, response: Response): Promise<void> {
  await requireKind('file', tree, request);
  await remove(tree, request, response);
}

/** `DELETE folder/:id`, with everything below. */
export async function deleteFolder(tree: StorageTree, request: StorageRequest, response: Response): Promise<void> {
  if (itemIdOf(request) !== ROOT_ID) await requireKind('folder', tree, request);
  await remove(tree, request, response);
}

async function requireKind(kind: Item['kind'], tree: StorageTree, request: StorageRequest): Promise<void> {
  const item = await tree.stat(request.caller.principal, itemIdOf(request));
  if (item.kind === kind) return;
  // Sic: the sentence is the old server's (stacksync-api-v2.md 5).
  throw kind === 'file' ? notFound() : invalid('Type missmatch (file and folder)');
}

async function remove(tree: StorageTree, request: StorageRequest, response: Response): Promise<void> {
  const { principal } = request.caller;
  const item = await tree.remove(principal, itemIdOf(request), changeOptions(request));
  sendJson(response, 200, metadataOf(item, principal));
}
