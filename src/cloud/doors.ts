import express, { type Express, type Request } from 'express';
import { openDocs } from './docs.js';
import { refuseOddFraming } from './framing.js';
import { createDeskDoor } from '../doors/desk/index.js';
import {
  createInteropDoor,
  createInteropRefusals,
  createPeerEntry,
  interopRows,
  type InteropInputs,
} from '../doors/interop/index.js';
import { createOAuthDoor } from '../doors/oauth/index.js';
import { createOpsDoor, opsRows } from '../doors/ops/index.js';
import { createPageKit, nothingHere, pageRows } from '../doors/pages/index.js';
import {
  createStacksyncDoor,
  createStorageAuthorizer,
  refuseStorage,
  storageRows,
  type StorageConsumer,
  type StorageToken,
} from '../doors/stacksync/index.js';
import type { Config } from '../config/index.js';
import { principalOf } from '../grants/index.js';
import type { PeerId } from '../kernel/index.js';
import type { FoundConsumer, FoundToken } from '../oauth1/index.js';
import { wellKnown } from '../peers/index.js';
import { viewsFolder } from './folders.js';
import { pageServices } from './page-services.js';
import type { Rooms } from './rooms.js';

/** What lets requests in, in the order in which it is asked. */
export function openDoors(rooms: Rooms, isReady: () => Promise<boolean>): Express {
  const { config, clock, random, log, sealer, limiter, nonces, publicOrigin } = rooms;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.set('trust proxy', config.trustedProxies.length === 0 ? false : [...config.trustedProxies]);

  app.use(refuseOddFraming);
  const ops = { log, isReady, isTrial: config.allowInsecurePeers };
  app.use(createOpsDoor(ops));
  const authorize = storageAuthorizer(rooms);
  const storage = { tree: rooms.tree, sharing: rooms.sharing, authorize, log, clock };
  const storageBase = config.apiPrefix.replace(/\/$/, '');
  app.use(
    storageBase,
    createStacksyncDoor(storage),
    createDeskDoor({ ...rooms, authorize, refuseStranger: refuseStorage }),
  );
  app.use(
    createOAuthDoor({
      ...{ clock, nonces, log, publicOrigin },
      isSecure: secureIn(config),
      clients: rooms.clients,
      temporaryCredentials: rooms.temporaryCredentials,
    }),
  );
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
  const groups = [
    { base: storageBase, rows: storageRows(storage) },
    { base: '', rows: [...interopRows(interop), ...opsRows(ops)] },
  ];
  app.use(openDocs(rooms, kit, groups));
  app.use(kit.mount(pageRows(kit, pageServices(rooms))));
  app.use(nothingHere(kit));
  return app;
}

/** Where a bare secret may travel: over TLS, here or at a trusted proxy, and anywhere in a trial (OAU-02). */
function secureIn({ allowInsecurePeers }: Config): (http: Request) => boolean {
  return (http) => allowInsecurePeers || http.secure;
}

/** Who signs storage requests: apps for people, peers with the grants of shares. Asked on every request, hence remembered. */
function storageAuthorizer(rooms: Rooms): ReturnType<typeof createStorageAuthorizer> {
  const { config, clock, nonces, publicOrigin, remember } = rooms;
  return createStorageAuthorizer({
    clock,
    nonces,
    publicOrigin,
    isSecure: secureIn(config),
    findConsumer: (key) => remember(`consumer:${key}`, () => findConsumer(rooms, key)),
    findToken: (consumer, token) =>
      remember(`token:${consumer?.kind ?? ''}:${consumer?.id ?? ''}:${token}`, () => findToken(rooms, consumer, token)),
  });
}

async function findConsumer(
  { clients, peers }: Rooms,
  key: string,
): Promise<FoundConsumer<StorageConsumer> | undefined> {
  const client = await clients.byKey(key);
  if (client !== undefined) {
    const { id, consumerSecret, publicKey, forbiddenAs400 } = client;
    return { key, secret: consumerSecret, publicKey, owner: { kind: 'client', id, forbiddenAs400 } };
  }
  const peer = await peers.byInboundKey(key);
  if (peer === undefined || peer.blocked) return undefined;
  return { key, secret: peer.inbound.secret, owner: { kind: 'peer', id: peer.id } };
}

/** An expired grant may still be found here: what it allows is asked again wherever it is used (G4). */
async function findToken(
  { tokens, grants, database }: Rooms,
  consumer: StorageConsumer | undefined,
  token: string,
): Promise<FoundToken<StorageToken> | undefined> {
  if (consumer?.kind === 'peer') {
    const grant = await grants.find(database.read, consumer.id as PeerId, token);
    if (grant === undefined) return undefined;
    return { token, secret: grant.secret, owner: { id: grant.id, principal: principalOf(grant) } };
  }
  const found = await tokens.find(consumer?.id ?? '', token);
  if (found === undefined) return undefined;
  const used = (): void => {
    tokens.touch(found);
  };
  return {
    token,
    secret: found.secret,
    owner: { id: found.id, principal: { kind: 'person', accountId: found.accountId }, used },
  };
}
