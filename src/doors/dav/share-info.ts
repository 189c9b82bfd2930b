import type { Response } from 'express';
import type { Item } from '../../files/index.js';
import { Failure, isFailure, notFound, parseName, SECOND, statusOf, type Fields } from '../../kernel/index.js';
import { sendJson } from '../door/json.js';
import { row, type AnyRow, type Arrival, type DoorRequest, type Refuse } from '../door/door.js';
import { byGrant } from './entry.js';
import { sharePermissionsOf } from './properties/index.js';
import { Tags, type DavCaller, type DavInputs } from './world/index.js';

/** Longest form that is read, bytes. */
const LONGEST_FORM = 16 * 1024;

/**
 * Most members that are told. Of a larger folder none are: old servers would take those that are left out for deleted.
 */
const MOST_CHILDREN = 1_000;

/** A file or folder as Nextcloud tells of it. */
interface ShareNode {
  readonly id: number;
  readonly parentId: number;
  /** Seconds. */
  readonly mtime: number;
  readonly name: string;
  readonly permissions: number;
  readonly mimetype: string;
  /** -1: not known, as of folders. */
  readonly size: number;
  readonly type: 'file' | 'dir';
  readonly etag: string;
  /** Absent when they are not told. */
  readonly children?: readonly ShareNode[];
}

/**
 * The request by which Nextcloud asks whether a share still stands, before it gives the folder up (open-cloud-mesh.md
 * 11). Older releases read whole trees by it; we tell the folder and what is directly in it (open-cloud-mesh.md 14). By
 * that protocol the secret stands in the query; it is read there, and written nowhere.
 */
export function shareInfoRow(inputs: DavInputs): AnyRow {
  return row<DavCaller>({
    method: 'POST',
    path: '/index.php/apps/files_sharing/shareinfo',
    summary: 'Whether a share still stands, for clouds of the make Nextcloud',
    body: { kind: 'form', limit: LONGEST_FORM },
    enter: (arrival) => enter(inputs, arrival),
    handle: (request, response) => tell(inputs, request, response),
  });
}

/** Refusals in the same format: 404 alone means that the share is gone, trouble of ours is always 503 (open-cloud-mesh.md 8). */
export const refuseShareInfo: Refuse = (failure, _request, response) => {
  const status = ANSWERS.has(failure.code) ? statusOf(failure.code) : 503;
  if (status === 503 && !response.hasHeader('Retry-After')) response.setHeader('Retry-After', '30');
  sendJson(response, status, { status: 'error', message: failure.message });
};

const ANSWERS: ReadonlySet<Failure['code']> = new Set([
  'not-found',
  'invalid',
  'method-not-allowed',
  'unsupported-type',
  'too-large',
]);

async function enter(inputs: DavInputs, { http, query, form }: Arrival): Promise<DavCaller> {
  if (!inputs.isSecure(http)) throw new Failure('unavailable', 'Come over https.');
  const secret = valueOf('t', query, form);
  if (secret === undefined) throw notFound();
  try {
    return await byGrant(inputs, http, { path: '', shareId: undefined, secret });
  } catch (error) {
    throw isFailure(error, 'unauthenticated') ? notFound() : error;
  }
}

async function tell(inputs: DavInputs, request: DoorRequest<DavCaller>, response: Response): Promise<void> {
  const { caller, query, form } = request;
  const { principal, root } = caller;
  const names = namesIn(valueOf('dir', query, form) ?? '');
  const item = await inputs.tree.find(principal, root.topId, names).catch((error: unknown) => {
    // The share has ended since the request was let in.
    throw isFailure(error, 'unauthenticated') ? notFound() : error;
  });
  if (item === undefined) throw notFound();
  const wantsMembers = item.kind === 'folder' && valueOf('depth', query, form) !== '0';
  const members = wantsMembers ? await membersOf(inputs, caller, item) : undefined;
  const tags = await new Tags(inputs, caller).among([item, ...(members ?? [])]);
  const nodeOf = (of: Item) => shareNode(of, caller, tags.get(of.id) ?? '');
  const data = { ...nodeOf(item), ...(members === undefined ? {} : { children: members.map(nodeOf) }) };
  sendJson(response, 200, { data, status: 'success' });
}

async function membersOf(
  { tree }: DavInputs,
  { principal }: DavCaller,
  { id }: Item,
): Promise<readonly Item[] | undefined> {
  const members: Item[] = [];
  for await (const member of (await tree.list(principal, id)).children) {
    if (member.status === 'DELETED') continue;
    if (members.length === MOST_CHILDREN) return undefined;
    members.push(member);
  }
  return members;
}

function shareNode(item: Item, { principal }: DavCaller, tag: string): ShareNode {
  const { id, parentId, kind, name, contentAt, mimetype, size } = item;
  const isFile = kind === 'file';
  return {
    id: Number(id),
    parentId: Number(parentId ?? 0),
    mtime: Math.floor(contentAt / SECOND),
    name,
    permissions: sharePermissionsOf(item, principal)?.bits ?? 1,
    mimetype: isFile ? mimetype : 'httpd/unix-directory',
    size: isFile ? size : -1,
    type: isFile ? 'file' : 'dir',
    etag: tag.replaceAll('"', ''),
  };
}

function namesIn(dir: string): readonly string[] {
  return dir
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .map((name) => parseName(name));
}

function valueOf(name: string, ...fields: readonly Fields[]): string | undefined {
  return fields.flat().find(([key]) => key === name)?.[1];
}
