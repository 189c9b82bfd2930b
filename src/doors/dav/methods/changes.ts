import type { Response } from 'express';
import { Failure, isFailure, notFound } from '../../../kernel/index.js';
import {
  judgePatch,
  namesOnly,
  propstat,
  responseOf,
  RESOURCE_TYPE,
  type Patch,
  type Patched,
} from '../properties/index.js';
import { readDepth, readMkcol, readPropPatch, type PatchStep } from '../requests/index.js';
import {
  addressOf,
  davRefusal,
  isAbroad,
  LockDesk,
  notAllowed,
  Places,
  type DavRequest,
  type Place,
  type Resource,
  type DavTouch,
} from '../world/index.js';
import { childNamed, dav, isNamed, wordOf, type XmlElement } from '../../../webdav/index.js';
import { sendMultistatus } from '../xml/index.js';
import { refuseBody, xmlBody } from './bodies.js';
import { writtenHeaders } from './contents.js';
import type { Handling } from './handling.js';
import { judge, type Judged } from './judging.js';
import { ABILITIES, allowed } from './options.js';

/** MKCOL (RFC 4918 9.3), with properties that the new folder is to have (RFC 5689). */
export async function mkcol(inputs: Handling, request: DavRequest, response: Response): Promise<void> {
  const { tree } = inputs;
  const { caller } = request;
  const places = new Places(tree);
  const place = await places.of(request);
  const judged = await judge(inputs, request, place);
  if (place.found !== undefined) throw notAllowed('There is something already.', allowed(place.found.item));
  const slot = await places.slot(caller, place);
  await new LockDesk(inputs, caller).refuse({ items: [slot.parent.item], tokens: judged.lockTokens ?? [] });
  const steps = requirePlain(readMkcol(await mkcolBody(request)));
  refuseProtected(steps, { item: { kind: 'folder', place: 'own' } });
  const item = await tree.makeFolder(caller.principal, slot.parent.item.id, slot.name, judged);
  const resource = { item, names: place.path.names };
  if (steps.length > 0) await setOrTakeBack(inputs, { request, resource, judged }, steps);
  response.writeHead(201, { ...(await writtenHeaders(inputs, request, item)), 'Content-Length': 0 }).end();
}

/** A body that is not XML is answered as one of an unsupported type, 415, not as a broken one (RFC 4918 9.3). */
async function mkcolBody(request: DavRequest): Promise<XmlElement | undefined> {
  try {
    return await xmlBody(request);
  } catch (error) {
    if (!isFailure(error, 'invalid') || error.cause === undefined) throw error;
    throw new Failure('unsupported-type', 'The body of MKCOL is a mkcol element.', { cause: error });
  }
}

/** Throws `forbidden` where the body wants another kind of resource than a folder. Answers the other steps. */
function requirePlain(steps: readonly PatchStep[]): PatchStep[] {
  const rest: PatchStep[] = [];
  for (const step of steps) {
    const isType = step.kind === 'set' && isNamed(step.element, RESOURCE_TYPE);
    if (!isType) rest.push(step);
    else if (step.element.children.some((child) => typeof child !== 'string' && !isNamed(child, dav('collection')))) {
      throw davRefusal('forbidden', 'Only plain folders are made here.', { precondition: 'valid-resourcetype' });
    } else if (childNamed(step.element, dav('collection')) === undefined) {
      throw davRefusal('forbidden', 'Only folders are made with MKCOL.', { precondition: 'valid-resourcetype' });
    }
  }
  return rest;
}

function refuseProtected(steps: readonly PatchStep[], folder: Patched): void {
  if (judgePatch(steps, folder).refused.size === 0) return;
  const precondition = 'cannot-modify-protected-property';
  throw davRefusal('forbidden', 'These properties cannot be set.', { precondition });
}

interface Patching {
  readonly request: DavRequest;
  readonly resource: Resource;
  readonly judged: Judged;
}

/** Sets the properties of a folder that was just made; when one is refused the folder is removed again. */
async function setOrTakeBack(inputs: Handling, patching: Patching, steps: readonly PatchStep[]): Promise<void> {
  const { request, resource, judged } = patching;
  try {
    await apply(inputs, patching, judgePatch(steps, resource));
  } catch (error) {
    await inputs.tree.remove(request.caller.principal, resource.item.id, { lockTokens: judged.lockTokens ?? [] });
    throw error;
  }
}

/** PROPPATCH (RFC 4918 9.2): every step in the order of the document, or none of them. */
export async function proppatch(inputs: Handling, request: DavRequest, response: Response): Promise<void> {
  const place = await new Places(inputs.tree).of(request);
  const { found: resource } = place;
  if (resource === undefined) throw notFound();
  const judged = await judge(inputs, request, place);
  const patch = judgePatch(readPropPatch(await xmlBody(request)), resource);
  let parts = refusedParts(patch, patch.refused);
  if (patch.refused.size === 0) {
    const tokens = judged.lockTokens ?? [];
    await new LockDesk(inputs, request.caller).refuse({ items: [resource.item], tokens });
    try {
      await apply(inputs, { request, resource, judged }, patch);
      parts = propstat('200 OK', namesOnly(patch.names));
    } catch (error) {
      // There is room for no more properties: told for each name, in a 207 (RFC 4918 9.2.1).
      if (!isFailure(error, 'quota')) throw error;
      parts = propstat('507 Insufficient Storage', namesOnly(patch.names));
    }
  }
  const told = responseOf(addressOf(request.caller, resource), parts);
  await sendMultistatus(response, [told], request, ABILITIES);
}

/** In one step; of what lies in another cloud only the times are there, which it is told then. */
async function apply({ tree, properties }: Handling, { request, resource, judged }: Patching, patch: Patch) {
  const { principal } = request.caller;
  const { steps, contentAt } = patch;
  const { id } = resource.item;
  const isDated = contentAt !== undefined;
  const isHere = !isAbroad(resource.item);
  const dated = isDated && isHere ? { contentAt } : {};
  if (steps.length > 0 || (isDated && isHere)) await properties.change(principal, id, steps, { ...judged, ...dated });
  if (isDated && !isHere) await tree.redate(principal, id, contentAt, judged);
}

/** The parts of the answer that say which properties were refused, and which failed only because of those. */
function refusedParts({ names }: Patch, refused: Patch['refused']): string {
  const of = (why: 'protected' | 'malformed' | undefined) => names.filter((name) => refused.get(wordOf(name)) === why);
  const [fixed, broken, others] = [of('protected'), of('malformed'), of(undefined)];
  const why = '<d:error><d:cannot-modify-protected-property/></d:error>';
  return [
    fixed.length === 0 ? '' : propstat('403 Forbidden', namesOnly(fixed), why),
    broken.length === 0 ? '' : propstat('409 Conflict', namesOnly(broken)),
    others.length === 0 ? '' : propstat('424 Failed Dependency', namesOnly(others)),
  ].join('');
}

/** DELETE (RFC 4918 9.6): all of it, or nothing where something in it is locked. */
export async function remove(inputs: Handling, request: DavRequest, response: Response): Promise<void> {
  refuseBody(request);
  const place = await new Places(inputs.tree).of(request);
  const { found } = place;
  if (found === undefined) throw notFound();
  const depth = readDepth(request.http.headers['depth']);
  if (found.item.kind === 'folder' && depth !== undefined && depth !== 'infinity') {
    throw davRefusal('invalid', 'A folder is deleted with all that is in it.');
  }
  refuseFixed(place);
  const judged = await judge(inputs, request, place);
  const desk = new LockDesk(inputs, request.caller);
  await desk.refuse(await leaving(inputs, request, found, judged));
  await inputs.tree.remove(request.caller.principal, found.item.id, judged);
  await desk.forget(found.item);
  response.writeHead(204).end();
}

/** What a removal from its place touches: the item with all that is in it, and the folder that loses it. */
export async function leaving(
  { tree }: Handling,
  { caller }: DavRequest,
  { item }: Resource,
  { lockTokens: tokens = [] }: Judged,
): Promise<DavTouch> {
  const { parentId } = item;
  const isInside = isAbroad(item) && !item.isShareTop && parentId !== null;
  const around = isInside ? [await tree.stat(caller.principal, parentId)] : [];
  return { items: [item, ...around], whole: item, tokens };
}

/**
 * Throws `forbidden` for the top of what others share and for the root: nobody deletes, moves or replaces these here.
 */
export function refuseFixed({ found }: Place): void {
  if (found?.item.place === 'root') throw davRefusal('forbidden', 'The root stays where it is.');
  if (found?.item.isShareTop === true) {
    throw davRefusal('forbidden', 'The shared folder itself cannot be deleted, renamed or moved here.');
  }
}
