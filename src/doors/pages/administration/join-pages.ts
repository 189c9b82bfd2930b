import type { Response } from 'express';
import { notFound, type Failure, type Fields, type PeerId } from '../../../kernel/index.js';
import { PROBE_SENTENCES, showJoinCode, type JoinRequest, type WaitingJoin } from '../../../peers/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import type { Resident } from '../frame/entries.js';
import { button, form } from '../frame/form.js';
import { param, required, requiredField, textField } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import type { PeerServices } from '../frame/services.js';
import { countWords, timeWords } from '../frame/words.js';

declare module '../frame/templates.js' {
  interface Views {
    'admin/peer-join': { readonly url: string; readonly addAt: string | undefined };
    'admin/peer-code': Omit<ReturnType<typeof waitingModel>, 'id'> & { readonly code: string; readonly here: string };
  }
}

const LIST = '/admin/peers';

/** The administrator's pages about becoming peers by a one-time code, and about keeping the connection. */
export function joinRows(kit: PageKit, services: PeerServices): AnyRow[] {
  return [askPage(kit), askForm(kit, services), ...waitingRows(kit, services), ...connectionRows(kit, services)];
}

/** What the list of peers shows of joins under way. */
export async function joiningModel({ joining }: PeerServices) {
  const [requests, waiting] = await Promise.all([joining.joinRequests.list(), joining.joins.list()]);
  return { requests: requests.map(requestModel), waiting: waiting.map(waitingModel) };
}

function requestModel({ id, name, origin, state, knownAs, askedAt }: JoinRequest) {
  return { id, name, origin, state, knownAs, asked: timeWords(askedAt) };
}

function waitingModel({ id, name, origin, expiresAt }: WaitingJoin) {
  return { id, name, origin, until: timeWords(expiresAt) };
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
  return form(kit, {
    path: '/admin/peers/join',
    summary: 'Asks another cloud to join, and shows the one-time code, once.',
    from: kit.entries.administrator,
    recent: '/admin/peers/join',
    fields: { url: required('The address') },
    act: async ({ url }, { request: { http, caller }, response }) => {
      const { code, ...waiting } = await joining.joins.start(url, caller.person.id);
      const model = { ...waitingModel(waiting), code: showJoinCode(code), here: kit.publicUrl.origin };
      const title = `Tell ${waiting.name} this code`;
      const page = { template: 'admin/peer-code', title, section: 'admin', model } as const;
      return { show: () => kit.show(http, response, caller.person, page) };
    },
    again: ({ request, response }, failure) => showAsk(kit, request, response, failure),
  });
}

function showAsk(
  kit: PageKit,
  { http, caller, form: sent }: DoorRequest<Resident>,
  response: Response,
  failure?: Failure,
): void {
  kit.show(http, response, caller.person, {
    template: 'admin/peer-join',
    title: 'Join another cloud',
    section: 'admin',
    failure,
    model: { url: textField(sent, 'url'), addAt: failure && addAt(failure) },
  });
}

/** The page that adds a cloud which cannot be asked to join, with its address filled in. */
function addAt({ reason, facts }: Failure): string | undefined {
  if (reason !== 'added-not-joined') return undefined;
  return `/admin/peers/add?url=${encodeURIComponent(String(facts['url']))}`;
}

/** A form of the list: does something, and leads back to the list with the result. */
interface ListForm {
  readonly path: string;
  readonly summary: string;
  /** Answers what to say. */
  readonly act: (id: string, sent: Fields, actor: string) => Promise<string>;
  readonly back?: (id: string) => string;
}

function listForm(kit: PageKit, { path, summary, act, back = () => LIST }: ListForm): AnyRow {
  return button(kit, {
    path,
    summary,
    from: kit.entries.administrator,
    recent: LIST,
    act: (_typed, { request: { params, form: sent, caller } }) => act(param(params, 'id'), sent, caller.person.id),
    back: ({ params }) => back(param(params, 'id')),
  });
}

function waitingRows(kit: PageKit, { joining }: PeerServices): AnyRow[] {
  const { joinRequests, joins } = joining;
  return [
    listForm(kit, {
      path: '/admin/peers/requests/:id/approve',
      summary: 'Approves a cloud with the code that its administrator was shown.',
      async act(id, sent, actor) {
        const { peer, outcome } = await joinRequests.approve(id, requiredField(sent, 'code', 'The code'), actor);
        return `${peer.name} is a peer now. ${PROBE_SENTENCES[outcome]}`;
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
      async act(id, _sent, actor) {
        const peer = await peers.byId(id as PeerId);
        if (peer === undefined) throw notFound('There is no such peer.');
        await joining.rotation.rotate(peer.name, actor);
        return `${peer.name} has new keys. The ones before work until it has used them.`;
      },
    }),
    listForm(kit, {
      path: '/admin/peers/:id/move',
      summary: 'Takes over the new address that a peer has said itself.',
      back,
      async act(id, sent, actor) {
        const peer = await peers.byId(id as PeerId);
        if (peer === undefined) throw notFound('There is no such peer.');
        const url = requiredField(sent, 'url', 'The new address');
        const { shares } = await joining.peerMoves.confirm(peer.name, url, actor);
        const follow = shares === 1 ? 'follows' : 'follow';
        return `${peer.name} is at its new address now. ${countWords(shares, 'share')} ${follow} it.`;
      },
    }),
  ];
}
