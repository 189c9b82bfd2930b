import { notFound, type ItemId } from '../../../kernel/index.js';
import type { IncomingView, OutgoingView } from '../../../shares/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import type { Resident } from '../frame/entries.js';
import { contentHref, folderHref } from '../files/files-model.js';
import { button } from '../frame/form.js';
import { param, textField } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import { BY_NEWS, pagerOf, pageWishOf, type Pager } from '../frame/pager.js';
import type { PageServices } from '../frame/services.js';
import {
  againHref,
  incomingStanding,
  isOver,
  isWaiting,
  mailWords,
  outgoingStanding,
  whatWords,
} from './share-words.js';
import { timeWords, permissionName, permissionWords } from '../frame/words.js';

declare module '../frame/templates.js' {
  interface Views {
    'shares/overview': {
      readonly outgoing: readonly ReturnType<typeof outgoingModel>[];
      readonly incoming: readonly IncomingModel[];
      readonly outgoingPager: Pager;
      readonly incomingPager: Pager;
    };
    'shares/leave': Pick<IncomingModel, 'id' | 'folder' | 'what' | 'ownerName'>;
  }
}

type Services = Pick<PageServices, 'sharing' | 'leaving' | 'inviting'>;

/** Both directions of a person's shares: how each stands, and what to do next. */
export function sharesRows(kit: PageKit, services: Services): AnyRow[] {
  const { sharing, leaving, inviting } = services;
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
        await leaving.leaveIncoming(caller.person.id, param(params, 'id'));
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
    handle: async ({ caller, http, query }, response) => {
      const { id } = caller.person;
      const outgoing = await sharing.outgoingPage(id, pageWishOf(query, BY_NEWS, 'out-'));
      const incoming = await sharing.incomingPage(id, pageWishOf(query, BY_NEWS, 'in-'));
      const model = {
        outgoing: outgoing.items.map(outgoingModel),
        incoming: incoming.items.map(incomingModel),
        outgoingPager: pagerOf(outgoing, '/shares', BY_NEWS, { list: 'out-', anchor: '#outgoing' }),
        incomingPager: pagerOf(incoming, '/shares', BY_NEWS, { list: 'in-', anchor: '#incoming' }),
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

/** A button of a share: does its work, then leads back to where it was pressed. */
function endingRow(
  kit: PageKit,
  { act, ...parts }: { path: string; summary: string; act: (request: DoorRequest<Resident>) => Promise<string> },
): AnyRow {
  return button(kit, {
    ...parts,
    from: kit.entries.resident,
    act: (_typed, { request }) => act(request),
    back: backTo,
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
      const share = await sharing.incomingOne(caller.person.id, param(params, 'id'));
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

/** What pages show of an outgoing share. */
export function outgoingModel(share: OutgoingView) {
  return {
    id: share.id,
    folder: share.folderName,
    folderHref: folderHref(share.folderId),
    againHref: againHref(share),
    changeHref: `/shares/outgoing/${encodeURIComponent(share.id)}/change`,
    mail: mailWords(share),
    answerUntil: isWaiting(share) ? timeWords(share.invitationExpiresAt) : undefined,
    recipient: share.recipient,
    permission: permissionName(share.permission),
    standing: outgoingStanding(share),
    until: share.expiresAt === undefined ? undefined : timeWords(share.expiresAt),
    changed: timeWords(share.changedAt),
    canWithdraw: !isOver(share),
    canResend: isWaiting(share) && !share.isOcm,
  };
}

/** A folder's page, or the content of a file. */
function openHref(kind: IncomingView['kind'], id: ItemId): string {
  return kind === 'folder' ? folderHref(id) : contentHref(id);
}

/** What pages show of an incoming share; texts of the peer are cleaned. */
export function incomingModel(share: IncomingView) {
  return {
    id: share.id,
    folder: share.folderName,
    ownerName: share.ownerName,
    ownerEmail: share.ownerEmail,
    recipient: share.recipient,
    peerName: share.peerName,
    peerOrigin: share.peerOrigin,
    permission: permissionName(share.permission),
    permissionWords: permissionWords(share.permission, share.kind),
    standing: incomingStanding(share),
    until: share.expiresAt === undefined ? undefined : timeWords(share.expiresAt),
    changed: timeWords(share.changedAt),
    what: whatWords(share),
    openHref: share.mountId === undefined ? undefined : openHref(share.kind, share.mountId),
    answerHref: share.state === 'pending' ? `/interop/proposals/${encodeURIComponent(share.id)}` : undefined,
    canLeave: share.state === 'accepted' || share.state === 'active',
    /** True for a state that changes without a person, usually within seconds. */
    isMoving: share.state === 'accepted',
  };
}

/** See {@link incomingModel}. */
export type IncomingModel = ReturnType<typeof incomingModel>;
