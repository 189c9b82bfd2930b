import type { Response } from 'express';
import type { Item } from '../../../files/index.js';
import { Failure, notFound } from '../../../kernel/index.js';
import { readDepth, readDestination, readMtime, readOverwrite, type DavPath } from '../requests/index.js';
import {
  addressOf,
  davRefusal,
  LockDesk,
  Places,
  refuseTwice,
  Tags,
  type DavCaller,
  type DavRequest,
  type Resource,
  type Slot,
} from '../world/index.js';
import { refuseBody } from './bodies.js';
import { leaving, refuseFixed } from './changes.js';
import { acceptedTime, writtenHeaders } from './contents.js';
import type { Handling } from './handling.js';
import type { JobKey, Jobs } from './jobs.js';
import { judge, type Judged } from './judging.js';
import { sendFaults } from './faults.js';
import { removeCarried } from './removing.js';
import { MemberFailure, Transfer, type Fault } from './transfer.js';

/** What COPY and MOVE work with. */
export interface Moving extends Handling {
  readonly jobs: Jobs;
}

/** A request that has been read and judged: from where, to where. */
interface Task {
  readonly request: DavRequest;
  readonly source: Resource;
  readonly slot: Slot;
  readonly judged: Judged;
  readonly isDeep: boolean;
  /** When the content was made, as the client says, milliseconds. */
  readonly contentAt: number | undefined;
}

/** The result: the item at its new place, and what could not be removed from the old one. */
interface Done {
  readonly item: Item;
  readonly faults: readonly Fault[];
}

/** COPY (RFC 4918 9.8). */
export async function copy(inputs: Moving, request: DavRequest, response: Response): Promise<void> {
  const task = await taskOf(inputs, request);
  await finish(inputs, task, response, () => carry(inputs, task));
}

/** MOVE (RFC 4918 9.9). */
export async function move(inputs: Moving, request: DavRequest, response: Response): Promise<void> {
  const moved = await movedBefore(inputs, request);
  if (moved !== undefined) {
    await sendDone(inputs, request, response, { resource: moved, isNew: true, contentAt: undefined });
    return;
  }
  const task = await taskOf(inputs, request);
  await finish(inputs, task, response, () => shift(inputs, task));
}

function destinationOf(inputs: Moving, { caller, http }: DavRequest): DavPath {
  const hosts = { publicUrl: inputs.publicUrl, host: http.headers.host };
  return readDestination(http.headers['destination']?.toString(), caller.root, hosts);
}

/** The result of the same MOVE some minutes ago, between two spaces: its sender gave up waiting and asks again. */
async function movedBefore(inputs: Moving, request: DavRequest): Promise<Resource | undefined> {
  const places = new Places(inputs.tree);
  const path = destinationOf(inputs, request);
  const id = inputs.jobs.recall(repeatKey(request, path.names));
  if (id === undefined || (await places.of(request)).found !== undefined) return undefined;
  const { found } = await places.at(request.caller, path);
  return found?.item.id === id ? found : undefined;
}

function repeatKey({ caller, http }: DavRequest, names: readonly string[]): string {
  return JSON.stringify([whoOf(caller), http.originalUrl, names]);
}

async function taskOf(inputs: Moving, request: DavRequest): Promise<Task> {
  refuseBody(request);
  const { caller, http } = request;
  const isMove = http.method === 'MOVE';
  const places = new Places(inputs.tree);
  const path = destinationOf(inputs, request);
  const mayReplace = readOverwrite(http.headers['overwrite']);
  const contentAt = readMtime(http.headers['x-oc-mtime']);
  const place = await places.of(request);
  const source = place.found;
  if (source === undefined) throw notFound();
  const isDeep = depthOf(request, source);
  if (isMove) refuseFixed(place);
  refuseItself(source, path.names);
  const target = await places.at(caller, path);
  const slot = await places.slot(caller, target);
  // One item can have two addresses, for instance when a folder inside a shared one is shared too.
  if (target.found?.item.id === source.item.id) throw itself();
  refuseFixed(target);
  await refuseTwice(inputs, caller, source.item, slot);
  const judged = await judge(inputs, request, place);
  if (target.found !== undefined && !mayReplace) {
    throw new Failure('precondition-failed', 'There is something already.');
  }
  await refuseLocked(inputs, request, { source, slot, judged });
  return { request, source, slot, judged, isDeep, contentAt };
}

/**
 * Throws `locked` for locks on items of other clouds. Those on items of this cloud are checked where the change is
 * written.
 */
async function refuseLocked(
  inputs: Moving,
  request: DavRequest,
  { source, slot, judged }: Pick<Task, 'source' | 'slot' | 'judged'>,
): Promise<void> {
  const desk = new LockDesk(inputs, request.caller);
  if (request.http.method === 'MOVE') await desk.refuse(await leaving(inputs, request, source, judged));
  const tokens = judged.lockTokens ?? [];
  const old = slot.found?.item;
  const isContent = request.http.method === 'COPY' && source.item.kind === 'file' && old?.kind === 'file';
  const items = [...(old === undefined ? [] : [old]), ...(isContent ? [] : [slot.parent.item])];
  await desk.refuse({ items, tokens, ...(old === undefined ? {} : { whole: old }) });
}

/** How much of a folder is meant (RFC 4918 9.8.3, 9.9.2). */
function depthOf({ http }: DavRequest, { item }: Resource): boolean {
  const depth = readDepth(http.headers['depth']) ?? 'infinity';
  if (item.kind === 'file' || depth === 'infinity') return true;
  if (depth === 0 && http.method === 'COPY') return false;
  throw davRefusal('invalid', 'A folder is moved whole, and copied whole or alone.');
}

function refuseItself({ names }: Resource, target: readonly string[]): void {
  if (target.length === 0) throw davRefusal('forbidden', 'The root stays where it is.');
  const isBelow = names.length <= target.length && names.every((name, at) => name === target[at]);
  if (isBelow && names.length === target.length) throw itself();
  if (isBelow) throw new Failure('conflict', 'A folder cannot lie in itself.');
  // The target lies above the source: replacing it would delete the source.
  if (target.every((name, at) => name === names[at]))
    throw new Failure('conflict', 'A folder cannot make way for what is in it.');
}

function itself(): Failure {
  return davRefusal('forbidden', 'It is there already.');
}

/** Brings a copy to its place, by the space that both are in or through this cloud. */
async function carry(inputs: Moving, task: Task): Promise<Done> {
  const transfer = await transferOf(inputs, task);
  return { item: await transfer.copy(task.source, task.slot, task), faults: [] };
}

/** Moves in one step within one space. Between two it copies, and removes the source once the copy is whole. */
async function shift(inputs: Moving, task: Task): Promise<Done> {
  const { request, source, slot, judged } = task;
  const transfer = await transferOf(inputs, task);
  if (transfer.moves) return { item: await transfer.place(source.item, slot, judged.conditions), faults: [] };
  const before = await new Tags(inputs, request.caller).of(source.item);
  const item = await transfer.copy(source, slot, task);
  const faults = await removeCarried(inputs, task, { carried: transfer.carried, before });
  if (faults.length === 0) inputs.jobs.remember(repeatKey(request, slot.path.names), item.id);
  return { item, faults };
}

async function transferOf(inputs: Moving, { request, source, slot, judged, contentAt }: Task): Promise<Transfer> {
  const { caller } = request;
  const ways = await inputs.tree.ways(caller.principal, source.item.id, slot.parent.item.id);
  const time = contentAt === undefined ? {} : { contentAt };
  return new Transfer({ inputs, caller, ways, shown: { lockTokens: judged.lockTokens ?? [], ...time } });
}

async function finish(inputs: Moving, task: Task, response: Response, work: () => Promise<Done>): Promise<void> {
  const { request, source, slot, contentAt } = task;
  const key = await keyOf(inputs, task);
  try {
    // Whoever joins it is answered as the first, though by now something stands there.
    const run = async () => ({ ...(await work()), isNew: slot.found === undefined });
    const { item, faults, isNew } = await inputs.jobs.run(key, response, run);
    if (request.http.method === 'MOVE') await forget(inputs, task, faults);
    if (faults.length > 0) {
      await sendFaults(response, faults, request);
      return;
    }
    const resource = { item, names: slot.path.names };
    await sendDone(inputs, request, response, { resource, isNew, contentAt });
  } catch (error) {
    if (!(error instanceof MemberFailure)) throw error;
    if (error.fault.href === addressOf(request.caller, source)) throw error.fault.failure;
    await sendFaults(response, [error.fault], request);
  }
}

/** Says what stands at the place now. */
async function sendDone(
  inputs: Moving,
  request: DavRequest,
  response: Response,
  done: { readonly resource: Resource; readonly isNew: boolean; readonly contentAt: number | undefined },
): Promise<void> {
  const { resource, isNew, contentAt } = done;
  const written = await writtenHeaders(inputs, request, resource.item);
  const headers = { ...written, ...acceptedTime(resource.item, contentAt) };
  const created = { Location: addressOf(request.caller, resource), 'Content-Length': 0 };
  if (isNew) response.writeHead(201, { ...headers, ...created }).end();
  else response.writeHead(204, headers).end();
}

/** Ends the locks on what has left its place: a lock does not move with its item. */
async function forget(inputs: Moving, { request, source, slot }: Task, faults: readonly Fault[]): Promise<void> {
  const desk = new LockDesk(inputs, request.caller);
  if (faults.length === 0) await desk.forget(source.item);
  if (slot.found !== undefined && slot.found.item.id !== source.item.id) await desk.forget(slot.found.item);
}

/** Names this request, so that a repeat is known again: who asks, the state of the source, and the target. */
async function keyOf(inputs: Moving, { request, source, slot }: Task): Promise<JobKey> {
  const { caller, http } = request;
  const tag = await new Tags(inputs, caller).of(source.item);
  const { id, version } = source.item;
  const what = JSON.stringify([http.method, id, version, tag, slot.parent.item.id, slot.name]);
  return { who: whoOf(caller), what };
}

function whoOf({ principal }: DavCaller): string {
  return principal.kind === 'grant' ? principal.grantId : principal.accountId;
}
