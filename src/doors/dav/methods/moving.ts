import type { Response } from 'express';
import { Carrying, MemberFailure, NO_RECORDING, type Item, type Target, type Ways } from '../../../files/index.js';
import { actorOf, Failure, notFound } from '../../../kernel/index.js';
import { readDepth, readDestination, readMtime, readOverwrite, type DavPath } from '../requests/index.js';
import {
  davRefusal,
  LockDesk,
  Places,
  refuseTwice,
  Tags,
  type DavRequest,
  type Resource,
  type Slot,
} from '../world/index.js';
import { answerTransfer, sendMoved, transferBefore, transferBetween, type Task } from './between.js';
import { refuseBody } from './bodies.js';
import { leaving, refuseFixed } from './changes.js';
import { memberFaults, sendFaults } from './faults.js';
import type { Handling } from './handling.js';
import type { JobKey, Jobs } from './jobs.js';
import { judge } from './judging.js';

/** What COPY and MOVE work with. */
export interface Moving extends Handling {
  readonly jobs: Jobs;
}

/** COPY (RFC 4918 9.8). */
export async function copy(inputs: Moving, request: DavRequest, response: Response): Promise<void> {
  await perform(inputs, request, response, (task, ways) => carry(inputs, task, ways));
}

/** MOVE (RFC 4918 9.9). */
export async function move(inputs: Moving, request: DavRequest, response: Response): Promise<void> {
  await perform(inputs, request, response, (task, ways) => shift(inputs, task, ways));
}

/** Does within one space what that space can, and hands on what goes from one space to another (webdav.md 1.8). */
async function perform(
  inputs: Moving,
  request: DavRequest,
  response: Response,
  work: (task: Task, ways: Ways) => Promise<Item>,
): Promise<void> {
  const path = destinationOf(inputs, request);
  const before = await transferBefore(inputs, request, path);
  if (before !== undefined) {
    await answerTransfer(inputs, request, response, before);
    return;
  }
  const task = await taskOf(inputs, request, path);
  const { source, slot } = task;
  const ways = await inputs.tree.ways(request.caller.principal, source.item.id, slot.parent.item.id);
  if (ways.moves) await finish(inputs, task, response, () => work(task, ways));
  else await transferBetween(inputs, task, response);
}

function destinationOf(inputs: Moving, { caller, http }: DavRequest): DavPath {
  const hosts = { publicUrl: inputs.publicUrl, host: http.headers.host };
  return readDestination(http.headers['destination']?.toString(), caller.root, hosts);
}

async function taskOf(inputs: Moving, request: DavRequest, path: DavPath): Promise<Task> {
  refuseBody(request);
  const { caller, http } = request;
  const isMove = http.method === 'MOVE';
  const places = new Places(inputs.tree);
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
  return { request, source, slot, judged, isDeep, mayReplace, contentAt };
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
async function carry(inputs: Moving, task: Task, ways: Ways): Promise<Item> {
  return carryingOf(inputs, task, ways).copy(task.source.item, targetOf(task.slot), task);
}

/** Moves in one step. */
async function shift(inputs: Moving, task: Task, ways: Ways): Promise<Item> {
  return carryingOf(inputs, task, ways).place(task.source.item, targetOf(task.slot), task.judged.conditions);
}

function carryingOf(inputs: Moving, { request, judged, contentAt }: Task, ways: Ways): Carrying {
  const { principal } = request.caller;
  const shown = { lockTokens: judged.lockTokens ?? [], ...(contentAt === undefined ? {} : { contentAt }) };
  return new Carrying(inputs, { principal, ways, shown, recording: NO_RECORDING });
}

function targetOf({ parent, name, found }: Slot): Target {
  return { parent: parent.item, name, old: found?.item };
}

async function finish(inputs: Moving, task: Task, response: Response, work: () => Promise<Item>): Promise<void> {
  const { request, source, slot, contentAt } = task;
  const key = await keyOf(inputs, task);
  try {
    // Whoever joins it is answered as the first, though by now something stands there.
    const run = async () => ({ item: await work(), isNew: slot.found === undefined });
    const { item, isNew } = await inputs.jobs.run(key, response, run);
    if (request.http.method === 'MOVE') await forget(inputs, task);
    const resource = { item, names: slot.path.names };
    await sendMoved(inputs, request, response, { resource, isNew, contentAt });
  } catch (error) {
    if (!(error instanceof MemberFailure)) throw error;
    const { fault } = error;
    if (fault.path.length === 0) throw fault.failure;
    await sendFaults(response, memberFaults([fault], { root: request.caller.root.path, names: source.names }), request);
  }
}

/** Ends the locks on what has left its place: a lock does not move with its item. */
async function forget(inputs: Moving, { request, source, slot }: Task): Promise<void> {
  const desk = new LockDesk(inputs, request.caller);
  await desk.forget(source.item);
  if (slot.found !== undefined && slot.found.item.id !== source.item.id) await desk.forget(slot.found.item);
}

/** Names this request, so that a repeat is known again: who asks, the state of the source, and the target. */
async function keyOf(inputs: Moving, { request, source, slot }: Task): Promise<JobKey> {
  const { caller, http } = request;
  const tag = await new Tags(inputs, caller).of(source.item);
  const { id, version } = source.item;
  const what = JSON.stringify([http.method, id, version, tag, slot.parent.item.id, slot.name]);
  return { who: actorOf(caller.principal), what };
}
