import type { Response } from 'express';
import { DAY, invalid, type Failure } from '../../../kernel/index.js';
import type { InvitationView, OfferedPeer, Passage } from '../../../shares/index.js';
import { lookUpSecret } from '../../callers/guesses.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import { sendRetryAfter } from '../../door/retry-after.js';
import { cookieAttributes, cookieNames, cookieOf } from '../frame/headers/cookies.js';
import type { Visitor } from '../frame/entries.js';
import { form } from '../frame/form.js';
import { param, required, textField } from '../frame/forms.js';
import { allowFormsTo } from '../frame/headers/headers.js';
import type { PageKit } from '../frame/kit.js';
import { showIntroduced, showUnmet } from './introduction-pages.js';
import { isAsking, showAddress, showWaiting } from './address-pages.js';
import { logoHref } from './logo-row.js';
import { BY_NAME, nameWishOf, pagerOf, type Pager } from '../frame/pager.js';
import type { PageServices } from '../frame/services.js';
import { timeWords, permissionName, permissionWords } from '../frame/words.js';

declare module '../frame/templates.js' {
  interface Views {
    'invitations/choose': ReturnType<typeof invitationModel> & {
      readonly action: string;
      /** What was typed as an address in vain. */
      readonly typed: string;
      readonly from: string;
      readonly pager: Pager;
      readonly peers: readonly PeerModel[];
    };
    'invitations/carry': {
      readonly name: string;
      readonly host: string;
      readonly action: string;
      readonly fields: readonly { readonly name: string; readonly value: string }[];
    };
  }
}

type Services = Pick<PageServices, 'invitations' | 'introductions' | 'wishedClouds' | 'limiter' | 'logos'>;

const CHOICE_LIFE = 365 * DAY;

/** The page behind the link in an invitation: who shares what, and in which cloud to continue. */
export function invitationRows(kit: PageKit, services: Services): AnyRow[] {
  const { entries } = kit;
  const path = '/invitations/:token';
  return [
    row<Visitor>({
      method: 'GET',
      path,
      summary: 'Shows an invitation and the clouds to choose from; changes nothing.',
      body: NO_BODY,
      enter: entries.secret(entries.visitor),
      handle: async (request, response) => showInvitation(kit, services, request, response),
    }),
    choiceForm(kit, services, path),
    addressForm(kit, services, `${path}/address`),
    connectForm(kit, services, `${path}/connect`),
    form(kit, {
      path: `${path}/other-cloud`,
      summary: 'Keeps the address of a cloud that is not in the list, and tells the owner and the administrators.',
      ...OPENED,
      from: entries.visitor,
      fields: { address: textField },
      act: async ({ address }, { request: { http, params } }) => {
        const token = param(params, 'token');
        await lookUpSecret(services.limiter, http, () => services.wishedClouds.wish(token, address));
        return { to: `/invitations/${encodeURIComponent(token)}` };
      },
      again: ({ request, response }, failure) => showInvitation(kit, services, request, response, failure),
    }),
  ];
}

/** What holds for the forms behind the link of an invitation. */
const OPENED = { secret: true, token: { purpose: 'invitation' } } as const;

function choiceForm(kit: PageKit, services: Services, path: string): AnyRow {
  return form(kit, {
    path,
    summary: 'Takes the choice of a cloud and leads there.',
    ...OPENED,
    from: kit.entries.visitor,
    fields: { cloud: required('Your cloud'), address: textField },
    act: async ({ cloud, address }, { request, response }) => {
      const token = param(request.params, 'token');
      // Not offered, blocked or made up: the same refusal, and nothing happened (PRO-12).
      const peer = await lookUpSecret(services.limiter, request.http, () => services.invitations.offered(token, cloud));
      if (peer === undefined) throw invalid('Choose one of the clouds in the list.');
      // Which cloud it is was said; nothing has happened yet.
      if (isAsking(peer) && address === '') return { show: () => showAddress(kit, request, response, peer, undefined) };
      const passage = await services.invitations.choose(token, cloud, address);
      const { choice } = cookieNames(kit.publicUrl);
      response.cookie(choice, encodeURIComponent(peer.id), { ...cookieAttributes(kit.publicUrl), maxAge: CHOICE_LIFE });
      if (passage.kind === 'unmet') return { show: () => showUnmet(kit, services, request, response, peer, passage) };
      if (passage.kind === 'page') return { to: passage.location.href };
      if (passage.kind === 'form') return { show: () => showForm(kit, request, response, peer, passage) };
      if (!isAsking(peer)) return { to: `/invitations/${encodeURIComponent(token)}` };
      return { show: () => showWaiting(kit, request, response, peer, address) };
    },
    again: async ({ request, response }, failure) => {
      const [cloud, address] = [textField(request.form, 'cloud'), textField(request.form, 'address')];
      const peer =
        address === '' ? undefined : await services.invitations.offered(param(request.params, 'token'), cloud);
      if (peer !== undefined && isAsking(peer)) return showAddress(kit, request, response, peer, address, failure);
      return showInvitation(kit, services, request, response, failure);
    },
  });
}

/** For an address at a cloud that is not in the list: it is looked for, and the offer waits there. */
function addressForm(kit: PageKit, services: Services, path: string): AnyRow {
  return form(kit, {
    path,
    summary: 'Takes an address at a cloud that need not be in the list, finds that cloud and sends the offer there.',
    ...OPENED,
    from: kit.entries.visitor,
    fields: { address: required('Your address') },
    act: async ({ address }, { request, response }) => {
      const token = param(request.params, 'token');
      const { peer, passage } = await lookUpSecret(services.limiter, request.http, () =>
        services.invitations.chooseByAddress(token, address),
      );
      if (passage.kind === 'unmet') return { show: () => showUnmet(kit, services, request, response, peer, passage) };
      if (!isAsking(peer)) return { to: `/invitations/${encodeURIComponent(token)}` };
      return { show: () => showWaiting(kit, request, response, peer, address) };
    },
    again: async ({ request, response }, failure) =>
      showInvitation(kit, services, request, response, failure, textField(request.form, 'address')),
  });
}

/** For a cloud that takes shares of contacts alone: an invitation of the owner, which brings the offer with it. */
function connectForm(kit: PageKit, services: Services, path: string): AnyRow {
  return form(kit, {
    path,
    summary: 'Makes an invitation of the owner for whoever was invited, or finds it, and leads to their cloud.',
    ...OPENED,
    from: kit.entries.visitor,
    fields: { cloud: required('Your cloud') },
    act: async ({ cloud }, { request, response }) => {
      const token = param(request.params, 'token');
      const introduction = await lookUpSecret(services.limiter, request.http, () =>
        services.introductions.lead(token, cloud),
      );
      return { show: () => showIntroduced(kit, request, response, introduction) };
    },
    again: ({ request, response }, failure) => showInvitation(kit, services, request, response, failure),
  });
}

/** The browser carries the proposal: a form that submits itself, with a button for people without script. */
function showForm(
  kit: PageKit,
  { http, caller }: DoorRequest<Visitor>,
  response: Response,
  peer: OfferedPeer,
  { action, fields }: Extract<Passage, { kind: 'form' }>,
): void {
  // The other cloud may answer the form with a redirect to any of its own pages.
  allowFormsTo(response, [action.origin, ...peer.pageOrigins]);
  kit.show(http, response, caller.person, {
    template: 'invitations/carry',
    title: 'On to your cloud',
    model: {
      name: peer.name,
      host: action.host,
      action: action.href,
      fields: fields.map(([name, value]) => ({ name, value })),
    },
  });
}

async function showInvitation(
  kit: PageKit,
  { invitations, limiter, logos }: Services,
  { http, caller, params, query }: DoorRequest<Visitor>,
  response: Response,
  failure?: Failure,
  typed = '',
): Promise<void> {
  const last = cookieOf(http, cookieNames(kit.publicUrl).choice);
  const view = await lookUpSecret(limiter, http, () =>
    invitations.view(param(params, 'token'), nameWishOf(query), last),
  );
  const { items } = view.peers;
  const action = `/invitations/${encodeURIComponent(param(params, 'token'))}`;
  const model = {
    action,
    typed,
    from: textField(query, 'from'),
    pager: pagerOf(view.peers, action, BY_NAME),
    ...invitationModel(view, kit.clock.now()),
    peers: peerModels(items, view.chosenPeerId, last, await logos.known(items.map(({ id }) => id))),
  };
  allowFormsTo(
    response,
    items.flatMap(({ pageOrigins }) => pageOrigins),
  );
  sendRetryAfter(response, failure);
  kit.show(http, response, caller.person, {
    template: 'invitations/choose',
    title: 'An invitation',
    model,
    failure,
  });
}

/** Only what the holder of a forwarded link may see (PRO-11). */
function invitationModel(view: InvitationView, now: number) {
  const over = overWords(view, now);
  return {
    ownerName: view.ownerName,
    ownerEmail: view.ownerEmail,
    folder: view.folderName,
    permission: permissionName(view.permission),
    permissionWords: permissionWords(view.permission),
    comment: view.comment,
    recipient: view.recipient,
    wished: view.wishedCloud && { address: view.wishedCloud.address, at: timeWords(view.wishedCloud.at) },
    takesAddresses: view.takesAddresses,
    until: view.expiresAt === undefined ? undefined : timeWords(view.expiresAt),
    answerUntil: timeWords(view.invitationExpiresAt),
    isOpen: over === '',
    over,
  };
}

function overWords({ state, ownerName, invitationExpiresAt, expiresAt }: InvitationView, now: number): string {
  const owner = ownerName;
  const isLate = Math.min(invitationExpiresAt, expiresAt ?? Infinity) <= now;
  switch (state) {
    case 'created':
    case 'sent':
      // The clock may not have ended it yet.
      return isLate ? lateWords(owner) : '';
    case 'accepted':
    case 'active':
      return 'This invitation has been accepted. You find the folder among your files, in the cloud that you chose.';
    case 'declined':
      return `This invitation has been declined. If that was a mistake, ask ${owner} for a new one.`;
    case 'expired':
      return lateWords(owner);
    case 'withdrawn':
    case 'revoked':
    case 'left':
      return `This invitation has ended. Ask ${owner} if you think it should not have.`;
  }
}

function lateWords(owner: string): string {
  return `The time for this invitation is up. Ask ${owner} for a new one.`;
}

interface PeerModel {
  readonly id: string;
  readonly name: string;
  readonly origin: string;
  readonly hint: string;
  readonly description: string;
  readonly logo: string | undefined;
  readonly isChecked: boolean;
}

/** The list as it came (matching e-mail domains first); chosen beforehand: the current choice, else the last on this device. */
function peerModels(
  peers: readonly OfferedPeer[],
  chosenPeerId: string | undefined,
  last: string | undefined,
  logos: ReadonlySet<string>,
): readonly PeerModel[] {
  const suggested = peers.filter((peer) => peer.suggested);
  const single = suggested.length === 1 ? suggested[0]?.id : undefined;
  const checked = [chosenPeerId, last, single].find((id) => peers.some((peer) => peer.id === id));
  const hintOf = (peer: OfferedPeer): string => {
    if (peer.id === chosenPeerId) return 'chosen before';
    if (peer.id === last) return 'your last choice on this device';
    return peer.suggested ? 'fits your e-mail address' : '';
  };
  return peers.map((peer) => ({
    id: peer.id,
    name: peer.name,
    origin: peer.origin,
    hint: hintOf(peer),
    description: peer.description ?? '',
    logo: logoHref(peer.id, logos),
    isChecked: peer.id === checked,
  }));
}
