import type { Response } from 'express';
import { displayText, notFound, statusOf, type Failure, type Fields, type PeerId } from '../../kernel/index.js';
import { PROBE_SENTENCES, showJoinCode, type JoinRequest, type WaitingJoin } from '../../peers/index.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import type { Resident } from './entries.js';
import { FORM, NO_BODY, attempt, leadTo, param, requiredField, textField } from './forms.js';
import type { PageKit } from './kit.js';
import type { PeerServices } from './services.js';
import { leaveNotice } from './sessions.js';
import { timeWords } from './words.js';

const LIST = '/admin/peers';

/** The administrator's pages about becoming peers by a one-time code, and about keeping the connection. */
export function joinRows(kit: PageKit, services: PeerServices): AnyRow[] {
  return [askPage(kit), askForm(kit, services), ...waitingRows(kit, services), ...connectionRows(kit, services)];
}

/** What the list of peers shows of those that are on their way. */
export async function joiningModel({ joining }: PeerServices): Promise<object> {
  const [requests, waiting] = await Promise.all([joining.joinRequests.list(), joining.joins.list()]);
  return { requests: requests.map(requestModel), waiting: waiting.map(waitingModel) };
}

function requestModel({ id, name, origin, state, knownAs, askedAt }: JoinRequest): object {
  return { id, name: displayText(name), origin: displayText(origin), state, knownAs, asked: timeWords(askedAt) };
}

function waitingModel({ id, name, origin, expiresAt }: WaitingJoin): object {
  return { id, name: displayText(name), origin: displayText(origin), until: timeWords(expiresAt) };
}

function askPage(kit: PageKit): AnyRow {
  const { entries } = kit;
  return row<Resident>({
    method: 'GET',
    path: '/admin/peers/join',
    summary: 'Asks for the address of the cloud to join.',
    body: NO_BODY,
    enter: entries.recent(entries.administrator),
    handle: async (request, response) => showAsk(kit, request, response),
  });
}

function askForm(kit: PageKit, { joining }: PeerServices): AnyRow {
  const { entries } = kit;
  return row<Resident>({
    method: 'POST',
    path: '/admin/peers/join',
    summary: 'Asks another cloud to join, and shows the one-time code, once.',
    body: FORM,
    enter: entries.recent(entries.posted(entries.administrator), '/admin/peers/join'),
    handle: async (request, response) => {
      const { form, caller, http } = request;
      const outcome = await attempt(async () =>
        joining.joins.start(requiredField(form, 'url', 'The address'), caller.person.id),
      );
      if (outcome.kind === 'refused') {
        showAsk(kit, request, response, outcome.failure);
        return;
      }
      const { code, ...waiting } = outcome.result;
      const model = { ...waitingModel(waiting), code: showJoinCode(code), here: kit.publicUrl.origin };
      const title = `Tell ${displayText(waiting.name)} this code`;
      kit.show(http, response, caller.person, { template: 'admin/peer-code', title, section: 'admin', model });
    },
  });
}

function showAsk(
  kit: PageKit,
  { http, caller, form }: DoorRequest<Resident>,
  response: Response,
  failure?: Failure,
): void {
  kit.show(http, response, caller.person, {
    ...{ template: 'admin/peer-join', title: 'Join another cloud', section: 'admin' },
    model: { url: textField(form, 'url'), message: failure?.message },
    ...(failure && { status: statusOf(failure.code) }),
  });
}

/** A form of the list: does something, and leads back to where it was sent from with what came of it. */
interface ListForm {
  readonly path: string;
  readonly summary: string;
  /** Answers what to say. */
  readonly act: (id: string, form: Fields, actor: string) => Promise<string>;
  readonly back?: (id: string) => string;
}

function listForm({ entries }: PageKit, { path, summary, act, back = () => LIST }: ListForm): AnyRow {
  return row<Resident>({
    method: 'POST',
    path,
    summary,
    body: FORM,
    enter: entries.recent(entries.posted(entries.administrator), LIST),
    handle: async ({ http, caller, params, form }, response) => {
      const id = param(params, 'id');
      const outcome = await attempt(() => act(id, form, caller.person.id));
      if (outcome.kind === 'done') leaveNotice(http, { kind: 'done', text: outcome.result });
      else leaveNotice(http, { kind: 'trouble', text: outcome.failure.message });
      leadTo(response, back(id));
    },
  });
}

function waitingRows(kit: PageKit, { joining }: PeerServices): AnyRow[] {
  const { joinRequests, joins } = joining;
  return [
    listForm(kit, {
      path: '/admin/peers/requests/:id/approve',
      summary: 'Approves a cloud with the code that its administrator was shown.',
      async act(id, form, actor) {
        const { peer, outcome } = await joinRequests.approve(id, requiredField(form, 'code', 'The code'), actor);
        return `${displayText(peer.name)} is a peer now. ${PROBE_SENTENCES[outcome]}`;
      },
    }),
    listForm(kit, {
      path: '/admin/peers/requests/:id/read',
      summary: 'Reads again what a cloud that asks to join says of itself.',
      async act(id) {
        await joinRequests.read(id);
        return 'It was read. Compare its name and address before you enter the code.';
      },
    }),
    listForm(kit, {
      path: '/admin/peers/requests/:id/dismiss',
      summary: 'Turns a cloud away that asks to join.',
      async act(id) {
        await joinRequests.dismiss(id);
        return 'The request is dismissed. The other cloud is not told.';
      },
    }),
    listForm(kit, {
      path: '/admin/peers/joins/:id/cancel',
      summary: 'Withdraws a request of this cloud; its code is void.',
      async act(id) {
        await joins.cancel(id);
        return 'The request is withdrawn, and its code no longer works.';
      },
    }),
  ];
}

function connectionRows(kit: PageKit, { peers, joining }: PeerServices): AnyRow[] {
  const back = (id: string): string => `${LIST}/${encodeURIComponent(id)}`;
  return [
    listForm(kit, {
      path: '/admin/peers/:id/check',
      summary: 'Asks a peer whether the keys fit.',
      act: async (id) => PROBE_SENTENCES[await joining.probes.probe(id as PeerId)],
    }),
    listForm(kit, {
      path: '/admin/peers/:id/rotate',
      summary: 'Gives a peer new keys.',
      back,
      async act(id, _form, actor) {
        const peer = await peers.byId(id as PeerId);
        if (peer === undefined) throw notFound('There is no such peer.');
        await joining.rotation.rotate(peer.name, actor);
        return `${displayText(peer.name)} has new keys. The ones before work until it has used them.`;
      },
    }),
  ];
}
