import type { Request } from 'express';
import type { Config } from '../config/index.js';
import {
  createStorageAuthorizer,
  type Delegate,
  type StorageConsumer,
  type StorageToken,
} from '../doors/stacksync/index.js';
import { principalOf } from '../grants/index.js';
import type { PeerId } from '../kernel/index.js';
import type { FoundConsumer, FoundToken } from '../oauth1/index.js';
import { inboundSecretOf } from '../peers/index.js';
import type { Rooms } from './rooms.js';

type StorageAuthorizer = ReturnType<typeof createStorageAuthorizer>;
type Found = FoundToken<StorageToken>;

/** Where a bare secret may travel: over TLS, here or at a trusted proxy, and anywhere in a trial (OAU-02). */
export function secureIn({ allowInsecurePeers }: Config): (http: Request) => boolean {
  return (http) => allowInsecurePeers || http.secure;
}

/** Who signs storage requests: apps for people, peers with the grants of shares. Asked on every request, hence remembered. */
export function storageAuthorizer(rooms: Rooms): StorageAuthorizer {
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
  { clients, peers, peerKeys, log }: Rooms,
  key: string,
): Promise<FoundConsumer<StorageConsumer> | undefined> {
  const client = await clients.byKey(key);
  if (client !== undefined) {
    const { id, consumerSecret, publicKey, forbiddenAs400, delegated } = client;
    return { key, secret: consumerSecret, publicKey, owner: { kind: 'client', id, forbiddenAs400, delegated } };
  }
  const peer = await peers.byInboundKey(key);
  const secret = peer === undefined || peer.blocked ? undefined : inboundSecretOf(peer, key);
  if (peer === undefined || secret === undefined) return undefined;
  const used = (): void => {
    peerKeys.used(peer, key).catch((error: unknown) => {
      log.error({ err: error }, 'an earlier key could not be ended');
    });
  };
  return { key, secret, owner: { kind: 'peer', id: peer.id, used } };
}

/** An unknown consumer costs the same look-up as a known app (OAU-18). */
async function findToken(
  rooms: Rooms,
  consumer: StorageConsumer | undefined,
  token: string,
): Promise<Found | undefined> {
  if (consumer?.kind === 'peer') return findGrant(rooms, consumer.id as PeerId, token);
  const whole = await findAccess(rooms, consumer, token);
  if (whole !== undefined || consumer?.delegated !== true) return whole;
  return findDelegated(rooms, consumer.id, token);
}

/** An expired grant may still be found here: what it allows is asked again wherever it is used (G4). */
async function findGrant({ grants, database }: Rooms, peerId: PeerId, token: string): Promise<Found | undefined> {
  const grant = await grants.find(database.read, peerId, token);
  if (grant === undefined) return undefined;
  return { token, secret: grant.secret, owner: { id: grant.id, principal: principalOf(grant) } };
}

async function findAccess(
  rooms: Rooms,
  client: (StorageConsumer & { kind: 'client' }) | undefined,
  token: string,
): Promise<Found | undefined> {
  const found = await rooms.tokens.find(client?.id ?? '', token);
  if (found === undefined) return undefined;
  const { id, accountId, secret } = found;
  const used = (): void => {
    rooms.tokens.touch(found);
  };
  const delegate = client?.delegated === true ? { delegate: delegateOf(rooms, id) } : {};
  return { token, secret, owner: { id, principal: { kind: 'person', accountId, accessId: id }, used, ...delegate } };
}

async function findDelegated({ delegatedTokens }: Rooms, clientId: string, token: string): Promise<Found | undefined> {
  const found = await delegatedTokens.find(clientId, token);
  if (found === undefined) return undefined;
  const { id, accountId, accessId, mountId, secret } = found;
  return { token, secret, owner: { id, principal: { kind: 'mount', accountId, accessId, mountId } } };
}

/** Desktops list the root every few seconds, hence remembered. */
function delegateOf({ delegatedTokens, remember, storageBase: base }: Rooms, accessTokenId: string): Delegate {
  return (mountId) =>
    remember(`delegated:${accessTokenId}:${mountId}`, async () => ({
      base,
      ...(await delegatedTokens.of(accessTokenId, mountId)),
    }));
}
