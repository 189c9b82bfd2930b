import express, { type Express, type RequestHandler } from 'express';
import { knowAskers } from './askers.js';
import { openDav } from './dav.js';
import { openDocs } from './docs.js';
import { createDeskDoor, deskRows, type DeskInputs } from '../doors/desk/index.js';
import {
  createCredentialsEntry,
  createInteropDoor,
  createInteropRefusals,
  createPeerEntry,
  createProposalEntry,
  interopMessages,
  interopRows,
  type InteropInputs,
} from '../doors/interop/index.js';
import { noteRefused } from '../doors/callers/index.js';
import { letSendersRead, refuseOddFraming, refuseOddTargets, secureIn } from '../doors/front/index.js';
import { createOcmDoor, nothingForServers, ocmRows } from '../doors/ocm/index.js';
import { createOAuthDoor, oauthRows, type OAuthInputs } from '../doors/oauth/index.js';
import { createOpsDoor, opsRows, type OpsInputs } from '../doors/ops/index.js';
import { createPageKit, nothingHere, pageRows, type PageKit } from '../doors/pages/index.js';
import {
  createStacksyncDoor,
  createStorageAuthorizer,
  refuseStorage,
  storageParties,
  storageRows,
  type StacksyncInputs,
} from '../doors/stacksync/index.js';
import type { Message } from '../federation/index.js';
import { SECOND, type Clock } from '../kernel/index.js';
import { isProxyIn } from '../platform/index.js';
import { wellKnown, type Peer } from '../peers/index.js';
import type { DecisionPage } from '../shares/index.js';
import { ocmInputs } from './ocm.js';
import { viewsFolder } from './folders.js';
import { pageServices } from './page-services.js';
import type { Rooms } from './rooms.js';

declare module '../doors/pages/frame/templates.js' {
  interface Views {
    'shares/decision': Pick<DecisionPage, 'accepted' | 'folderName'>;
  }
}

/** All doors, in the order in which they are asked. */
export function openDoors(rooms: Rooms, unready: OpsInputs['unready']): Express {
  const { config, log } = rooms.base;
  const base = config.apiPrefix.replace(/\/$/, '');
  const kit = pageKit(rooms);
  const ops = { log, unready, isTrial: config.allowInsecurePeers };
  const storage = storageInputs(rooms);
  const desk = deskInputs(rooms, storage.authorize);
  const oauth = oauthInputs(rooms);
  const interop = interopInputs(rooms, kit);
  const ocm = ocmInputs(rooms);
  const pages = pageRows(kit, pageServices(rooms));

  const app = bareApp(rooms);
  app.use(createOpsDoor(ops));
  app.use(base, createStacksyncDoor(storage), createDeskDoor(desk));
  app.use(createOAuthDoor(oauth));
  app.use(createInteropDoor(interop));
  app.use(createOcmDoor(ocm));
  app.use(openDav(rooms));
  // In the order in which the document tells them.
  const groups = [
    { base, rows: storageRows(storage) },
    { base: '', rows: [...oauthRows(oauth), ...pages, ...interopRows(interop)] },
    { base: '', rows: ocmRows(ocm) },
    { base, rows: deskRows(desk) },
    { base: '', rows: opsRows(ops) },
  ];
  app.use(openDocs(rooms, kit, groups));
  app.use(kit.mount(pages));
  app.use(nothingForServers());
  app.use(nothingHere(kit));
  return app;
}

/** What stands before every door. */
function bareApp({ base: { config, clock } }: Rooms): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.set('trust proxy', isProxyIn(config.trustedProxies));
  app.use(letSendersRead);
  app.use(refuseOddFraming);
  app.use(refuseOddTargets);
  app.use(tellTime(clock));
  app.use(knowAskers({ readsInTurn: config.database.engine === 'postgres' }));
  return app;
}

function pageKit(rooms: Rooms): PageKit {
  const { base, people } = rooms;
  const { cloudName, publicUrl, allowInsecurePeers: isTrial } = base.config;
  const { passport, sessions: sessionStore } = people;
  return createPageKit({ viewsFolder, cloudName, publicUrl, isTrial, sessionStore, passport, ...base });
}

function storageInputs(rooms: Rooms): StacksyncInputs {
  const { sharing, recipients, leaving } = rooms.agreements;
  const { log, clock, sealer } = rooms.base;
  const tagOf = (state: string): string => sealer.digest(state, 'listing-tag');
  return {
    tree: rooms.files.tree,
    sharing,
    recipients,
    leaving,
    authorize: storageAuthorizer(rooms),
    tagOf,
    log,
    clock,
  };
}

function storageAuthorizer({ base, apps, shares, neighbours, joining }: Rooms): StacksyncInputs['authorize'] {
  const { clients, tokens, delegatedTokens } = apps;
  const { findConsumer, findToken } = storageParties({
    clients,
    tokens,
    delegatedTokens,
    peers: neighbours.peers,
    keyUsed: (peer, key) => joining.peerKeys.used(peer, key),
    grants: shares.grants,
    ...base,
  });
  return createStorageAuthorizer({
    findConsumer,
    findToken,
    isSecure: secureIn(base.config.allowInsecurePeers),
    ...base,
  });
}

function deskInputs({ base, desk }: Rooms, authorize: DeskInputs['authorize']): DeskInputs {
  return { desk: desk.items, calendars: desk.calendars, authorize, refuseStranger: refuseStorage, log: base.log };
}

function oauthInputs({ base, apps }: Rooms): OAuthInputs {
  const { clients, temporaryCredentials } = apps;
  const { clock, nonces, log, webOrigin, config } = base;
  return {
    clock,
    nonces,
    log,
    webOrigin,
    clients,
    temporaryCredentials,
    isSecure: secureIn(config.allowInsecurePeers),
  };
}

function interopInputs(rooms: Rooms, kit: PageKit): InteropInputs {
  const { base, shares, neighbours, joining, agreements } = rooms;
  const { cloudName, apiPrefix } = base.config;
  const { receiving, endings, incoming, outgoing } = shares;
  const { interopOf: dialectOf, peerById, refused } = neighbours;
  const { joins, joinRequests, rotation, peerMoves, probeSoon, heardFrom } = joining;
  const { decisions, proposals } = agreements;
  const { entry, proposalEntry, credentialsEntry } = entries(rooms);
  return {
    cloudName,
    receiving,
    endings,
    dialectOf,
    peerById,
    joins,
    joinRequests,
    rotation,
    peerMoves,
    probeSoon,
    heardFrom,
    decisions,
    proposals,
    entry,
    proposalEntry,
    credentialsEntry,
    wellKnown: wellKnown({ name: cloudName, publicUrl: base.webOrigin, apiPrefix, joins: true }),
    refuse: createInteropRefusals(
      kit.refuse,
      noteRefused({ refused, incoming, outgoing, ...base }, interopMessages(dialectOf)),
    ),
    showDecision: (request, response, page) => {
      const title = page.accepted ? 'You have accepted' : 'You have declined';
      kit.show(request.http, response, undefined, { template: 'shares/decision', title, model: page });
    },
    ...base,
  };
}

/** Looks up who may send messages, and peers that cannot sign. */
function entries({ base, shares, neighbours, joining }: Rooms) {
  const { peers, interopOf, abilitiesOf } = neighbours;
  const entry = createPeerEntry({
    peerByInboundKey: (key) => peers.byInboundKey(key),
    keyUsed: (peer, key) => joining.peerKeys.used(peer, key),
    ...base,
  });
  const unproven = {
    signed: entry,
    abilitiesOf,
    lenient: () => peers.lenient(),
    isSharer: async (peer: Peer, message: Message) =>
      (await shares.incoming.byName(base.database.read, peer.id, interopOf(peer).readName(message))) !== undefined,
    ...base,
  };
  return {
    entry,
    proposalEntry: createProposalEntry(unproven),
    credentialsEntry: createCredentialsEntry(unproven),
  };
}

/**
 * Sets `Date`, from which clouds and apps with a wrong clock can learn the time (threat model OAU-07, reliability.md
 * DLV-05).
 */
function tellTime(clock: Clock): RequestHandler {
  let told = { second: Number.NaN, text: '' };
  return (_request, response, next) => {
    const second = Math.floor(clock.now() / SECOND);
    if (second !== told.second) told = { second, text: new Date(second * SECOND).toUTCString() };
    response.setHeader('Date', told.text);
    next();
  };
}
