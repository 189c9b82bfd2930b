import { displayText, notFound, type ItemId } from '../../kernel/index.js';
import type { IncomingView, OutgoingView } from '../../shares/index.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import type { Resident } from './entries.js';
import { contentHref, folderHref } from './files-model.js';
import { FORM, NO_BODY, attempt, leadTo, param, textField } from './forms.js';
import type { PageKit } from './kit.js';
import type { PageServices } from './services.js';
import { leaveNotice } from './sessions.js';
import { againHref, incomingStanding, isOver, isWaiting, mailWords, outgoingStanding } from './share-words.js';
import { dayWords, permissionName, permissionWords } from './words.js';

type Services = Pick<PageServices, 'sharing' | 'inviting'>;

/** Both directions of a person's shares: how each stands, and what to do next. */
export function sharesRows(kit: PageKit, services: Services): AnyRow[] {
  const { sharing, inviting } = services;
  return [
    overviewRow(kit, services),
    endingRow(kit, {
      path: '/shares/outgoing/:id/withdraw',
      summary: 'Takes an offered folder back, answered or not.',
      act: async ({ caller, params }) => {
        await sharing.withdraw(caller.person.id, param(params, 'id'));
        return 'Taken back. The folder can no longer be opened with it.';
      },
    }),
    endingRow(kit, {
      path: '/shares/outgoing/:id/resend',
      summary: 'Mails an invitation once more.',
      act: async ({ caller, params }) => {
        await inviting.resend(caller.person.id, param(params, 'id'));
        return 'The invitation is on its way once more.';
      },
    }),
    leavePage(kit, services),
    endingRow(kit, {
      path: '/shares/incoming/:id/leave',
      summary: 'Leaves a folder from another cloud.',
      act: async ({ caller, params }) => {
        await sharing.leaveIncoming(caller.person.id, param(params, 'id'));
        return 'You left it. It is no longer among your files.';
      },
    }),
  ];
}

function overviewRow(kit: PageKit, { sharing }: Services): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/shares',
    summary: 'Lists what a person shares and what is shared with them.',
    body: NO_BODY,
    enter: kit.entries.resident,
    handle: async ({ caller, http }, response) => {
      const { id } = caller.person;
      const [outgoing, incoming] = await Promise.all([sharing.outgoingOf(id), sharing.incomingOf(id)]);
      const model = {
        outgoing: newestFirst(outgoing).map(outgoingModel),
        incoming: newestFirst(incoming).map(incomingModel),
      };
      kit.show(http, response, caller.person, {
        template: 'shares/overview',
        title: 'Shares',
        section: 'shares',
        model,
      });
    },
  });
}

/** A button: does its work, then leads back to where it was pressed. */
function endingRow(
  kit: PageKit,
  button: { path: string; summary: string; act: (request: DoorRequest<Resident>) => Promise<string> },
): AnyRow {
  return row<Resident>({
    method: 'POST',
    path: button.path,
    summary: button.summary,
    body: FORM,
    enter: kit.entries.posted(kit.entries.resident),
    handle: async (request, response) => {
      const outcome = await attempt(() => button.act(request));
      const refused = outcome.kind === 'refused';
      leaveNotice(request.http, {
        kind: refused ? 'trouble' : 'done',
        text: refused ? outcome.failure.message : outcome.result,
      });
      leadTo(response, backTo(request));
    },
  });
}

/** Buttons stand on two pages: the list of shares and a folder's dialog, which names its folder. */
function backTo({ form }: DoorRequest<Resident>): string {
  const folder = textField(form, 'folder');
  return /^[0-9]{1,18}$/.test(folder) ? `/files/folder/${folder}/share` : '/shares';
}

function leavePage(kit: PageKit, { sharing }: Services): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/shares/incoming/:id/leave',
    summary: 'Asks before leaving a folder from another cloud.',
    body: NO_BODY,
    enter: kit.entries.resident,
    handle: async ({ caller, params, http }, response) => {
      const all = await sharing.incomingOf(caller.person.id);
      const share = all.find(({ id }) => id === param(params, 'id'));
      if (share === undefined || isOver(share)) throw notFound();
      const model = incomingModel(share);
      kit.show(http, response, caller.person, {
        template: 'shares/leave',
        title: `Leave a ${model.what}`,
        section: 'shares',
        model,
      });
    },
  });
}

function newestFirst<View extends { readonly changedAt: number }>(views: readonly View[]): View[] {
  return [...views].sort(
    (a, b) => Number(isOver(a as never)) - Number(isOver(b as never)) || b.changedAt - a.changedAt,
  );
}

/** What pages show of an outgoing share. */
export function outgoingModel(share: OutgoingView) {
  return {
    id: share.id,
    folder: displayText(share.folderName),
    folderHref: folderHref(share.folderId),
    againHref: againHref(share),
    changeHref: `/shares/outgoing/${encodeURIComponent(share.id)}/change`,
    mail: mailWords(share),
    answerUntil: isWaiting(share) ? dayWords(share.invitationExpiresAt) : undefined,
    recipient: share.recipient,
    permission: permissionName(share.permission),
    standing: outgoingStanding(share),
    until: share.expiresAt === undefined ? undefined : dayWords(share.expiresAt),
    changed: dayWords(share.changedAt),
    canWithdraw: !isOver(share),
    canResend: isWaiting(share),
  };
}

/** A folder's page, or the content of a file. */
function openHref(kind: IncomingView['kind'], id: ItemId): string {
  return kind === 'folder' ? folderHref(id) : contentHref(id);
}

/** What pages show of an incoming share; everything that the peer claims is tamed. */
export function incomingModel(share: IncomingView) {
  return {
    id: share.id,
    folder: displayText(share.folderName),
    ownerName: displayText(share.ownerName),
    ownerEmail: displayText(share.ownerEmail),
    recipient: share.recipient,
    peerName: displayText(share.peerName),
    peerOrigin: displayText(share.peerOrigin),
    permission: permissionName(share.permission),
    permissionWords: permissionWords(share.permission, share.kind),
    standing: incomingStanding(share),
    until: share.expiresAt === undefined ? undefined : dayWords(share.expiresAt),
    changed: dayWords(share.changedAt),
    what: share.kind,
    openHref: share.mountId === undefined ? undefined : openHref(share.kind, share.mountId),
    answerHref: share.state === 'pending' ? `/interop/proposals/${encodeURIComponent(share.id)}` : undefined,
    canLeave: share.state === 'accepted' || share.state === 'active',
    /** It moves on by itself, within seconds as a rule. */
    isMoving: share.state === 'accepted',
  };
}
