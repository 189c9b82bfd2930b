import type { Response } from 'express';
import {
  Failure,
  foldEmail,
  invalid,
  isFailure,
  notFound,
  parsePermission,
  parseStorageTime,
  storageTime,
  type AccountId,
  type Clock,
  type Email,
  type ItemId,
  type Principal,
} from '../../../kernel/index.js';
import { readRecipient, type Recipients } from '../../../federation/index.js';
import type { Leaving, Member, ShareResult, Sharing } from '../../../shares/index.js';
import { requestFor, type NamedShare } from '../../door/named-people.js';
import { stateWord } from '../../door/values.js';
import { sendJson } from '../../door/json.js';
import { readJsonText, type StorageRequest } from '../wire/incoming.js';
import { pathItemId, parseJson } from '../wire/parameters.js';
import { NO_ADDRESS, NO_ADDRESSEE, NO_FOLDER, NOBODY_LEFT, SENTENCES } from '../wire/sentences.js';
import { ShareBody, UnshareBody, type Members, type Shared, type Unshared } from '../wire/sharing-wire.js';

/** What sharing needs: who is meant by what an app sends, and what is done then. */
export interface SharingCalls {
  readonly sharing: Pick<Sharing, 'share'>;
  readonly recipients: Pick<Recipients, 'sort'>;
  readonly clock: Clock;
}

/**
 * `POST folder/:id/share`: people of this cloud become members, those at servers of Open Cloud Mesh are offered the folder there,
 * others get a proposal by mail (stacksync-api-v2.md 6).
 */
export async function shareFolder(
  { sharing, recipients, clock }: SharingCalls,
  request: StorageRequest,
  response: Response,
): Promise<void> {
  const folderId = pathItemId(request);
  const actor = personOf(request);
  const { entries, ...terms } = readShareRequest(await readJsonText(request), clock);
  const named = await recipients.sort(actor, entries);
  // Unreadable addresses are dropped like unknown ones; an empty rest is refused (stacksync-api-v2.md 6).
  if (named.addresses.length + named.servers.length === 0) throw invalid(NOBODY_LEFT);
  const wanted = requestFor(named, terms);
  const { members, proposals, disabled } = await sharing.share(actor, folderId, wanted).catch((error: unknown) => {
    throw isFailure(error, 'not-found') ? invalid(NO_FOLDER) : error;
  });
  if (members.length + proposals.length === 0) throw invalid(whyNone(disabled));
  sendJson(response, 201, sharedOf(members, proposals));
}

function whyNone(disabled: ShareResult['disabled']): string {
  const [first] = disabled;
  return first === undefined ? NOBODY_LEFT : `The account of ${first.email} is disabled.`;
}

function sharedOf(members: ShareResult['members'], proposals: ShareResult['proposals']): Shared {
  const proposed = proposals.map(({ shareId, email, state, at }) => ({
    share_id: shareId,
    email,
    status: stateWord(state),
    ...(at !== undefined && { at }),
  }));
  const abroad = proposed.length === 0 ? {} : { proposals: proposed };
  return { shared_to: members.map(({ name, email }) => ({ name, email })), ...abroad };
}

function readShareRequest(text: string, clock: Clock): NamedShare {
  const body = ShareBody.safeParse(text === '' ? [] : parseJson(text)).data;
  if (body === undefined) throw invalid('The body must be a list of addresses.');
  if (body.share_to.length === 0) throw invalid(NO_ADDRESSEE);
  const { permission, comment, expires_at: expiry } = body;
  const expiresAt = isAbsent(expiry) ? undefined : parseStorageTime(expiry, 'expires_at');
  if (expiresAt !== undefined && expiresAt <= clock.now()) throw invalid('expires_at must lie in the future.');
  const terms = { ...(isAbsent(comment) ? {} : { comment }), ...(expiresAt === undefined ? {} : { expiresAt }) };
  return {
    entries: body.share_to,
    permission: parsePermission(permission ?? 'read-write'),
    ...terms,
    // An app that sends the whole list to add one person must not change the permission of the others.
    again: {
      ...(permission === undefined || permission === null ? {} : { permission: parsePermission(permission) }),
      ...terms,
    },
  };
}

function isAbsent(value: string | null | undefined): value is null | undefined {
  return value === null || value === undefined;
}

/** Unreadable addresses are dropped like unknown ones; an empty rest is refused (stacksync-api-v2.md 6). */
function readAddresses(texts: readonly string[]): readonly Email[] {
  const found = new Map<string, Email>();
  for (const text of texts) {
    const email = readRecipient(text);
    if (email !== undefined && !found.has(foldEmail(email))) found.set(foldEmail(email), email);
  }
  if (found.size === 0) throw invalid(NOBODY_LEFT);
  return [...found.values()];
}

/** `POST folder/:id/unshare`; without a body the caller leaves. */
export async function unshareFolder(
  {
    sharing,
    leaving,
  }: { readonly sharing: Pick<Sharing, 'unshare' | 'members'>; readonly leaving: Pick<Leaving, 'leave'> },
  request: StorageRequest,
  response: Response,
): Promise<void> {
  const folderId = pathItemId(request);
  const actor = personOf(request);
  const text = await readJsonText(request);
  if (text.trim() === '') {
    await calledFolder(leaving.leave(actor, folderId));
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

async function whyNobody(sharing: Pick<Sharing, 'members'>, principal: Principal, folderId: ItemId): Promise<string> {
  const members = await sharing.members(principal, folderId);
  return members.length > 1 ? NOBODY_LEFT : SENTENCES['not-shared'];
}

function readUnshareRequest(text: string): readonly Email[] {
  const addresses = UnshareBody.safeParse(parseJson(text)).data;
  if (addresses === undefined) throw invalid('The body must be a list of addresses.');
  if (addresses.length === 0) throw invalid(NO_ADDRESS);
  return readAddresses(addresses);
}

/** `GET folder/:id/members`: cheap, since desktops poll it. */
export async function sendMembers(
  sharing: Pick<Sharing, 'members'>,
  request: StorageRequest,
  response: Response,
): Promise<void> {
  const members = await calledFolder(sharing.members(request.caller.principal, pathItemId(request)));
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

/** A grant or folder token must not share: 403 for its own folder; other folders do not exist for it (UNS-03). */
function personOf(request: StorageRequest): AccountId {
  const { principal } = request.caller;
  if (principal.kind === 'person') return principal.accountId;
  const own = principal.kind === 'grant' ? principal.folderId : principal.mountId;
  throw pathItemId(request) === own
    ? new Failure('forbidden', 'Only the owner of a folder may share it.')
    : notFound(NO_FOLDER);
}
