import type { Response } from 'express';
import { whatOf, type Item, type Transfer } from '../../../files/index.js';
import { Failure, isFailure } from '../../../kernel/index.js';
import { readMtime, readRespondAsync, type DavPath } from '../requests/index.js';
import { addressOf, Places, Tags, type DavRequest, type Resource, type Slot } from '../world/index.js';
import { acceptedTime, writtenHeaders } from './contents.js';
import { memberFaults, sendFaults } from './faults.js';
import type { Handling } from './handling.js';
import { signsOfLife } from './jobs.js';
import { readNote, stateAddress, writeNote, type TransferNote } from './state.js';
import type { Judged } from './judging.js';

/** Seconds after which the state of a transfer is worth asking for. */
const AGAIN = 5;

/** A COPY or MOVE that has been read and judged: from where, to where. */
export interface Task {
  readonly request: DavRequest;
  readonly source: Resource;
  readonly slot: Slot;
  readonly judged: Judged;
  readonly isDeep: boolean;
  readonly mayReplace: boolean;
  /** When the content was made, as the client says, milliseconds. */
  readonly contentAt: number | undefined;
}

/** What stands at the target of a COPY or MOVE now. */
interface Moved {
  readonly resource: Resource;
  /** Nothing stood there before. */
  readonly isNew: boolean;
  /** When the content was made, as the client says, milliseconds. */
  readonly contentAt: number | undefined;
}

/** Says that a COPY or MOVE is done, and what stands at the place now. */
export async function sendMoved(
  inputs: Handling,
  request: DavRequest,
  response: Response,
  { resource, isNew, contentAt }: Moved,
): Promise<void> {
  const written = await writtenHeaders(inputs, request, resource.item);
  const headers = { ...written, ...acceptedTime(resource.item, contentAt) };
  const created = { Location: addressOf(request.caller, resource), 'Content-Length': 0 };
  if (isNew) response.writeHead(201, { ...headers, ...created }).end();
  else response.writeHead(204, headers).end();
}

/** Has something copied or moved from one space to another, and answers when it is done (webdav.md 1.8). */
export async function transferBetween(inputs: Handling, task: Task, response: Response): Promise<void> {
  const { request, source, slot, judged, isDeep, mayReplace, contentAt } = task;
  const { caller } = request;
  const transfer = await inputs.transfers.begin({
    principal: caller.principal,
    isMove: request.http.method === 'MOVE',
    source: source.item,
    parent: slot.parent.item,
    name: slot.name,
    old: slot.found?.item,
    mayReplace,
    isDeep,
    lockTokens: judged.lockTokens ?? [],
    contentAt,
    tag: await new Tags(inputs, caller).of(source.item),
    asked: askedBy(request, slot.path),
    note: writeNote({ root: caller.root.path, from: source.names, to: slot.path.names }),
  });
  await answerTransfer(inputs, request, response, transfer);
}

/**
 * The transfer that the same request has begun: its sender gave up waiting and asks again. One that is under way, and of
 * which the source is being removed; or one that has ended, if everything is still as it has left it.
 */
export async function transferBefore(
  inputs: Handling,
  request: DavRequest,
  path: DavPath,
): Promise<Transfer | undefined> {
  const { caller } = request;
  const before = await inputs.transfers.before(caller.principal, askedBy(request, path));
  if (before === undefined || before.endedAt === undefined) return before;
  const places = new Places(inputs.tree);
  const [source, target] = [await places.of(request), await places.at(caller, path)];
  const [from, made] = [source.found?.item, target.found?.item];
  if (made === undefined || made.id !== before.made?.id) return undefined;
  if (before.isMove) return from === undefined ? before : undefined;
  // What has happened since in a folder cannot be seen by its version.
  const isAsMade = from?.kind === 'file' && made.version === before.made.version;
  return isAsMade && (await isSame(inputs, request, from, path, before)) ? before : undefined;
}

async function isSame(
  inputs: Handling,
  { caller }: DavRequest,
  source: Item,
  path: DavPath,
  { what, parentId }: Transfer,
): Promise<boolean> {
  const tag = await new Tags(inputs, caller).of(source);
  const name = path.names.at(-1) ?? '';
  return what === whatOf({ isMove: false, isDeep: true, source, parent: { id: parentId }, name, tag });
}

function askedBy({ http }: DavRequest, { names }: DavPath): string {
  return JSON.stringify([http.method, http.originalUrl, http.headers['depth'] ?? '', names]);
}

/** Answers how a transfer has ended; at once, where the client would rather ask for that later (RFC 7240 4.1). */
export async function answerTransfer(
  inputs: Handling,
  request: DavRequest,
  response: Response,
  transfer: Transfer,
): Promise<void> {
  if (readRespondAsync(request.http.headers)) {
    const headers = { Location: stateAddress(transfer.id), 'Preference-Applied': 'respond-async' };
    response.writeHead(202, { ...headers, 'Retry-After': AGAIN, 'Content-Length': 0 }).end();
    return;
  }
  const { principal } = request.caller;
  const ended = await signsOfLife(response, inputs.transfers.ended(principal, transfer.id, request.signal));
  const note = readNote(ended);
  if (ended.status === 'done') await sendDone(inputs, request, response, ended);
  else await sendFailed(request, response, ended, note);
}

async function sendDone(inputs: Handling, request: DavRequest, response: Response, ended: Transfer): Promise<void> {
  const { made, isNew } = ended;
  const contentAt = readMtime(request.http.headers['x-oc-mtime']);
  const item = made && (await itemAt(inputs, request, made.id));
  // It may have been moved on at once; that it was done is true all the same.
  if (item === undefined) response.writeHead(isNew ? 201 : 204, isNew ? { 'Content-Length': 0 } : {}).end();
  else await sendMoved(inputs, request, response, { resource: { item, names: readNote(ended).to }, isNew, contentAt });
}

async function itemAt({ tree }: Handling, { caller }: DavRequest, id: Item['id']): Promise<Item | undefined> {
  try {
    return await tree.stat(caller.principal, id);
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

async function sendFailed(
  request: DavRequest,
  response: Response,
  { faults, isPlaced, isCancelled }: Transfer,
  { root, from }: TransferNote,
): Promise<void> {
  if (isCancelled) throw new Failure('conflict', 'It was cancelled.');
  const [first] = faults;
  if (!isPlaced && first?.path.length === 0) throw first.failure;
  await sendFaults(response, memberFaults(faults, { root, names: from }), request);
}
