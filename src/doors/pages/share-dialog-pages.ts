import type { Response } from 'express';
import {
  displayText,
  firstField,
  invalid,
  notFound,
  parseEmail,
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
import { dayField, INVITATION_DAYS, lastDayField, permissionField, waitField } from './share-terms.js';
import { againHref, isOver, isWaiting, mailWords, outgoingStanding } from './share-words.js';
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
  const expiresAt = lastDayField(form, clock);
  const invitationLife = waitField(form);
  return {
    addresses,
    permission: permissionField(form),
    ...(comment !== '' && { comment }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(invitationLife !== undefined && { invitationLife }),
  };
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
  const { caller, params, http, form, query } = request;
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
    today: dayField(kit.clock.now()),
    mostDays: INVITATION_DAYS.most,
    typed: { ...typedFields(form), ...(failure === undefined && prefilled(ofFolder, query, kit.clock)) },
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
      until: member.expiresAt === undefined ? undefined : dayWords(member.expiresAt),
      changeHref: member.isOwner ? undefined : changeHref(folder, member),
    })),
    invitations: outgoing.filter((share) => share.state !== 'active' && !isOver(share)).map(invitationModel),
    past: outgoing.filter(isOver).map(invitationModel),
  };
}

/** Where the owner changes what somebody can do. */
function changeHref(folder: Item, { accountId, outgoingId }: Member): string | undefined {
  if (outgoingId !== undefined) return `/shares/outgoing/${encodeURIComponent(outgoingId)}/change`;
  return accountId === undefined ? undefined : `/files/folder/${folder.id}/members/${accountId}/change`;
}

/** The form as it was for a share that has ended, to offer the folder once more. */
function prefilled(ofFolder: readonly OutgoingView[], query: Fields, clock: Clock): object {
  const share = ofFolder.find(({ id }) => id === textField(query, 'again'));
  if (share === undefined) return {};
  const { recipient: addresses, permission, comment, expiresAt } = share;
  const isAhead = expiresAt !== undefined && expiresAt > clock.now();
  return { addresses, permission, comment, expires: dayField(isAhead ? expiresAt : undefined) };
}

function invitationModel(share: OutgoingView): object {
  return {
    id: share.id,
    recipient: share.recipient,
    permission: permissionName(share.permission),
    standing: outgoingStanding(share),
    canResend: share.state === 'created' || share.state === 'sent',
    mail: mailWords(share),
    answerUntil: isWaiting(share) ? dayWords(share.invitationExpiresAt) : undefined,
    changeHref: `/shares/outgoing/${encodeURIComponent(share.id)}/change`,
    againHref: againHref(share),
    changed: dayWords(share.changedAt),
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
    wait: textField(form, 'wait') || String(INVITATION_DAYS.usual),
  };
}
