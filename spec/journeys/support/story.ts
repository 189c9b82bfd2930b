import type { Overrides } from '../../../src/cloud.js';
import type { Grant } from '../../../src/grants/index.js';
import type { Log } from '../../../src/platform/index.js';
import type { IncomingShare, OutgoingShare } from '../../../src/shares/index.js';
import { invitationIn, isInvitation } from '../../support/mailbox.js';
import {
  openPair,
  PASSWORD,
  type Citizen,
  type Pair,
  type Settings,
  type Station,
  type Town,
} from '../../support/open-pair.js';
import { createPerson, type Person } from '../../support/person.js';
import type { Person as Named } from '../../support/seeds.js';
import { PeerVoice } from './peer-voice.js';
import { StorageClient } from './storage-client.js';

/** Somebody in a story: an account, an app with a token, a browser that has not signed in yet. */
export interface Actor extends Citizen {
  readonly app: StorageClient;
  readonly browser: Person;
}

/** The pair with two people at work, and with voices for whatever the clouds might say to each other. */
export interface Story extends Omit<Pair, 'ana' | 'bo'> {
  readonly ana: Actor;
  readonly bo: Actor;
  /** Speaks to Birch as Alder would. */
  readonly asAlder: PeerVoice;
  /** Speaks to Alder as Birch would. */
  readonly asBirch: PeerVoice;
}

/** Opens the pair for a story. */
export async function openStory(settings?: () => Promise<Settings>, log?: Log, overrides?: Overrides): Promise<Story> {
  const pair = await openPair(settings, log, overrides);
  return Object.assign(pair, {
    ana: await act(pair.ana),
    bo: await act(pair.bo),
    asAlder: await voiceOf('Alder', pair.birch),
    asBirch: await voiceOf('Birch', pair.alder),
  });
}

/** Gives somebody else an account and a part in the story. */
export async function enter(town: Town, person: Named, at: Station): Promise<Actor> {
  return act(await town.settleIn(person, at));
}

async function act(citizen: Citizen): Promise<Actor> {
  const { at, accountId, name, email } = citizen;
  const { clients, tokens } = at.services.apps;
  if ((await clients.list()).length === 0) await clients.add('journeys', {});
  const keys = await tokens.add(accountId, 'journeys');
  return {
    ...citizen,
    app: new StorageClient(at.url, keys, at.clock),
    browser: createPerson({ name, email, password: PASSWORD }),
  };
}

/** Signs somebody in at home with a browser that remembers nothing. */
export async function signInAfresh({ browser, at }: Actor): Promise<void> {
  browser.browser.cookies.clear();
  await browser.signIn(at.url);
}

/** Speaks to a cloud as one of its peers. */
export async function voiceOf(name: string, to: Station): Promise<PeerVoice> {
  const peer = await to.services.neighbours.peers.byName(name);
  if (peer === undefined) throw new Error(`${to.name} does not know ${name}`);
  return new PeerVoice(to.url, peer.inbound, to.clock);
}

/** An invitation that lies in the mailbox. */
export interface Invited {
  readonly folder: number;
  readonly shareId: string;
  readonly link: string;
  /** The last segment of the link. */
  readonly token: string;
}

/** What an owner may say when sharing. */
export interface Terms {
  readonly permission?: 'read-only' | 'read-write';
  readonly expires_at?: string;
  readonly comment?: string;
}

let folders = 0;

/** Ana shares a new folder with a file in it; the invitation is mailed. */
export async function invite(story: Story, terms: Terms = {}, email: string = story.bo.email): Promise<Invited> {
  const { ana } = story;
  folders += 1;
  const { id: folder } = await ana.app.makeFolder(`Plans ${String(folders)}`);
  await ana.app.makeFile('budget.txt', 'twelve', folder);
  return inviteTo(story, folder, terms, email);
}

/** Ana shares a folder that she has; the invitation is mailed. */
export async function inviteTo(
  story: Story,
  folder: number,
  terms: Terms = {},
  email: string = story.bo.email,
): Promise<Invited> {
  const { ana, mailbox } = story;
  const shareId = await ana.app.share(folder, email, { ...terms });
  const after = mailbox.letters.length;
  await story.settle();
  const letter = mailbox.letters.slice(after).find((each) => each.to.includes(email) && isInvitation(each));
  if (letter === undefined) throw new Error(`no invitation for ${email}`);
  const link = invitationIn(letter);
  return { folder, shareId, link, token: link.split('/').at(-1) ?? '' };
}

/** The halves of an agreement and what they keep to themselves, as far as they exist. */
export interface Halves {
  readonly outgoing: OutgoingShare;
  readonly incoming: IncomingShare | undefined;
  readonly grant: Grant | undefined;
  /** Alder's callback, as Birch was told. */
  readonly callback: string | undefined;
}

/** Looks an agreement up at both clouds. */
export async function halvesOf(story: Story, folder: number): Promise<Halves> {
  const { alder, birch } = story;
  const q = alder.services.base.database.read;
  const row = await q('outgoing_shares').where({ folder_id: folder }).first<{ id: string } | undefined>('id');
  const outgoing = await alder.services.shares.outgoing.byId(q, row?.id ?? '');
  if (outgoing === undefined) throw new Error(`folder ${String(folder)} was never shared abroad`);
  const [incoming] = await birch.services.shares.incoming.named(birch.services.base.database.read, outgoing.shareId);
  return {
    outgoing,
    incoming,
    grant: await alder.services.shares.grants.ofShare(q, outgoing.id),
    callback: incoming === undefined ? undefined : birch.services.agreements.proposals.callbackOf(incoming),
  };
}

/** The states of both halves, the origin's first. */
export async function statesOf(story: Story, folder: number): Promise<readonly [string, string]> {
  const { outgoing, incoming } = await halvesOf(story, folder);
  return [outgoing.state, incoming?.state ?? 'absent'];
}

/** Somebody picks Birch behind the link; answers Birch's page for the proposal. */
export async function choose(story: Story, { token }: Invited, cloud = 'Birch'): Promise<URL> {
  const peer = await story.alder.services.neighbours.peers.byName(cloud);
  const passage = await story.alder.services.agreements.invitations.choose(token, peer?.id ?? '');
  if (passage.kind !== 'page') throw new Error(`${cloud} is led to by a form`);
  return passage.location;
}

/** Bo answers at Birch, and his browser is lost on the way: Alder has not heard yet. */
export async function decideUnheard(story: Story, { folder }: Invited, accepted: boolean): Promise<void> {
  const { bo, birch } = story;
  const { incoming } = await halvesOf(story, folder);
  await birch.services.agreements.proposals.decide(bo.accountId, incoming?.id ?? '', incoming?.digest ?? '', accepted);
}

/** Bo's browser arrives at Alder with the decision. */
export async function carryDecision(story: Story, { folder }: Invited, accepted: boolean): Promise<void> {
  const { outgoing, callback } = await halvesOf(story, folder);
  const answer = await story.asBirch.decide(callback ?? '', outgoing.shareId, accepted);
  if (answer.status !== 200) throw new Error(`the callback answered ${String(answer.status)}: ${answer.text}`);
}

/** The whole way to a mounted folder; answers what {@link invite} did, and the mount's id at Bo's. */
export async function activate(story: Story, terms: Terms = {}): Promise<Invited & { readonly mount: number }> {
  const invited = await invite(story, terms);
  return { ...invited, mount: await accept(story, invited) };
}

/** Bo accepts what Ana invited him to, and gets it; answers the mount's id. */
export async function accept(story: Story, invited: Invited): Promise<number> {
  await choose(story, invited);
  await decideUnheard(story, invited, true);
  await carryDecision(story, invited, true);
  await story.settle();
  return mountOf(story, invited);
}

/** The id of a share's mount in Bo's tree. */
export async function mountOf(story: Story, { folder }: Invited): Promise<number> {
  const { incoming } = await halvesOf(story, folder);
  const row = await story.birch.services.base.database
    .read('mounts')
    .where({ incoming_id: incoming?.id ?? '' })
    .first<{ id: number } | undefined>('id');
  if (row === undefined) throw new Error(`not mounted: ${incoming?.problem ?? incoming?.state ?? 'no proposal'}`);
  return row.id;
}
