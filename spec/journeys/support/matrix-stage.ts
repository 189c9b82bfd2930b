import type { Credentials } from '../../../src/oauth1/index.js';
import { CLEO } from '../../support/seeds.js';
import { StorageClient } from './storage-client.js';
import {
  activate,
  carryDecision,
  choose,
  decideUnheard,
  enter,
  halvesOf,
  invite,
  mountOf,
  openStory,
  type Invited,
  type Story,
  type Terms,
} from './story.js';

/** A shared folder with something of every kind in it. */
export interface Inside {
  readonly folder: number;
  readonly childFolder: number;
  /** Has two versions. */
  readonly childFile: number;
  readonly deletedFile: number;
}

/** Where an item lies, as seen by whoever holds one grant. */
export type Place = 'top' | 'inside' | 'deleted' | 'outside' | 'nowhere';

/** An item that every call is made upon. */
export interface Spot {
  readonly what: string;
  readonly id: number;
  readonly kind: 'file' | 'folder' | 'either';
  readonly place: Place;
}

/** Somebody who asks, and what there is to ask for. */
export interface Asker {
  readonly app: StorageClient;
  readonly spots: readonly Spot[];
  /** Items that may be changed for good, made afresh for each call. */
  readonly fresh: (kind: 'file' | 'folder') => Promise<number>;
}

/** Everything that one share of Ana's must not reach, and the grants in hand. */
export interface Matrix {
  readonly story: Story;
  readonly askers: Readonly<Record<Scope, Asker>>;
}

/** Who asks: with which credentials. */
export type Scope = (typeof SCOPES)[number];

export const SCOPES = [
  'a read-only grant',
  'a read-write grant',
  'an ended grant',
  'another cloud with this grant',
  'the grant of another folder',
  'the owner',
  'somebody else of the same cloud',
] as const;

const NOBODY = 987_654;

/** Sets the stage: Ana’s tree with three shares, Cleo’s beside it, and a mount of Ana’s from Bo. */
export async function openMatrix(): Promise<Matrix> {
  const story = await openStory();
  const { ana, alder } = story;
  const parent = (await ana.app.makeFolder('Parent')).id;
  const reading = await fill(story, parent, { permission: 'read-only' });
  const writing = await fill(story, parent, { permission: 'read-write' });
  const ended = await fill(story, parent, { permission: 'read-write' });
  const cleo = await enter(story, CLEO, alder);
  const hers = (await cleo.app.makeFolder('Hers')).id;
  const around: Spot[] = [
    { what: 'the root', id: 0, kind: 'folder', place: 'outside' },
    { what: 'the parent', id: parent, kind: 'folder', place: 'outside' },
    ...(await besides(story, parent)),
    { what: 'somebody else’s folder', id: hers, kind: 'folder', place: 'outside' },
    { what: 'somebody else’s file', id: await fileIn(cleo.app, hers), kind: 'file', place: 'outside' },
    { what: 'a mount of the owner', id: await mountFromBo(story), kind: 'folder', place: 'outside' },
    { what: 'no item', id: NOBODY, kind: 'either', place: 'nowhere' },
  ];
  const seen = (inside: Inside, other: Inside): Spot[] => [...spotsOf(inside), ...othersOf(other), ...around];
  const keys = {
    reading: await grantKeys(story, reading.folder),
    writing: await grantKeys(story, writing.folder),
    ended: await grantKeys(story, ended.folder),
  };
  await end(story, ended.folder);
  const asker = (app: StorageClient, spots: readonly Spot[], home: number, keeper = ana.app): Asker => {
    return { app, spots, fresh: (kind) => (kind === 'file' ? fileIn(keeper, home) : folderIn(keeper, home)) };
  };
  const withKeys = (credentials: Credentials): StorageClient =>
    new StorageClient(alder.url, credentials, story.alder.clock);
  await ana.app.children(around.find(({ what }) => what === 'a mount of the owner')?.id);
  return {
    story,
    askers: {
      'a read-only grant': asker(withKeys(keys.reading), seen(reading, writing), reading.folder),
      'a read-write grant': asker(withKeys(keys.writing), seen(writing, reading), writing.folder),
      'an ended grant': asker(withKeys(keys.ended), seen(ended, writing), ended.folder),
      'another cloud with this grant': asker(
        withKeys({ ...keys.writing, ...(await pairOfCedar(story)) }),
        seen(writing, reading),
        writing.folder,
      ),
      'the grant of another folder': asker(withKeys(keys.writing), asOutsider(seen(reading, reading)), reading.folder),
      'the owner': asker(ana.app, ownersView(seen(writing, reading)), writing.folder),
      'somebody else of the same cloud': asker(cleo.app, strangersView(seen(writing, reading)), writing.folder),
    },
  };
}

async function fill(story: Story, parent: number, terms: Terms): Promise<Inside> {
  const { app } = story.ana;
  const { folder } = await activate(story, terms);
  await app.json(`folder/${String(folder)}`, 'PUT', { parent });
  const childFolder = await folderIn(app, folder);
  const childFile = await fileIn(app, folder);
  await app.replace(childFile, 'second');
  const deletedFile = await fileIn(app, folder);
  await app.call(`file/${String(deletedFile)}`, { method: 'DELETE' });
  return { folder, childFolder, childFile, deletedFile };
}

let made = 0;

async function fileIn(app: StorageClient, parent: number): Promise<number> {
  return (await app.makeFile(`file ${String((made += 1))}.txt`, 'first', parent)).id;
}

async function folderIn(app: StorageClient, parent: number): Promise<number> {
  return (await app.makeFolder(`folder ${String((made += 1))}`, parent)).id;
}

async function besides({ ana }: Story, parent: number): Promise<Spot[]> {
  const sibling = await folderIn(ana.app, parent);
  return [
    { what: 'a sibling', id: sibling, kind: 'folder', place: 'outside' },
    { what: 'a file of a sibling', id: await fileIn(ana.app, sibling), kind: 'file', place: 'outside' },
    { what: 'a file in the root', id: await fileIn(ana.app, 0), kind: 'file', place: 'outside' },
  ];
}

function spotsOf({ folder, childFolder, childFile, deletedFile }: Inside): Spot[] {
  return [
    { what: 'its folder', id: folder, kind: 'folder', place: 'top' },
    { what: 'a folder in it', id: childFolder, kind: 'folder', place: 'inside' },
    { what: 'a file in it', id: childFile, kind: 'file', place: 'inside' },
    { what: 'a deleted file in it', id: deletedFile, kind: 'file', place: 'deleted' },
  ];
}

function othersOf({ folder, childFolder, childFile, deletedFile }: Inside): Spot[] {
  return [
    { what: 'another share’s folder', id: folder, kind: 'folder', place: 'outside' },
    { what: 'a folder of another share', id: childFolder, kind: 'folder', place: 'outside' },
    { what: 'a file of another share', id: childFile, kind: 'file', place: 'outside' },
    { what: 'a deleted file of another share', id: deletedFile, kind: 'file', place: 'outside' },
  ];
}

const asOutsider = (spots: readonly Spot[]): Spot[] =>
  spots.map((spot) => ({ ...spot, place: spot.place === 'nowhere' ? 'nowhere' : 'outside' }));

/** The place of a spot for the owner: their own, except in the trees of others. */
function ownersView(spots: readonly Spot[]): Spot[] {
  return spots
    .filter(({ what }) => what !== 'the root' && what !== 'a deleted file of another share')
    .map((spot) =>
      spot.place === 'outside' && !spot.what.startsWith('somebody') ? { ...spot, place: 'inside' } : spot,
    );
}

/** Everybody has a root of their own. */
const strangersView = (spots: readonly Spot[]): Spot[] =>
  asOutsider(spots).filter(({ what }) => what !== 'the root' && !what.startsWith('somebody'));

/** The grant of a share as the other cloud uses it. */
async function grantKeys(story: Story, folder: number): Promise<Credentials> {
  const { grant } = await halvesOf(story, folder);
  const birch = await story.alder.services.neighbours.peers.byName('Birch');
  if (grant === undefined || birch === undefined) throw new Error('there is no grant');
  const { key, secret } = birch.inbound;
  return { consumerKey: key, consumerSecret: secret, token: grant.token, tokenSecret: grant.secret };
}

async function end({ ana, bo, settle }: Story, folder: number): Promise<void> {
  const { status } = await ana.app.json(`folder/${String(folder)}/unshare`, 'POST', [bo.email]);
  if (status !== 201) throw new Error(`not ended: ${String(status)}`);
  await settle();
}

/** A third cloud that Alder knows too. */
async function pairOfCedar({ alder }: Story): Promise<Pick<Credentials, 'consumerKey' | 'consumerSecret'>> {
  const { issued } = await alder.services.neighbours.peers.add({
    name: 'Cedar',
    shareUrl: 'http://localhost:1/interop/share',
    unshareUrl: 'http://localhost:1/interop/unshare',
    credentialsUrl: 'http://localhost:1/interop/credentials',
    emailDomains: ['cedar.example'],
  });
  return { consumerKey: issued.key, consumerSecret: issued.secret };
}

/** Bo shares a folder of his with Ana: the story the other way round. */
async function mountFromBo(story: Story): Promise<number> {
  const { ana, bo, alder, birch, asAlder, asBirch } = story;
  const mirrored = { ...story, ana: bo, bo: ana, alder: birch, birch: alder, asAlder: asBirch, asBirch: asAlder };
  const invited: Invited = await invite(mirrored, {}, ana.email);
  await choose(mirrored, invited, 'Alder');
  await decideUnheard(mirrored, invited, true);
  await carryDecision(mirrored, invited, true);
  await story.settle();
  return mountOf(mirrored, invited);
}
