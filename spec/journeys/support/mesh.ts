import { ownAddress, ownServer, printAddress } from '../../../src/federation/index.js';
import { itemIdOf, type PeerId, type Permission } from '../../../src/kernel/index.js';
import type { Overrides } from '../../../src/cloud.js';
import type { Log } from '../../../src/platform/index.js';
import type { Settings, Station } from '../../support/open-pair.js';
import { halvesOf, openStory, type Story } from './story.js';

/** What the owner of a share by address may say. */
export interface MeshTerms {
  readonly permission?: Permission;
  /** Milliseconds. */
  readonly expiresAt?: number;
}

/** A folder that was shared by address. */
export interface Announced {
  readonly folder: number;
  readonly name: string;
}

/** The pair of stories, whose clouds know each other as servers of Open Cloud Mesh and as nothing else. */
export async function openMesh(settings?: () => Promise<Settings>, log?: Log, overrides?: Overrides): Promise<Story> {
  const story = await openStory(settings, log, overrides);
  await meet(story.alder, story.birch);
  await meet(story.birch, story.alder);
  return story;
}

/** Registers a cloud at another one as a server of Open Cloud Mesh that speaks nothing else. */
export async function meet(at: Station, { name, url }: Station): Promise<void> {
  const { host } = new URL(url);
  await at.services.neighbours.peers.set(name, {
    dialect: 'ocm',
    storageApi: 'webdav',
    shareUrl: `${url}/ocm/shares`,
    unshareUrl: `${url}/ocm/notifications`,
    credentialsUrl: `${url}/ocm/notifications`,
    ocm: { host, path: '', isPlain: true },
  });
}

/** Tells a cloud that a peer speaks Open Cloud Mesh, too, beside what it speaks already. */
export async function meetToo(at: Station, { name, url }: Station): Promise<void> {
  await at.services.neighbours.peers.set(name, { ocm: { host: new URL(url).host, path: '', isPlain: true } });
}

/** The address of somebody in Open Cloud Mesh. */
export function addressOf({ email, at }: { readonly email: string; readonly at: { readonly url: string } }): string {
  return printAddress(ownAddress(email, ownServer(new URL(at.url))));
}

let folders = 0;

/** Ana shares a new folder with a file in it by Bo's address; nothing is delivered yet. */
export async function shareByAddress(story: Story, terms: MeshTerms = {}, address?: string): Promise<Announced> {
  folders += 1;
  const name = `Mesh ${String(folders)}`;
  const { id: folder } = await story.ana.app.makeFolder(name);
  await story.ana.app.makeFile('budget.txt', 'twelve', folder);
  await shareFolder(story, folder, terms, address);
  return { folder, name };
}

/** Ana shares a folder that she has by Bo's address, or another one at Birch. */
export async function shareFolder(
  story: Story,
  folder: number,
  terms: MeshTerms = {},
  address: string = addressOf(story.bo),
): Promise<void> {
  const { ana, alder } = story;
  const peer = await alder.services.neighbours.peers.byName('Birch');
  await alder.services.agreements.sharing.share(ana.accountId, itemIdOf(folder), {
    addresses: [],
    servers: [{ peerId: peer?.id ?? ('' as PeerId), address, clean: address }],
    permission: terms.permission ?? 'read-write',
    ...(terms.expiresAt !== undefined && { expiresAt: terms.expiresAt }),
  });
}

/** Shares, and delivers the offer. */
export async function announced(story: Story, terms: MeshTerms = {}): Promise<Announced> {
  const shared = await shareByAddress(story, terms);
  await story.settle();
  return shared;
}

/** Bo answers what waits for him; nothing is delivered yet. */
export async function answer(story: Story, { folder }: Announced, accepted: boolean): Promise<void> {
  const { incoming } = await halvesOf(story, folder);
  if (incoming === undefined) throw new Error('nothing waits for Bo');
  const { proposals } = story.birch.services.agreements;
  await proposals.decide(story.bo.accountId, incoming.id, incoming.digest, accepted);
}

/** Shares, delivers, accepts, delivers: a share at work. */
export async function atWork(story: Story, terms: MeshTerms = {}): Promise<Announced> {
  const shared = await announced(story, terms);
  await answer(story, shared, true);
  await story.settle();
  return shared;
}
