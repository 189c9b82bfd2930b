import express, { type Express, type RequestHandler } from 'express';
import { openDocs } from './docs.js';
import { refuseOddFraming } from './framing.js';
import { createDeskDoor, deskRows } from '../doors/desk/index.js';
import {
  createInteropDoor,
  createInteropRefusals,
  createPeerEntry,
  interopRows,
  type InteropInputs,
} from '../doors/interop/index.js';
import { createOAuthDoor, oauthRows } from '../doors/oauth/index.js';
import { createOpsDoor, opsRows } from '../doors/ops/index.js';
import { createPageKit, nothingHere, pageRows } from '../doors/pages/index.js';
import { createStacksyncDoor, refuseStorage, storageRows } from '../doors/stacksync/index.js';
import type { Clock } from '../kernel/index.js';
import { wellKnown } from '../peers/index.js';
import { viewsFolder } from './folders.js';
import { pageServices } from './page-services.js';
import type { Rooms } from './rooms.js';
import { secureIn, storageAuthorizer } from './storage-proofs.js';

/** What lets requests in, in the order in which it is asked. */
export function openDoors(rooms: Rooms, isReady: () => Promise<boolean>): Express {
  const { config, clock, random, log, sealer, limiter, nonces, publicOrigin } = rooms;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.set('trust proxy', config.trustedProxies.length === 0 ? false : [...config.trustedProxies]);

  app.use(refuseOddFraming);
  app.use(tellTime(clock));
  const ops = { log, isReady, isTrial: config.allowInsecurePeers };
  app.use(createOpsDoor(ops));
  const authorize = storageAuthorizer(rooms);
  const storage = { tree: rooms.tree, sharing: rooms.sharing, authorize, log, clock };
  const storageBase = config.apiPrefix.replace(/\/$/, '');
  const desk = { ...rooms, authorize, refuseStranger: refuseStorage };
  app.use(storageBase, createStacksyncDoor(storage), createDeskDoor(desk));
  const oauth = {
    ...{ clock, nonces, log, publicOrigin },
    isSecure: secureIn(config),
    clients: rooms.clients,
    temporaryCredentials: rooms.temporaryCredentials,
  };
  app.use(createOAuthDoor(oauth));
  const kit = createPageKit({
    viewsFolder,
    clock,
    random,
    log,
    sealer,
    cloudName: config.cloudName,
    publicUrl: config.publicUrl,
    isTrial: config.allowInsecurePeers,
    sessionStore: rooms.sessions,
    passport: rooms.passport,
  });
  const interop: InteropInputs = {
    clock,
    log,
    limiter,
    publicOrigin,
    cloudName: config.cloudName,
    entry: createPeerEntry({
      clock,
      nonces,
      limiter,
      publicOrigin,
      peerByInboundKey: (key) => rooms.peers.byInboundKey(key),
    }),
    dialectOf: rooms.dialectOf,
    peerById: rooms.peerById,
    proposals: rooms.proposals,
    receiving: rooms.receiving,
    decisions: rooms.decisions,
    wellKnown: wellKnown({ name: config.cloudName, publicUrl: publicOrigin, apiPrefix: config.apiPrefix }),
    refuse: createInteropRefusals(kit.refuse),
    showDecision: (request, response, page) => {
      const title = page.accepted ? 'You have accepted' : 'You have declined';
      kit.show(request.http, response, undefined, { template: 'shares/decision', title, model: page });
    },
  };
  app.use(createInteropDoor(interop));
  const pages = pageRows(kit, pageServices(rooms));
  const groups = [
    { base: storageBase, rows: storageRows(storage) },
    { base: '', rows: [...oauthRows(oauth), ...pages, ...interopRows(interop)] },
    { base: storageBase, rows: deskRows(desk) },
    { base: '', rows: opsRows(ops) },
  ];
  app.use(openDocs(rooms, kit, groups));
  app.use(kit.mount(pages));
  app.use(nothingHere(kit));
  return app;
}

/** Clouds and apps whose clock is off learn it from our refusals (threat model OAU-07, reliability.md DLV-05). */
function tellTime(clock: Clock): RequestHandler {
  return (_request, response, next) => {
    response.setHeader('Date', new Date(clock.now()).toUTCString());
    next();
  };
}
