import type { Response } from 'express';
import {
  Failure,
  foldEmail,
  invalid,
  isFailure,
  notFound,
  parsePermission,
  parseStorageTime,
  readEmail,
  storageTime,
  type AccountId,
  type Clock,
  type Email,
  type ItemId,
  type Principal,
} from '../../kernel/index.js';
import type { Member, ShareResult } from '../../shares/index.js';
import { stateWord } from '../values.js';
import { sendJson } from '../json.js';
import { readJsonText, type StorageRequest } from './incoming.js';
import { itemIdOf, parseJson } from './parameters.js';
import type { FolderSharing, ShareRequest } from './ports.js';
import { ShareBody, UnshareBody, type Members, type Shared, type Unshared } from './sharing-wire.js';

const NO_FOLDER = 'No folder found with the given ID.';
const NOBODY_LEFT = 'No addressees found';

/** `POST folder/:id/share`: people of this cloud become members, others get a proposal (stacksync-api-v2.md 6). */
export async function shareFolder(
  { sharing, clock }: { readonly sharing: FolderSharing; readonly clock: Clock },
  request: StorageRequest,
  response: Response,
): Promise<void> {
  const folderId = itemIdOf(request);
  const actor = personOf(request);
  const wanted = readShareRequest(await readJsonText(request, response), clock);
  const { members, proposals } = await sharing.share(actor, folderId, wanted).catch((error: unknown) => {
    throw isFailure(error, 'not-found') ? invalid(NO_FOLDER) : error;
  });
  if (members.length + proposals.length === 0) throw invalid(NOBODY_LEFT);
  sendJson(response, 201, sharedOf(members, proposals));
}

function sharedOf(members: ShareResult['members'], proposals: ShareResult['proposals']): Shared {
  const proposed = proposals.map(({ shareId, email, state }) => ({
    share_id: shareId,
    email,
    status: stateWord(state),
  }));
  const abroad = proposed.length === 0 ? {} : { proposals: proposed };
  return { shared_to: members.map(({ name, email }) => ({ name, email })), ...abroad };
}

function readShareRequest(text: string, clock: Clock): ShareRequest {
  const body = ShareBody.safeParse(text === '' ? [] : parseJson(text)).data;
  if (body === undefined) throw invalid('The body must be a list of addresses.');
  if (body.share_to.length === 0) throw invalid('No addressee found.');
  const { permission, comment, expires_at: expiry } = body;
  const expiresAt = isAbsent(expiry) ? undefined : parseStorageTime(expiry, 'expires_at');
  if (expiresAt !== undefined && expiresAt <= clock.now()) throw invalid('expires_at must lie in the future.');
  return {
    addresses: readAddresses(body.share_to),
    permission: parsePermission(permission ?? 'read-write'),
    ...(isAbsent(comment) ? {} : { comment }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function isAbsent(value: string | null | undefined): value is null | undefined {
  return value === null || value === undefined;
}

/** What is no address is dropped like an unknown one; nobody left is a refusal (stacksync-api-v2.md 6). */
function readAddresses(texts: readonly string[]): readonly Email[] {
  const found = new Map<string, Email>();
  for (const text of texts) {
    const email = readEmail(text.trim());
    if (email !== undefined && !found.has(foldEmail(email))) found.set(foldEmail(email), email);
  }
  if (found.size === 0) throw invalid(NOBODY_LEFT);
  return [...found.values()];
}

/** `POST folder/:id/unshare`; without a body the caller leaves. */
export async function unshareFolder(
  sharing: FolderSharing,
  request: StorageRequest,
  response: Response,
): Promise<void> {
  const folderId = itemIdOf(request);
  const actor = personOf(request);
  const text = await readJsonText(request, response);
  if (text.trim() === '') {
    await calledFolder(sharing.leave(actor, folderId));
    sendUnshared(response, []);
    return;
  }
  const ended = await calledFolder(sharing.unshare(actor, folderId, readUnshareRequest(text)));
  if (ended.length === 0) throw invalid(await whyNobody(sharing, request.caller.principal, folderId));
  sendUnshared(response, ended);
}

function sendUnshared(response: Response, ended: readonly Unshared['unshared_to'][number][]): void {
  sendJson<Unshared>(response, 201, { unshared_to: ended.map(({ name, email }) => ({ name, email })) });
}

async function whyNobody(sharing: FolderSharing, principal: Principal, folderId: ItemId): Promise<string> {
  const members = await sharing.members(principal, folderId);
  return members.length > 1 ? NOBODY_LEFT : 'This workspace is not shared.';
}

function readUnshareRequest(text: string): readonly Email[] {
  const addresses = UnshareBody.safeParse(parseJson(text)).data;
  if (addresses === undefined) throw invalid('The body must be a list of addresses.');
  if (addresses.length === 0) throw invalid('Any email to share folder');
  return readAddresses(addresses);
}

/** `GET folder/:id/members`: cheap, since desktops poll it. */
export async function sendMembers(sharing: FolderSharing, request: StorageRequest, response: Response): Promise<void> {
  const members = await calledFolder(sharing.members(request.caller.principal, itemIdOf(request)));
  sendJson<Members>(response, 200, members.map(memberOf));
}

function memberOf({ name, email, joinedAt, isOwner }: Member): Members[number] {
  return { name, email, joined_at: storageTime(joinedAt), is_owner: isOwner };
}

async function calledFolder<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw isFailure(error, 'not-found') ? notFound(NO_FOLDER) : error;
  });
}

/** What opens one folder alone never shares it on: 403 there, and every other folder does not exist for it (UNS-03). */
function personOf(request: StorageRequest): AccountId {
  const { principal } = request.caller;
  if (principal.kind === 'person') return principal.accountId;
  const own = principal.kind === 'grant' ? principal.folderId : principal.mountId;
  throw itemIdOf(request) === own
    ? new Failure('forbidden', 'Only the owner of a folder may share it.')
    : notFound(NO_FOLDER);
}
