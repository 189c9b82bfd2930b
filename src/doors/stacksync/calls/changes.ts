import type { Response } from 'express';
import { firstField, invalid, notFound, ROOT_ID } from '../../../kernel/index.js';
import type { Item, Tree } from '../../../files/index.js';
import { sendJson } from '../../door/json.js';
import { changeOptions, readContent, readJsonText, type StorageRequest } from '../wire/incoming.js';
import { pathItemId, parseDestination, parseNewFolder, parseNewName, parseParent } from '../wire/parameters.js';
import { WRONG_KIND } from '../wire/sentences.js';
import { metadataOf } from '../wire/wire.js';

/** `POST file?name=…&parent=…`, the body being the content. */
export async function createFile(
  tree: Pick<Tree, 'create'>,
  request: StorageRequest,
  response: Response,
  maxUpload: number,
): Promise<void> {
  const name = parseNewName(firstField(request.query, 'name') ?? '');
  const parentId = parseParent(firstField(request.query, 'parent'));
  const options = changeOptions(request);
  const content = readContent(request, maxUpload);
  sendCreated(await tree.create(request.caller.principal, parentId, name, content, options), request, response);
}

/** `POST folder` */
export async function createFolder(
  tree: Pick<Tree, 'makeFolder'>,
  request: StorageRequest,
  response: Response,
): Promise<void> {
  const text = await readJsonText(request);
  const { name, parentId } = parseNewFolder(text);
  const made = await tree.makeFolder(request.caller.principal, parentId, name, changeOptions(request, text));
  sendCreated(made, request, response);
}

function sendCreated(item: Item, { caller, http }: StorageRequest, response: Response): void {
  response.setHeader('Location', `${http.baseUrl}/${item.kind}/${item.id}`);
  sendJson(response, 201, metadataOf(item, caller.principal));
}

/** `PUT file/:id`, `PUT folder/:id`: either spelling moves either kind (stacksync-api-v2.md 5). */
export async function moveItem(tree: Pick<Tree, 'move'>, request: StorageRequest, response: Response): Promise<void> {
  const id = pathItemId(request);
  const text = await readJsonText(request);
  const { principal } = request.caller;
  const item = await tree.move(principal, id, parseDestination(text), changeOptions(request, text));
  sendJson(response, 200, metadataOf(item, principal));
}

/** `DELETE file/:id`: a folder's id names no file. */
export async function deleteFile(
  tree: Pick<Tree, 'remove' | 'stat'>,
  request: StorageRequest,
  response: Response,
): Promise<void> {
  await requireKind('file', tree, request);
  await remove(tree, request, response);
}

/** `DELETE folder/:id`, with everything below. */
export async function deleteFolder(
  tree: Pick<Tree, 'remove' | 'stat'>,
  request: StorageRequest,
  response: Response,
): Promise<void> {
  if (pathItemId(request) !== ROOT_ID) await requireKind('folder', tree, request);
  await remove(tree, request, response);
}

async function requireKind(kind: Item['kind'], tree: Pick<Tree, 'stat'>, request: StorageRequest): Promise<void> {
  const item = await tree.stat(request.caller.principal, pathItemId(request));
  if (item.kind === kind) return;
  throw kind === 'file' ? notFound() : invalid(WRONG_KIND);
}

async function remove(tree: Pick<Tree, 'remove'>, request: StorageRequest, response: Response): Promise<void> {
  const { principal } = request.caller;
  const item = await tree.remove(principal, pathItemId(request), changeOptions(request));
  sendJson(response, 200, metadataOf(item, principal));
}
