import type { Response } from 'express';
import { DAY, displayText, invalid, statusOf, type Failure } from '../../kernel/index.js';
import type { InvitationView, OfferedPeer, Passage } from '../../shares/index.js';
import { lookUpSecret } from '../guesses.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import { cookieAttributes, cookieNames, cookieOf } from './cookies.js';
import type { Visitor } from './entries.js';
import { FORM, NO_BODY, attempt, leadTo, param, requiredField } from './forms.js';
import { allowFormsTo } from './headers.js';
import type { PageKit } from './kit.js';
import { logoHref } from './logo-row.js';
import type { PageServices } from './services.js';
import { dayWords, permissionName, permissionWords } from './words.js';

type Services = Pick<PageServices, 'invitations' | 'limiter' | 'logos'>;

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
    row<Visitor>({
      method: 'POST',
      path,
      summary: 'Takes the choice of a cloud and leads there.',
      body: FORM,
      enter: entries.secret(entries.posted(entries.visitor, 'invitation')),
      handle: async (request, response) => choose(kit, services, request, response),
    }),
  ];
}

async function choose(
  kit: PageKit,
  services: Services,
  request: DoorRequest<Visitor>,
  response: Response,
): Promise<void> {
  const token = param(request.params, 'token');
  const outcome = await attempt(async () => {
    const peerId = requiredField(request.form, 'cloud', 'Your cloud');
    const { peers } = await lookUpSecret(services.limiter, request.http, () => services.invitations.view(token));
    // Not offered, blocked or made up: the same refusal, and nothing happened (PRO-12).
    const peer = peers.find(({ id }) => id === peerId);
    if (peer === undefined) throw invalid('Choose one of the clouds in the list.');
    return { peer, passage: await services.invitations.choose(token, peerId) };
  });
  if (outcome.kind === 'refused') {
    await showInvitation(kit, services, request, response, outcome.failure);
    return;
  }
  const { peer, passage } = outcome.result;
  const { choice } = cookieNames(kit.publicUrl);
  response.cookie(choice, encodeURIComponent(peer.id), { ...cookieAttributes(kit.publicUrl), maxAge: CHOICE_LIFE });
  if (passage.kind === 'page') leadTo(response, passage.location.href);
  else showForm(kit, request, response, peer, passage);
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
      name: displayText(peer.name),
      host: action.host,
      action: action.href,
      fields: fields.map(([name, value]) => ({ name, value })),
    },
  });
}

async function showInvitation(
  kit: PageKit,
  { invitations, limiter, logos }: Services,
  { http, caller, params }: DoorRequest<Visitor>,
  response: Response,
  failure?: Failure,
): Promise<void> {
  const view = await lookUpSecret(limiter, http, () => invitations.view(param(params, 'token')));
  const last = cookieOf(http, cookieNames(kit.publicUrl).choice);
  const model = {
    ...invitationModel(view, kit.clock.now()),
    peers: peerModels(view, last, await logos.known()),
    message: failure?.message,
  };
  allowFormsTo(
    response,
    view.peers.flatMap(({ pageOrigins }) => pageOrigins),
  );
  if (failure?.retryAfter !== undefined) response.setHeader('Retry-After', String(failure.retryAfter));
  kit.show(http, response, caller.person, {
    ...{ template: 'invitations/choose', title: 'An invitation', model },
    ...(failure && { status: statusOf(failure.code) }),
  });
}

/** Only what the holder of a forwarded link may see (PRO-11). */
function invitationModel(view: InvitationView, now: number) {
  const over = overWords(view, now);
  return {
    ownerName: displayText(view.ownerName),
    ownerEmail: view.ownerEmail,
    folder: displayText(view.folderName),
    permission: permissionName(view.permission),
    permissionWords: permissionWords(view.permission),
    comment: displayText(view.comment, 1_000),
    recipient: view.recipient,
    until: view.expiresAt === undefined ? undefined : dayWords(view.expiresAt),
    answerUntil: dayWords(view.invitationExpiresAt),
    isOpen: over === '',
    over,
  };
}

function overWords({ state, ownerName, invitationExpiresAt, expiresAt }: InvitationView, now: number): string {
  const owner = displayText(ownerName);
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
  { peers, chosenPeerId }: InvitationView,
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
    name: displayText(peer.name),
    origin: displayText(peer.origin),
    hint: hintOf(peer),
    description: displayText(peer.description ?? '', 300),
    logo: logoHref(peer.id, logos),
    isChecked: peer.id === checked,
  }));
}
