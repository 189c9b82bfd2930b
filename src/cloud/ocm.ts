import { noteRefused } from '../doors/callers/index.js';
import { createOcmEntry, createOcmRefusals, OCM_MESSAGES, type OcmEntry, type OcmInputs } from '../doors/ocm/index.js';
import { ArrivingNotifications, ArrivingShares, Hints, OcmVerifier, saidOf } from '../federation/index.js';
import { meetServer } from '../peers/index.js';
import type { Rooms } from './rooms.js';

/** What the door of Open Cloud Mesh works with. */
export function ocmInputs(rooms: Rooms): OcmInputs {
  const { base, ocm, agreements, neighbours } = rooms;
  const { incoming, outgoing } = rooms.shares;
  const exchanges = (): Promise<boolean> => base.remember('ocm-exchanges', () => neighbours.peers.ocm.exchangesAny());
  const { cloudName, publicUrl, ocm: settings } = base.config;
  return {
    cloudName,
    keys: ocm.keys,
    entry: entryOf(rooms),
    arrivingShares: arrivingShares(rooms),
    arrivingNotifications: arrivingNotifications(rooms),
    invites: agreements.contacts.invites,
    ownHost: ocm.own.host,
    tokens: ocm.tokens,
    shareOfSecret: (secret) => shareOfSecret(rooms, secret),
    ownServer: async () => ({
      name: cloudName,
      publicUrl: publicUrl.origin,
      // Nextcloud makes shares that demand tokens for whoever says this, so that it is said only where it is wanted.
      capabilities: (await exchanges()) ? [...CAPABILITIES, 'exchange-token'] : CAPABILITIES,
      criteria: settings.signatures === 'required' ? ['must-use-http-sig'] : [],
      stringsOnly: settings.stringsOnly,
    }),
    log: base.log,
    refuse: createOcmRefusals(noteRefused({ refused: neighbours.refused, incoming, outgoing, ...base }, OCM_MESSAGES)),
  };
}

/** The open share whose secret this is. */
async function shareOfSecret({ base, shares, neighbours }: Rooms, secret: string) {
  const share = await shares.ownSecrets.find(base.database.read, secret);
  const peer = share?.peerId === undefined ? undefined : await neighbours.peerById(share.peerId);
  if (share === undefined || peer === undefined || peer.blocked) return undefined;
  const { id: outgoingId, shareId } = share;
  return { outgoingId, shareId, peer, demandsToken: share.chosen?.demandsToken === true };
}

/** What this cloud says that it can do (open-cloud-mesh.md 3.1). */
const CAPABILITIES = ['notifications', 'protocol-object', 'http-sig', 'invites', 'invite-wayf'];

function arrivingShares({ base, ocm, neighbours, people, agreements }: Rooms): ArrivingShares {
  const { servers } = ocm;
  return new ArrivingShares({
    servers,
    accounts: people.accounts,
    book: ocm.book,
    proposals: agreements.proposals,
    meet: async (server) => meetServer(neighbours.peers, server, saidOf(await servers.recordOf(server), null)),
    own: ocm.own,
    ...base,
  });
}

function arrivingNotifications({ base, ocm, neighbours, shares, agreements }: Rooms): ArrivingNotifications {
  const { outgoing, incoming, ownSecrets, receiving, endings, mounting } = shares;
  return new ArrivingNotifications({
    outgoing,
    incoming,
    ownSecrets,
    receiving,
    endings,
    mounting,
    answersAbroad: agreements.answersAbroad,
    peerById: neighbours.peerById,
    book: ocm.book,
    hints: new Hints({ receiving, endings, mounting, ...base }),
    ...base,
  });
}

function entryOf({ base, ocm, neighbours }: Rooms): OcmEntry {
  const { config, clock, nonces } = base;
  const { peers } = neighbours;
  const verifier = new OcmVerifier({
    clock,
    servers: ocm.servers,
    seen: nonces,
    policy: config.ocm.signatures,
    onFirstSigned: (id) => peers.ocm.signed(id),
  });
  return createOcmEntry({
    verifier,
    peerAt: (host) => peers.byOcmHost(host),
    isBlocked: (host) => peers.ocm.isBlocked(host),
    isOpen: config.ocm.isOpen,
    ...base,
  });
}
