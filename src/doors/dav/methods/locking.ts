import { Readable } from 'node:stream';
import type { Response } from 'express';
import type { HeldLock, Item, LockWish } from '../../../files/index.js';
import { invalid, isFailure, notFound } from '../../../kernel/index.js';
import { FactFinder, lockDiscovery } from '../properties/index.js';
import {
  readDepth,
  readIf,
  readLockInfo,
  readLockToken,
  readTimeout,
  tokensIn,
  type LockInfo,
} from '../requests/index.js';
import { davRefusal, LockDesk, Places, type DavRequest, type Place, type Resource } from '../world/index.js';
import { DAV, escapeText, standAlone, type XmlElement } from '../../../webdav/index.js';
import { sendXml } from '../xml/index.js';
import { refuseBody, xmlBody } from './bodies.js';
import type { Handling } from './handling.js';
import { judge, type Judged } from './judging.js';
import { ABILITIES } from './options.js';

/** LOCK (RFC 4918 9.10): takes one, or starts the time of one anew. */
export async function lock(inputs: Handling, request: DavRequest, response: Response): Promise<void> {
  const depth = readDepth(request.http.headers['depth']) ?? 'infinity';
  if (depth === 1) throw invalid('A lock covers one resource, or all that is in it.');
  const place = await new Places(inputs.tree).of(request);
  const wanted = readLockInfo(await xmlBody(request));
  if (wanted === undefined) {
    await refresh(inputs, request, place, response);
    return;
  }
  if (place.found?.item.place === 'root') throw davRefusal('forbidden', 'The root cannot be locked.');
  const judged = await judge(inputs, request, place);
  const wish = {
    isShared: wanted.isShared,
    isDeep: depth === 'infinity',
    name: (await request.caller.holder()).name,
    note: noteOf(wanted),
    ...secondsOf(request),
  };
  const resource = place.found ?? (await emptyFile(inputs, request, place, { judged, wish }));
  const held = await new LockDesk(inputs, request.caller).take(resource.item, wish).catch(async (error: unknown) => {
    if (place.found === undefined) await takeBack(inputs, request, resource);
    throw error;
  });
  const headers = { 'Lock-Token': `<${held.token ?? ''}>` };
  await sendLocks(inputs, request, response, { resource, status: place.found === undefined ? 201 : 200, headers });
}

/** Makes an empty file for a lock on a free name (RFC 4918 7.3). It stays when the lock ends. */
async function emptyFile(
  inputs: Handling,
  request: DavRequest,
  place: Place,
  { judged, wish }: { readonly judged: Judged; readonly wish: LockWish },
): Promise<Resource> {
  const { caller } = request;
  if (place.path.endsInSlash) throw davRefusal('conflict', 'There is no such folder.');
  const slot = await new Places(inputs.tree).slot(caller, place);
  const desk = new LockDesk(inputs, caller);
  await desk.refuse({ items: [slot.parent.item], tokens: judged.lockTokens ?? [] });
  await desk.refuseNew(slot.parent.item, wish);
  const nothing = { body: Readable.from([]), length: 0 };
  const options = { ...judged, conditions: { ifNoneMatch: '*' as const } };
  const item: Item = await inputs.tree.put(caller.principal, slot.parent.item.id, slot.name, nothing, options);
  return { item, names: place.path.names };
}

/** Somebody was quicker with a lock of theirs; what they have written meanwhile stays. */
async function takeBack({ tree }: Handling, { caller }: DavRequest, { item }: Resource): Promise<void> {
  const conditions = item.etag === '' ? {} : { conditions: { ifMatch: [item.etag] } };
  await tree.remove(caller.principal, item.id, conditions).catch((error: unknown) => {
    if (!isFailure(error)) throw error;
  });
}

/** Starts the time of a lock anew. The answer has no `Lock-Token`, since there is no new one (DC-16). */
async function refresh(inputs: Handling, request: DavRequest, { found }: Place, response: Response): Promise<void> {
  const tokens = tokensIn(readIf(request.http.headers['if']));
  const [token] = tokens;
  if (token === undefined || tokens.length > 1) throw invalid('A lock is refreshed with its one token in If.');
  if (found === undefined) throw notFound();
  const { seconds } = secondsOf(request);
  await new LockDesk(inputs, request.caller).refresh(found.item, token, seconds);
  await sendLocks(inputs, request, response, { resource: found, status: 200, headers: {} });
}

/** UNLOCK (RFC 4918 9.11): the lock may be named through anything that it covers. */
export async function unlock(inputs: Handling, request: DavRequest, response: Response): Promise<void> {
  refuseBody(request);
  const token = readLockToken(request.http.headers['lock-token']);
  const { item } = await new Places(inputs.tree).existing(request);
  await new LockDesk(inputs, request.caller).release(item, token).catch((error: unknown) => {
    if (!isFailure(error, 'conflict')) throw error;
    throw davRefusal('conflict', error.message, { precondition: 'lock-token-matches-request-uri' }, error);
  });
  response.writeHead(204).end();
}

async function sendLocks(
  inputs: Handling,
  { caller }: DavRequest,
  response: Response,
  answer: { readonly resource: Resource; readonly status: number; readonly headers: Readonly<Record<string, string>> },
): Promise<void> {
  const { locks } = await new FactFinder(inputs, caller, new Set(['locks'])).of(answer.resource);
  const told = lockDiscovery(locks, inputs.clock.now());
  const body = `<d:prop xmlns:d="${DAV}"><d:lockdiscovery>${told}</d:lockdiscovery></d:prop>`;
  sendXml(response, answer.status, body, { ...ABILITIES, ...answer.headers });
}

function secondsOf({ http }: DavRequest): { readonly seconds?: number } {
  const seconds = readTimeout(http.headers['timeout']);
  return seconds === undefined ? {} : { seconds };
}

/** The `owner` of the request, kept as it came: text, an address, or elements of the client's own. */
function noteOf({ owner }: LockInfo): HeldLock['note'] {
  const inside: readonly (XmlElement | string)[] = owner?.children ?? [];
  return inside.map((child) => (typeof child === 'string' ? escapeText(child) : standAlone(child))).join('');
}
