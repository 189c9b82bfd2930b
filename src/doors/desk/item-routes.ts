import type { Response } from 'express';
import {
  compactTime,
  parseCompactTime,
  type Comment,
  type Desk,
  type Lock,
  type LockHolder,
  type Lookup,
} from '../../desk/index.js';
import { invalid, parseItemId, type ItemId } from '../../kernel/index.js';
import { sendJson } from './answers.js';
import { readFields, type SentFields } from './fields.js';
import type { DeskRequest } from './ports.js';
import type { CommentAnswer, LockAnswer } from './wire.js';

/** `POST comment`: leaves a comment on an item and answers it, with its number. */
export async function postComment(desk: Desk, request: DeskRequest, response: Response): Promise<void> {
  const fields = await readFields(request);
  const id = parseItemId(fields.text('id'));
  const draft = { user: fields.text('user'), cloud: fields.text('cloud'), text: fields.hex('text') };
  sendJson(response, commentOf(id, await desk.comment(request.caller.principal, id, draft)));
}

/** `GET comment/:id/:cloud[/:interop]` */
export async function sendComments(desk: Desk, request: DeskRequest, response: Response): Promise<void> {
  const id = idOf(request);
  const comments = await desk.comments(request.caller.principal, id, lookupOf(request));
  sendJson(
    response,
    comments.map((comment) => commentOf(id, comment)),
  );
}

/** `DELETE comment/:id/:user/:cloud/:time_created` */
export async function deleteComment(desk: Desk, request: DeskRequest, response: Response): Promise<void> {
  const id = idOf(request);
  const { user = '', cloud = '', time_created: time = '' } = request.params;
  const ref = { user, cloud, createdAt: parseCompactTime(time) };
  sendJson(response, commentOf(id, await desk.withdraw(request.caller.principal, id, ref)));
}

/** `GET lockFile/:id/:cloud[/:interop]` */
export async function sendLock(desk: Desk, request: DeskRequest, response: Response): Promise<void> {
  const id = idOf(request);
  const lock = await desk.lock(request.caller.principal, id, lookupOf(request));
  sendJson(response, lock === undefined ? [] : [lockOf(id, lock)]);
}

/** `POST lockFile`; a refusal is never a 200: desktops only look whether there is a key `lockFile`. */
export async function postLock(desk: Desk, request: DeskRequest, response: Response): Promise<void> {
  const fields = await readFields(request);
  const claim = { ...holderOf(fields), minutes: minutesOf(fields) };
  await desk.acquire(request.caller.principal, parseItemId(fields.text('id')), claim);
  sendJson(response, { lockFile: true });
}

/** `PUT updateTime` */
export async function putTime(desk: Desk, request: DeskRequest, response: Response): Promise<void> {
  const fields = await readFields(request);
  await desk.refresh(request.caller.principal, parseItemId(fields.text('id')), holderOf(fields));
  sendJson(response, { updateFile: true });
}

/** `PUT unLockFile` */
export async function putUnlock(desk: Desk, request: DeskRequest, response: Response): Promise<void> {
  const fields = await readFields(request);
  await desk.release(request.caller.principal, parseItemId(fields.text('id')), holderOf(fields));
  sendJson(response, { unLockFile: true });
}

function idOf({ params }: DeskRequest): ItemId {
  return parseItemId(params['id'] ?? '');
}

/** With a fifth segment, whatever it says, the name of the cloud does not matter. */
function lookupOf({ params }: DeskRequest): Lookup {
  return { cloud: params['cloud'] ?? '', everywhere: params['interop'] !== undefined };
}

function holderOf(fields: SentFields): LockHolder {
  return {
    user: fields.text('user'),
    cloud: fields.text('cloud'),
    ipserver: fields.text('ipserver'),
    datetime: fields.hex('datetime'),
  };
}

function minutesOf(fields: SentFields): number {
  const text = fields.text('timelimit');
  if (!/^\d{1,6}$/.test(text)) throw invalid('timelimit must be a number of minutes.');
  return Number(text);
}

/** As of stacksync-api-v2.md 8: no `type`, unlike calendars and events. */
function commentOf(id: ItemId, { user, text, cloud, createdAt, status }: Comment): CommentAnswer {
  return { id, user, text, cloud, time_created: compactTime(createdAt), status };
}

function lockOf(id: ItemId, { cloud, user, ipserver, datetime, status }: Lock): LockAnswer {
  return { id, cloud, user, ipserver, datetime, status };
}
