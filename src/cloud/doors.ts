import express, { type Express, type RequestHandler } from 'express';
import { openDocs } from './docs.js';
import { refuseOddFraming } from './framing.js';
import { createDeskDoor, deskRows } from '../doors/desk/index.js';
import {
  createCredentialsEntry,
  createInteropDoor,
  createInteropRefusals,
  createPeerEntry,
  createProposalEntry,
  interopRows,
  type InteropInputs,
} from '../doors/interop/index.js';
import { createOAuthDoor, oauthRows, type OAuthInputs } from '../doors/oauth/index.js';
import { createOpsDoor, opsRows } from '../doors/ops/index.js';
import { createPageKit, nothingHere, pageRows, type PageKit } from '../doors/pages/index.js';
import { createStacksyncDoor, refuseStorage, storageRows, type StacksyncInputs } from '../doors/stacksync/index.js';
import type { Clock } from '../kernel/index.js';
import { wellKnown } from '../peers/index.js';
import { viewsFolder } from './folders.js';
import { pageServices } from './page-services.js';
import type { Rooms } from './rooms.js';
import { secureIn, storageAuthorizer } from './storage-proofs.js';

/** What lets requests in, in the order in which it is asked. */
export function openDoors(rooms: Rooms, isReady: () => Promise<boolean>): Express {
  const { config, log } = rooms;
  const base = config.apiPrefix.replace(/\/$/, '');
  const kit = pageKit(rooms);
  const ops = { log, isReady, isTrial: config.allowInsecurePeers };
  const storage = storageInputs(rooms);
  const desk = { ...rooms, authorize: storage.authorize, refuseStranger: refuseStorage };
  const oauth = oauthInputs(rooms);
  const interop = interopInputs(rooms, kit);
  const pages = pageRows(kit, pageServices(rooms));

  const app = bareApp(rooms);
  app.use(createOpsDoor(ops));
  app.use(base, createStacksyncDoor(storage), createDeskDoor(desk));
  app.use(createOAuthDoor(oauth));
  app.use(createInteropDoor(interop));
  // In the order in which the document tells them.
  const groups = [
    { base, rows: storageRows(storage) },
    { base: '', rows: [...oauthRows(oauth), ...pages, ...interopRows(interop)] },
    { base, rows: deskRows(desk) },
    { base: '', rows: opsRows(ops) },
  ];
  app.use(openDocs(rooms, kit, groups));
  app.use(kit.mount(pages));
  app.use(nothingHere(kit));
  return app;
}

/** What stands before every door. */
function bareApp({ config, clock }: Rooms): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.set('trust proxy', config.trustedProxies.length === 0 ? false : [...config.trustedProxies]);
  app.use(refuseOddFraming);
  app.use(tellTime(clock));
  return app;
}

function pageKit(rooms: Rooms): PageKit {
  const { cloudName, publicUrl, allowInsecurePeers: isTrial } = rooms.config;
  return createPageKit({ ...rooms, viewsFolder, cloudName, publicUrl, isTrial, sessionStore: rooms.sessions });
}

function storageInputs(rooms: Rooms): StacksyncInputs {
  const { tree, sharing, log, clock } = rooms;
  return { tree, sharing, authorize: storageAuthorizer(rooms), log, clock };
}

function oauthInputs(rooms: Rooms): OAuthInputs {
  const { clock, nonces, log, publicOrigin, clients, temporaryCredentials, config } = rooms;
  return { clock, nonces, log, publicOrigin, clients, temporaryCredentials, isSecure: secureIn(config) };
}

function interopInputs(rooms: Rooms, kit: PageKit): InteropInputs {
  const { config, publicOrigin, peers, peerKeys, incoming, database } = rooms;
  const { cloudName, apiPrefix } = config;
  const entry = createPeerEntry({
    ...rooms,
    peerByInboundKey: (key) => peers.byInboundKey(key),
    keyUsed: (peer, key) => peerKeys.used(peer, key),
  });
  const unproven = {
    ...{ ...rooms, signed: entry },
    lenient: () => peers.lenient(),
    peersWith: async (shareId: string) => (await incoming.named(database.read, shareId)).map(({ peerId }) => peerId),
  };
  return {
    ...rooms,
    cloudName,
    entry,
    proposalEntry: createProposalEntry(unproven),
    credentialsEntry: createCredentialsEntry(unproven),
    wellKnown: wellKnown({ name: cloudName, publicUrl: publicOrigin, apiPrefix, joins: true }),
    refuse: createInteropRefusals(kit.refuse),
    showDecision: (request, response, page) => {
      const title = page.accepted ? 'You have accepted' : 'You have declined';
      kit.show(request.http, response, undefined, { template: 'shares/decision', title, model: page });
    },
  };
}

/** Clouds and apps whose clock is off learn it from our refusals (threat model OAU-07, reliability.md DLV-05). */
function tellTime(clock: Clock): RequestHandler {
  return (_request, response, next) => {
    response.setHeader('Date', new Date(clock.now()).toUTCString());
    next();
  };
}
