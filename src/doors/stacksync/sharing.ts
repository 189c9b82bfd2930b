import type { Response } from 'express';
import { z } from 'zod';
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
import type { Member } from '../../shares/index.js';
import { sendJson } from './answers.js';
import { readJsonText, type StorageRequest } from './incoming.js';
import { itemIdOf, parseJson } from './parameters.js';
import type { FolderSharing, ShareRequest } from './ports.js';

const NO_FOLDER = 'No folder found with the given ID.';
const NOBODY_LEFT = 'No addressees found';
const MAX_ADDRESSES = 1_000;

const Addresses = z.array(z.string()).max(MAX_ADDRESSES);
/** Absent, null or text. */
const Text = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined);
const ShareBody = z.preprocess(
  (body) => (Array.isArray(body) ? { share_to: body as unknown[] } : body),
  z.looseObject({
    share_to: Addresses,
    permission: Text,
    comment: Text,
    expires_at: Text,
  }),
);
const UnshareBody = z.preprocess(
  (body) => (Array.isArray(body) ? { unshare_to: body as unknown[] } : body),
  z.looseObject({ unshare_to: Addresses }),
);

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
  const proposed = proposals.map(({ shareId, email, state }) => ({
    share_id: shareId,
    email,
    status: state.toUpperCase(),
  }));
  const abroad = proposed.length === 0 ? {} : { proposals: proposed };
  sendJson(response, 201, { shared_to: members.map(({ name, email }) => ({ name, email })), ...abroad });
}

function readShareRequest(text: string, clock: Clock): ShareRequest {
  const body = ShareBody.safeParse(text === '' ? [] : parseJson(text)).data;
  if (body === undefined) throw invalid('The body must be a list of addresses.');
  if (body.share_to.length === 0) throw invalid('No addressee found.');
  const { permission, comment, expires_at: expiry } = body;
  const expiresAt = expiry === undefined ? undefined : parseStorageTime(expiry, 'expires_at');
  if (expiresAt !== undefined && expiresAt <= clock.now()) throw invalid('expires_at must lie in the future.');
  return {
    addresses: readAddresses(body.share_to),
    permission: parsePermission(permission ?? 'read-write'),
    ...(comment === undefined ? {} : { comment }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
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
    sendJson(response, 201, { unshared_to: [] });
    return;
  }
  const ended = await calledFolder(sharing.unshare(actor, folderId, readUnshareRequest(text)));
  if (ended.length === 0) throw invalid(await whyNobody(sharing, request.caller.principal, folderId));
  sendJson(response, 201, { unshared_to: ended.map(({ name, email }) => ({ name, email })) });
}

async function whyNobody(sharing: FolderSharing, principal: Principal, folderId: ItemId): Promise<string> {
  const members = await sharing.members(principal, folderId);
  return members.length > 1 ? NOBODY_LEFT : 'This workspace is not shared.';
}

function readUnshareRequest(text: string): readonly Email[] {
  const addresses = UnshareBody.safeParse(parseJson(text)).data?.unshare_to;
  if (addresses === undefined) throw invalid('The body must be a list of addresses.');
  if (addresses.length === 0) throw invalid('Any email to share folder');
  return readAddresses(addresses);
}

/** `GET folder/:id/members`: cheap, since desktops poll it. */
export async function sendMembers(sharing: FolderSharing, request: StorageRequest, response: Response): Promise<void> {
  const members = await calledFolder(sharing.members(request.caller.principal, itemIdOf(request)));
  sendJson(response, 200, members.map(memberOf));
}

function memberOf({ name, email, joinedAt, isOwner }: Member): Record<string, unknown> {
  return { name, email, joined_at: storageTime(joinedAt), is_owner: isOwner };
}

async function calledFolder<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw isFailure(error, 'not-found') ? notFound(NO_FOLDER) : error;
  });
}

/** A grant never shares on: 403 on its own folder, and every other folder does not exist for it (UNS-03). */
function personOf(request: StorageRequest): AccountId {
  const { principal } = request.caller;
  if (principal.kind === 'person') return principal.accountId;
  throw itemIdOf(request) === principal.folderId
    ? new Failure('forbidden', 'Only the owner of a folder may share it.')
    : notFound(NO_FOLDER);
}
