import type { Response } from 'express';
import {
  DAY,
  displayText,
  firstField,
  invalid,
  notFound,
  parseEmail,
  parsePermission,
  splitAddresses,
  statusOf,
  type Clock,
  type Failure,
  type Fields,
} from '../../kernel/index.js';
import type { Item } from '../../files/index.js';
import type { Member, OutgoingView, ShareResult } from '../../shares/index.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import type { Resident } from './entries.js';
import { crumbsOf, folderHref } from './files-model.js';
import { FORM, NO_BODY, attempt, itemParam, leadTo, requiredField, textField } from './forms.js';
import type { PageKit } from './kit.js';
import type { PageServices, ShareOffer } from './services.js';
import { leaveNotice } from './sessions.js';
import { isOver, outgoingStanding } from './share-words.js';
import { countWords, dayWords, permissionName } from './words.js';

type Services = Pick<PageServices, 'tree' | 'sharing'>;

const MOST_ADDRESSES = 50;
const LONGEST_COMMENT = 1_000;

/** The dialog in which an owner shares a folder, sees who is in, and takes it back. */
export function shareDialogRows(kit: PageKit, services: Services): AnyRow[] {
  return [dialogRow(kit, services), shareRow(kit, services), unshareRow(kit, services)];
}

function dialogRow(kit: PageKit, services: Services): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/files/folder/:id/share',
    summary: 'Shows who can open a folder, and the form to share it.',
    body: NO_BODY,
    enter: kit.entries.resident,
    handle: async (request, response) => showDialog(kit, services, request, response),
  });
}

function shareRow(kit: PageKit, services: Services): AnyRow {
  return row<Resident>({
    method: 'POST',
    path: '/files/folder/:id/share',
    summary: 'Shares a folder with addresses here and abroad.',
    body: FORM,
    enter: kit.entries.posted(kit.entries.resident),
    handle: async (request, response) => {
      const { caller, params, form, http } = request;
      const id = itemParam(params);
      const outcome = await attempt(async () => services.sharing.share(caller.person.id, id, offerOf(form, kit.clock)));
      if (outcome.kind === 'refused') {
        await showDialog(kit, services, request, response, outcome.failure);
        return;
      }
      leaveNotice(http, { kind: 'done', text: sharedWords(outcome.result) });
      leadTo(response, `/files/folder/${id}/share`);
    },
  });
}

function unshareRow(kit: PageKit, { sharing }: Services): AnyRow {
  return row<Resident>({
    method: 'POST',
    path: '/files/folder/:id/unshare',
    summary: 'Takes a folder back from somebody.',
    body: FORM,
    enter: kit.entries.posted(kit.entries.resident),
    handle: async ({ caller, params, form, http }, response) => {
      const id = itemParam(params);
      const email = parseEmail(requiredField(form, 'email', 'The address'));
      await sharing.unshare(caller.person.id, id, [email]);
      leaveNotice(http, { kind: 'done', text: `${email} can no longer open this folder.` });
      leadTo(response, `/files/folder/${id}/share`);
    },
  });
}

/** Reads the share form. The expiry is the end of the chosen day, UTC. */
function offerOf(form: Fields, clock: Clock): ShareOffer {
  const addresses = splitAddresses(firstField(form, 'addresses') ?? '');
  if (addresses.length === 0) throw invalid('Type at least one e-mail address.');
  if (addresses.length > MOST_ADDRESSES)
    throw invalid(`Share with at most ${String(MOST_ADDRESSES)} addresses at once.`);
  const comment = textField(form, 'comment');
  if (comment.length > LONGEST_COMMENT)
    throw invalid(`The message may have at most ${String(LONGEST_COMMENT)} characters.`);
  const expiresAt = expiryOf(textField(form, 'expires'), clock);
  return {
    addresses,
    permission: parsePermission(textField(form, 'permission')),
    ...(comment !== '' && { comment }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

function expiryOf(day: string, clock: Clock): number | undefined {
  if (day === '') return undefined;
  const start = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(start)) throw invalid('Write the last day as year-month-day, such as 2026-12-31.');
  const end = start + DAY - 1;
  if (end <= clock.now()) throw invalid('The last day must not be over yet.');
  return end;
}

function sharedWords({ members, proposals }: ShareResult): string {
  const waiting = proposals.filter(({ state }) => state === 'created').map(({ email }) => email);
  const kept = proposals.filter(({ state }) => state !== 'created').map(({ email }) => email);
  const parts = [
    ...(members.length === 0 ? [] : [`${members.map(({ name }) => displayText(name)).join(', ')} can open it now.`]),
    ...(waiting.length === 0
      ? []
      : [`${countWords(waiting.length, 'invitation')} on the way to ${waiting.join(', ')}.`]),
    ...(kept.length === 0
      ? []
      : [`Nothing changes for ${kept.join(', ')}: take the folder back first to offer it anew.`]),
  ];
  return parts.length === 0 ? 'Everybody you named can open it already.' : parts.join(' ');
}

async function showDialog(
  kit: PageKit,
  { tree, sharing }: Services,
  request: DoorRequest<Resident>,
  response: Response,
  failure?: Failure,
): Promise<void> {
  const { caller, params, http, form } = request;
  const folder = await tree.stat(caller.principal, itemParam(params));
  if (folder.kind !== 'folder') throw notFound();
  const [members, outgoing, crumbs] = await Promise.all([
    sharing.members(caller.principal, folder.id),
    sharing.outgoingOf(caller.person.id),
    crumbsOf(tree, caller.principal, folder),
  ]);
  const ofFolder = outgoing.filter((share) => share.folderId === folder.id);
  const model = {
    ...dialogModel(folder, members, ofFolder, caller),
    crumbs,
    message: failure?.message,
    today: new Date(kit.clock.now()).toISOString().slice(0, 10),
    typed: typedFields(form),
  };
  kit.show(http, response, caller.person, {
    ...{ template: 'files/share', title: `Share ${folder.name}`, section: 'files', model },
    ...(failure && { status: statusOf(failure.code) }),
  });
}

function dialogModel(
  folder: Item,
  members: readonly Member[],
  outgoing: readonly OutgoingView[],
  { person }: Resident,
) {
  return {
    id: folder.id,
    name: folder.name,
    back: folderHref(folder.parentId),
    isOwner: folder.ownerId === person.id,
    members: members.map((member) => ({
      name: displayText(member.name),
      email: member.email,
      place: member.peerName === undefined ? '' : displayText(member.peerName),
      permission: member.isOwner ? 'Owner' : permissionName(member.permission),
      isOwner: member.isOwner,
      isSelf: member.accountId === person.id,
      since: dayWords(member.joinedAt),
    })),
    invitations: outgoing.filter((share) => share.state !== 'active' && !isOver(share)).map(invitationModel),
    past: outgoing.filter(isOver).map(invitationModel),
  };
}

function invitationModel(share: OutgoingView): object {
  return {
    id: share.id,
    recipient: share.recipient,
    permission: permissionName(share.permission),
    standing: outgoingStanding(share),
    canResend: share.state === 'created',
    until: share.expiresAt === undefined ? undefined : dayWords(share.expiresAt),
  };
}

/** What was typed, when the form is shown again. */
function typedFields(form: Fields): object {
  return {
    addresses: firstField(form, 'addresses') ?? '',
    permission: textField(form, 'permission') === 'read-write' ? 'read-write' : 'read-only',
    comment: firstField(form, 'comment') ?? '',
    expires: textField(form, 'expires'),
  };
}
