import type { Request, Response } from 'express';
import { notFound, type Failure, type Fields, type PeerId } from '../../../kernel/index.js';
import {
  abilitiesOfPeer,
  operatorNotes,
  PROBE_SENTENCES,
  spokenWords,
  type Peer,
  type PeerSummary,
  type Recognised,
  type RefusedMessage,
} from '../../../peers/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import type { Resident } from '../frame/entries.js';
import { form } from '../frame/form.js';
import { param, required, textField } from '../frame/forms.js';
import { joiningModel, joinRows } from './join-pages.js';
import type { PageKit } from '../frame/kit.js';
import { BY_NAME, nameWishOf, pagerOf, type Pager } from '../frame/pager.js';
import { logoHref } from '../sharing/logo-row.js';
import { lostKeysRow, showIssued, showLost } from './peer-keys-pages.js';
import { changesOf, CHOICES, consentOf, draftOf, fieldsOf, fieldsTyped, type PeerFields } from './peer-form.js';
import type { PeerServices } from '../frame/services.js';
import { countWords, timeWords, type TimeWords } from '../frame/words.js';

declare module '../frame/templates.js' {
  interface Views {
    'admin/peers': Awaited<ReturnType<typeof joiningModel>> & {
      readonly peers: readonly (Omit<ReturnType<typeof peerModel>, 'since'> & { readonly logo: string | undefined })[];
      readonly from: string;
      readonly pager: Pager;
    };
    'admin/peer-add': typeof CHOICES & {
      readonly url: string;
      readonly fields: PeerFields;
      readonly strangers: readonly string[];
      readonly speaks: string | undefined;
      readonly byHand: boolean;
    };
    'admin/peer': typeof CHOICES &
      Pick<
        ReturnType<typeof peerModel>,
        'id' | 'name' | 'speaks' | 'isMet' | 'isBlocked' | 'connection' | 'dangers' | 'since'
      > & {
        readonly rotating?: { readonly until: TimeWords | undefined };
        readonly moving?: { readonly address: string; readonly said: TimeWords };
        readonly meshNotes: readonly string[];
        readonly signsSince: TimeWords | undefined;
        readonly keyChanged: TimeWords | undefined;
        readonly hasIssuedKeys: boolean;
        readonly refused: readonly (Omit<RefusedMessage, 'at'> & { readonly at: TimeWords })[];
        readonly inboundKey: string;
        readonly fields: PeerFields;
      };
  }
}

type Services = PeerServices;

const LIST = '/admin/peers';

/** The administrator's pages about trusted clouds. */
export function peerRows(kit: PageKit, services: Services): AnyRow[] {
  const { peers } = services;
  return [
    listRow(kit, services),
    ...joinRows(kit, services),
    ...addRows(kit, services),
    ...editRows(kit, services),
    lostKeysRow(kit, services),
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
    handle: async ({ http, caller, query }, response) => {
      const page = await peers.lists.page(nameWishOf(query));
      const known = await logos.known(page.items.map(({ id }) => id));
      const model = {
        peers: page.items.map((peer) => ({ ...peerModel(peer), logo: logoHref(peer.id, known) })),
        from: textField(query, 'from'),
        pager: pagerOf(page, '/admin/peers', BY_NAME),
        ...(await joiningModel(services)),
      };
      kit.show(http, response, caller.person, { template: 'admin/peers', title: 'Peers', section: 'admin', model });
    },
  });
}

function peerModel(peer: PeerSummary) {
  return {
    id: peer.id,
    name: peer.name,
    origin: peer.origins[0] ?? '',
    description: peer.description,
    speaks: spokenWords(peer),
    isMet: peer.ocm?.isMet === true,
    isBlocked: peer.blocked,
    connection: connectionModel(peer),
    dangers: dangersOf(peer),
    since: timeWords(peer.createdAt),
  };
}

/** How a connection is, for people; `seen` when it was last looked at. */
interface Connection {
  readonly tone: 'alarm' | 'waiting' | 'good';
  readonly words: string;
  readonly why?: string;
  readonly seen?: TimeWords;
}

/** Whether the keys fit, as far as is known. */
function connectionModel(peer: PeerSummary): Connection {
  const { hasKeys, probe } = peer;
  if (!hasKeys && abilitiesOfPeer(peer).exchangesKeys) return { tone: 'alarm', words: 'Its keys for us are missing' };
  if (probe === undefined) return { tone: 'waiting', words: 'Not checked yet' };
  const seen = timeWords(probe.at);
  if (probe.outcome === 'well') return { tone: 'good', words: 'Connected', seen };
  const why = PROBE_SENTENCES[probe.outcome];
  if (probe.outcome === 'awaited') return { tone: 'waiting', words: 'Just joined', why };
  if (probe.outcome === 'unasked') return { tone: 'waiting', words: 'Cannot be checked', why, seen };
  return { tone: 'alarm', words: 'Does not work', why, seen };
}

/** What is to be said of a change of keys that is under way. */
function rotationModel({ previousInbound }: Peer) {
  if (previousInbound === undefined) return {};
  const { until } = previousInbound;
  return { rotating: { until: until === undefined ? undefined : timeWords(until) } };
}

/** What is to be said of it as a server of Open Cloud Mesh. */
function meshModel(peer: Peer, publicUrl: URL) {
  const { ocm } = peer;
  return {
    meshNotes: ocm === undefined ? [] : operatorNotes(ocm, publicUrl.origin),
    signsSince: ocm?.signsSince === undefined ? undefined : timeWords(ocm.signsSince),
    keyChanged: ocm?.found.keyChangedAt === undefined ? undefined : timeWords(ocm.found.keyChangedAt),
    hasIssuedKeys: abilitiesOfPeer(peer).exchangesKeys,
  };
}

/** What the peer said of a new address of its own. */
function movingModel({ said, blocked }: Peer) {
  if (said === undefined || blocked) return {};
  return { moving: { address: said.address, said: timeWords(said.at) } };
}

/** Insecure switches are named wherever a peer is shown. */
function dangersOf({ allowUnsigned, credentialsByGet }: Pick<Peer, 'allowUnsigned' | 'credentialsByGet'>): string[] {
  return [
    ...(allowUnsigned ? ['Messages are not signed'] : []),
    ...(credentialsByGet ? ['Keys are sent in addresses'] : []),
  ];
}

function addRows(kit: PageKit, services: Services): AnyRow[] {
  const { entries } = kit;
  const { discover } = services;
  return [
    row<Resident>({
      method: 'GET',
      path: '/admin/peers/add',
      summary: 'The form to add a peer, by its address or by hand.',
      body: NO_BODY,
      enter: entries.recent(entries.administrator),
      handle: async (request, response) => showAdd(kit, request, response, { url: textField(request.query, 'url') }),
    }),
    form(kit, {
      path: '/admin/peers/discover',
      summary: 'Reads what another cloud says of itself; nothing is stored before it is confirmed.',
      from: entries.administrator,
      recent: '/admin/peers/add',
      fields: { url: required('The address') },
      act: async ({ url }, { request, response }) => {
        const found = await discover(url);
        return { show: () => showAdd(kit, request, response, { url, found, strangers: strangersOf(url, found) }) };
      },
      again: ({ request, response }, failure) =>
        showAdd(kit, request, response, { url: textField(request.form, 'url'), failure }),
    }),
    addForm(kit, services),
  ];
}

/** Adds a peer; one that needs keys is shown those that were issued to it. */
function addForm(kit: PageKit, { peers, joining }: Services): AnyRow {
  const { entries } = kit;
  return form(kit, {
    path: '/admin/peers/add',
    summary: 'Adds a peer and shows the keys issued to it, once.',
    from: entries.administrator,
    recent: '/admin/peers/add',
    read: (sent) => ({ draft: draftOf(sent), consent: consentOf(sent) }),
    act: async ({ draft, consent }, { request, response }) => {
      const { peer, issued } = await peers.add(draft, consent, request.caller.person.id);
      if (!abilitiesOfPeer(peer).exchangesKeys) {
        const found = PROBE_SENTENCES[await joining.probes.probe(peer.id)];
        return { to: `${LIST}/${encodeURIComponent(peer.id)}`, say: `${peer.name} is trusted. ${found}` };
      }
      return { show: () => showIssued(kit, request, response, peer, issued) };
    },
    again: ({ request, response }, failure) => showAdd(kit, request, response, { typed: request.form, failure }),
  });
}

/**
 * Addresses in a discovery document that are on other hosts than the one asked; the administrator has to confirm them
 * (ADM-02).
 */
function strangersOf(url: string, found: Recognised): string[] {
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
  readonly found?: Recognised;
  readonly strangers?: readonly string[];
  readonly typed?: Fields;
  readonly failure?: Failure;
}

function showAdd(kit: PageKit, { http, caller }: DoorRequest<Resident>, response: Response, state: AddState): void {
  const { url = '', found, strangers = [], typed, failure } = state;
  const fields = typed === undefined ? fieldsOf(found) : fieldsTyped(typed);
  kit.show(http, response, caller.person, {
    template: 'admin/peer-add',
    title: 'Add a peer',
    section: 'admin',
    failure,
    model: {
      url,
      fields,
      strangers,
      speaks: found && spokenWords(found),
      byHand: found !== undefined || typed !== undefined,
      ...CHOICES,
    },
  });
}

function editRows(kit: PageKit, { peers, refused }: Services): AnyRow[] {
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
        const lost = await peers.lostKeys.of(param(params, 'id') as PeerId);
        if (lost !== undefined) return showLost(kit, { http, response, caller }, lost);
        const peer = await needPeer(peers, params);
        const visit = { http, response, caller, refused: await refused.of(peer.id) };
        return showEdit(kit, visit, peer, fieldsOf(peer));
      },
    }),
    form(kit, {
      path,
      summary: 'Changes a peer.',
      from: entries.administrator,
      recent: LIST,
      about: ({ params }) => needPeer(peers, params),
      read: (sent, { about: peer }) => ({ changes: changesOf(sent, peer), consent: consentOf(sent) }),
      act: async ({ changes, consent }, { request: { caller }, about: { name } }) => {
        await peers.set(name, changes, consent, caller.person.id);
        return { to: LIST, say: `${name} is changed.` };
      },
      again: async ({ request: { http, caller, form: sent }, response, about: peer }, failure) => {
        const visit = { http, response, caller, refused: await refused.of(peer.id) };
        showEdit(kit, visit, peer, fieldsTyped(sent), failure);
      },
    }),
  ];
}

interface Visit {
  readonly http: Request;
  readonly response: Response;
  readonly caller: Resident;
  readonly refused: readonly RefusedMessage[];
}

function showEdit(
  kit: PageKit,
  { http, response, caller, refused }: Visit,
  peer: Peer,
  fields: PeerFields,
  failure?: Failure,
): void {
  kit.show(http, response, caller.person, {
    template: 'admin/peer',
    title: peer.name,
    section: 'admin',
    failure,
    model: {
      ...peerModel({ ...peer, hasKeys: peer.outbound !== undefined }),
      ...rotationModel(peer),
      ...movingModel(peer),
      ...meshModel(peer, kit.publicUrl),
      refused: refused.map(({ at, ...message }) => ({ ...message, at: timeWords(at) })),
      inboundKey: peer.inbound.key,
      fields,
      ...CHOICES,
    },
  });
}

function blockRows(kit: PageKit, peers: Peers): AnyRow[] {
  const verbForm = (verb: 'block' | 'unblock', act: (name: string, by: string) => Promise<string>): AnyRow =>
    form(kit, {
      path: `/admin/peers/:id/${verb}`,
      summary: verb === 'block' ? 'Blocks a peer and ends the shares with it.' : 'Trusts a blocked peer again.',
      from: kit.entries.administrator,
      recent: LIST,
      act: async (_typed, { request: { caller, params } }) => {
        // Blocking and removing work even if the secrets cannot be read.
        const peer = await peers.lists.one(param(params, 'id') as PeerId);
        if (peer === undefined) throw notFound('There is no such peer.');
        return { to: LIST, say: await act(peer.name, caller.person.id) };
      },
    });
  return [
    verbForm('block', async (name, by) => {
      const ended = await peers.block(name, by);
      return `Blocked. ${countWords(ended, 'share')} with this cloud ${ended === 1 ? 'has' : 'have'} ended.`;
    }),
    verbForm('unblock', async (name, by) => {
      await peers.unblock(name, by);
      return 'Trusted again. Shares that ended stay ended.';
    }),
  ];
}
