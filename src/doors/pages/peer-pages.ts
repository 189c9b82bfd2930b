import type { Request, Response } from 'express';
import { displayText, notFound, statusOf, type Failure, type Fields, type PeerId } from '../../kernel/index.js';
import {
  DIALECTS,
  PROBE_SENTENCES,
  TRANSPORTS,
  type ConsumerPair,
  type DiscoveredPeer,
  type Peer,
} from '../../peers/index.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import type { Resident } from './entries.js';
import { FORM, NO_BODY, attempt, leadTo, param, requiredField, textField } from './forms.js';
import { joiningModel, joinRows } from './join-pages.js';
import type { PageKit } from './kit.js';
import { logoHref } from './logo-row.js';
import { changesOf, consentOf, draftOf, fieldsOf, fieldsTyped } from './peer-form.js';
import type { PeerServices } from './services.js';
import { leaveNotice } from './sessions.js';
import { countWords, dayWords, timeWords } from './words.js';

type Services = PeerServices;

/** The administrator's pages about trusted clouds. */
export function peerRows(kit: PageKit, services: Services): AnyRow[] {
  const { peers } = services;
  return [
    listRow(kit, services),
    ...joinRows(kit, services),
    ...addRows(kit, services),
    ...editRows(kit, peers),
    ...blockRows(kit, peers),
  ];
}

type Peers = Services['peers'];

/** The peer that a path names. */
async function needPeer(peers: Peers, params: Readonly<Record<string, string>>): Promise<Peer> {
  const peer = await peers.byId(param(params, 'id') as PeerId);
  if (peer === undefined) throw notFound('There is no such peer.');
  return peer;
}

function listRow(kit: PageKit, services: Services): AnyRow {
  const { peers, logos } = services;
  const { entries } = kit;
  return row<Resident>({
    method: 'GET',
    path: '/admin/peers',
    summary: 'Lists the trusted clouds.',
    body: NO_BODY,
    enter: entries.recent(entries.administrator),
    handle: async ({ http, caller }, response) => {
      const known = await logos.known();
      const listed = (await peers.list()).map((peer) => ({ ...peerModel(peer), logo: logoHref(peer.id, known) }));
      const model = { peers: listed, ...(await joiningModel(services)) };
      kit.show(http, response, caller.person, { template: 'admin/peers', title: 'Peers', section: 'admin', model });
    },
  });
}

function peerModel(peer: Peer): object {
  return {
    id: peer.id,
    name: displayText(peer.name),
    origin: displayText(peer.origins[0] ?? ''),
    description: peer.description,
    dialect: peer.dialect,
    isBlocked: peer.blocked,
    connection: connectionModel(peer),
    dangers: dangersOf(peer),
    since: dayWords(peer.createdAt),
  };
}

/** Whether the keys fit, as far as is known. */
function connectionModel({ outbound, probe }: Peer): object {
  if (outbound === undefined) return { tone: 'alarm', words: 'Its keys for us are missing' };
  if (probe === undefined) return { tone: 'waiting', words: 'Not checked yet' };
  const seen = timeWords(probe.at);
  if (probe.outcome === 'well') return { tone: 'good', words: 'Connected', seen };
  const why = PROBE_SENTENCES[probe.outcome];
  if (probe.outcome === 'awaited') return { tone: 'waiting', words: 'Just joined', why };
  if (probe.outcome === 'unasked') return { tone: 'waiting', words: 'Cannot be checked', why, seen };
  return { tone: 'alarm', words: 'Does not work', why, seen };
}

/** What is to be said of a change of keys that is under way. */
function rotationModel({ previousInbound }: Peer): object {
  if (previousInbound === undefined) return {};
  const { until } = previousInbound;
  return { rotating: { until: until === undefined ? undefined : timeWords(until) } };
}

/** Insecure switches are named wherever a peer is shown. */
function dangersOf({ allowUnsigned, credentialsByGet }: Pick<Peer, 'allowUnsigned' | 'credentialsByGet'>): string[] {
  return [
    ...(allowUnsigned ? ['Messages are not signed'] : []),
    ...(credentialsByGet ? ['Keys are sent in addresses'] : []),
  ];
}

function addRows(kit: PageKit, { peers, discover }: Services): AnyRow[] {
  const { entries } = kit;
  return [
    row<Resident>({
      method: 'GET',
      path: '/admin/peers/add',
      summary: 'The form to add a peer, by its address or by hand.',
      body: NO_BODY,
      enter: entries.recent(entries.administrator),
      handle: async (request, response) => showAdd(kit, request, response, {}),
    }),
    row<Resident>({
      method: 'POST',
      path: '/admin/peers/discover',
      summary: 'Reads what another cloud says of itself; nothing is stored before it is confirmed.',
      body: FORM,
      enter: entries.recent(entries.posted(entries.administrator), '/admin/peers/add'),
      handle: async (request, response) => {
        const url = textField(request.form, 'url');
        const outcome = await attempt(() => discover(requiredField(request.form, 'url', 'The address')));
        if (outcome.kind === 'refused') showAdd(kit, request, response, { url, failure: outcome.failure });
        else
          showAdd(kit, request, response, { url, found: outcome.result, strangers: strangersOf(url, outcome.result) });
      },
    }),
    row<Resident>({
      method: 'POST',
      path: '/admin/peers/add',
      summary: 'Adds a peer and shows the keys issued to it, once.',
      body: FORM,
      enter: entries.recent(entries.posted(entries.administrator), '/admin/peers/add'),
      handle: async (request, response) => {
        const outcome = await attempt(async () =>
          peers.add(draftOf(request.form), consentOf(request.form), request.caller.person.id),
        );
        if (outcome.kind === 'refused') {
          showAdd(kit, request, response, { typed: request.form, failure: outcome.failure });
          return;
        }
        const { peer, issued } = outcome.result;
        showIssued(kit, request, response, peer, issued);
      },
    }),
  ];
}

/** Addresses in a discovered document that lie on other hosts than the one asked: they need a second look (ADM-02). */
function strangersOf(url: string, found: DiscoveredPeer): string[] {
  const asked = hostOf(url);
  const named = [
    ...[found.shareUrl, found.unshareUrl, found.credentialsUrl, found.returnUrl, found.logoUrl],
    ...found.origins,
  ];
  return [...new Set(named.flatMap((each) => (each === undefined ? [] : [hostOf(each)])))].filter(
    (host) => host !== asked,
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

interface AddState {
  readonly url?: string;
  readonly found?: DiscoveredPeer;
  readonly strangers?: readonly string[];
  readonly typed?: Fields;
  readonly failure?: Failure;
}

function showAdd(kit: PageKit, { http, caller }: DoorRequest<Resident>, response: Response, state: AddState): void {
  const { url = '', found, strangers = [], typed, failure } = state;
  const fields = typed === undefined ? fieldsOf(found) : fieldsTyped(typed);
  kit.show(http, response, caller.person, {
    ...{ template: 'admin/peer-add', title: 'Add a peer', section: 'admin' },
    model: {
      url,
      fields,
      strangers,
      byHand: found !== undefined || typed !== undefined,
      message: failure?.message,
      ...CHOICES,
    },
    ...(failure && { status: statusOf(failure.code) }),
  });
}

const CHOICES = { dialects: DIALECTS, transports: TRANSPORTS } as const;

/** The secret is in this answer and nowhere else: it cannot be read back (ADM-02). */
function showIssued(
  kit: PageKit,
  { http, caller }: DoorRequest<Resident>,
  response: Response,
  peer: Peer,
  issued: ConsumerPair,
): void {
  kit.show(http, response, caller.person, {
    ...{ template: 'admin/peer-issued', title: `${displayText(peer.name)} is added`, section: 'admin' },
    model: {
      id: peer.id,
      name: displayText(peer.name),
      key: issued.key,
      secret: issued.secret,
      hasKeys: peer.outbound !== undefined,
    },
  });
}

function editRows(kit: PageKit, peers: Peers): AnyRow[] {
  const { entries } = kit;
  const path = '/admin/peers/:id';
  return [
    row<Resident>({
      method: 'GET',
      path,
      summary: 'Shows a peer and the form to change it.',
      body: NO_BODY,
      enter: entries.recent(entries.administrator),
      handle: async ({ http, caller, params }, response) => {
        const peer = await needPeer(peers, params);
        showEdit(kit, { http, response, caller }, peer, fieldsOf(peer));
      },
    }),
    row<Resident>({
      method: 'POST',
      path,
      summary: 'Changes a peer.',
      body: FORM,
      enter: entries.recent(entries.posted(entries.administrator), '/admin/peers'),
      handle: async ({ http, caller, params, form }, response) => {
        const peer = await needPeer(peers, params);
        const by = caller.person.id;
        const outcome = await attempt(async () => peers.set(peer.name, changesOf(form, peer), consentOf(form), by));
        if (outcome.kind === 'refused') {
          showEdit(kit, { http, response, caller }, peer, fieldsTyped(form), outcome.failure);
          return;
        }
        leaveNotice(http, { kind: 'done', text: `${displayText(peer.name)} is changed.` });
        leadTo(response, '/admin/peers');
      },
    }),
  ];
}

interface Visit {
  readonly http: Request;
  readonly response: Response;
  readonly caller: Resident;
}

function showEdit(
  kit: PageKit,
  { http, response, caller }: Visit,
  peer: Peer,
  fields: object,
  failure?: Failure,
): void {
  kit.show(http, response, caller.person, {
    ...{ template: 'admin/peer', title: displayText(peer.name), section: 'admin' },
    model: {
      ...peerModel(peer),
      ...rotationModel(peer),
      inboundKey: peer.inbound.key,
      fields,
      message: failure?.message,
      ...CHOICES,
    },
    ...(failure && { status: statusOf(failure.code) }),
  });
}

function blockRows(kit: PageKit, peers: Peers): AnyRow[] {
  const { entries } = kit;
  const form = (verb: 'block' | 'unblock', act: (name: string, by: string) => Promise<string>): AnyRow =>
    row<Resident>({
      method: 'POST',
      path: `/admin/peers/:id/${verb}`,
      summary: verb === 'block' ? 'Blocks a peer and ends the shares with it.' : 'Trusts a blocked peer again.',
      body: FORM,
      enter: entries.recent(entries.posted(entries.administrator), '/admin/peers'),
      handle: async ({ http, caller, params }, response) => {
        const text = await act((await needPeer(peers, params)).name, caller.person.id);
        leaveNotice(http, { kind: 'done', text });
        leadTo(response, '/admin/peers');
      },
    });
  return [
    form('block', async (name, by) => {
      const ended = await peers.block(name, by);
      return `Blocked. ${countWords(ended, 'share')} with this cloud ${ended === 1 ? 'has' : 'have'} ended.`;
    }),
    form('unblock', async (name, by) => {
      await peers.unblock(name, by);
      return 'Trusted again. Shares that ended stay ended.';
    }),
  ];
}
