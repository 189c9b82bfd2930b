import type { Router } from 'express';
import { dataFingerprint } from '../contents/index.js';
import { createDavDoor, type DavInputs } from '../doors/dav/index.js';
import { secureIn } from '../doors/front/index.js';
import { foldersWithMembers, lastChangeIn, lastChangesOf, receivedStates } from '../files/index.js';
import type { ItemId } from '../kernel/index.js';
import type { Rooms } from './rooms.js';

/** The WebDAV door over everybody's files. */
export function openDav(rooms: Rooms): Router {
  return createDavDoor(davInputs(rooms));
}

/** What the WebDAV door stands on in this cloud. */
export function davInputs(rooms: Rooms): DavInputs {
  const { base, shares, ocm, neighbours, files, people, apps } = rooms;
  const { config, database, sealer, clock } = base;
  const { tree, locks, foreignLocks, properties } = files;
  return {
    tree,
    locks,
    foreignLocks,
    properties,
    transfers: files.transfers,
    news: files.news,
    fingerprint: () => base.remember('data-fingerprint', () => dataFingerprint(database.read)),
    states: {
      numbers: (ids) => lastChangesOf(database.read, ids),
      wholeTree: (ownerId) => lastChangeIn(database.read, { ownerId, topId: null }),
      received: (accountId, where) => receivedStates(database.read, accountId, { now: clock.now(), where }),
    },
    shared: (ids) => sharedWith(rooms, ids),
    person: (accountId) => people.accounts.byId(accountId),
    ownerAbroad: (incomingId) => ownerAbroad(rooms, incomingId),
    passwords: apps.appPasswords,
    openSecret: async (secret) => {
      const opened = await shares.ownSecrets.open(secret);
      if (opened !== undefined) return opened;
      const share = await ocm.tokens.shareOf(secret);
      return share && shares.ownSecrets.openByToken(share);
    },
    cloudOf: async ({ grantId }) => {
      const peerId = await shares.grants.peerOf(database.read, grantId);
      return peerId === undefined ? undefined : (await neighbours.peers.byId(peerId))?.name;
    },
    tagOf: (state) => sealer.digest(state, 'dav-tag'),
    isSecure: secureIn(config.allowInsecurePeers),
    cloudName: config.cloudName,
    publicUrl: base.webOrigin,
    ...base,
  };
}

async function ownerAbroad({ base, shares }: Rooms, incomingId: string): ReturnType<DavInputs['ownerAbroad']> {
  const share = await shares.incoming.byId(base.database.read, incomingId);
  return share && { name: share.ownerName, email: share.ownerEmail };
}

/** An invitation that is under way counts as a share with a cloud: its owner has given it away. */
async function sharedWith({ base, shares }: Rooms, ids: readonly ItemId[]): ReturnType<DavInputs['shared']> {
  const { read } = base.database;
  const people = await foldersWithMembers(read, ids, base.clock.now());
  const open = await shares.outgoing.open(read, { folderIds: ids });
  const clouds = new Set(open.map(({ folderId }) => folderId));
  const shared = ids.filter((id) => people.has(id) || clouds.has(id));
  return new Map(shared.map((id) => [id, { people: people.has(id), clouds: clouds.has(id) }]));
}
