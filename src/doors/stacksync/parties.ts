import type { AccessTokens, Clients, DelegatedTokens } from '../../clients/index.js';
import { principalOf, type Grants } from '../../grants/index.js';
import type { GivenAccess, PeerId, PersonPrincipal } from '../../kernel/index.js';
import type { FoundConsumer, FoundToken } from '../../oauth1/index.js';
import { inboundSecretOf, type Peer, type Peers } from '../../peers/index.js';
import type { Database, Log, Remember } from '../../platform/index.js';
import type { StorageAuthorizerInputs, StorageConsumer, StorageToken } from './authorize.js';
import type { Delegate } from './wire/ports.js';

type Found = FoundToken<StorageToken>;

/** What {@link storageParties} needs. */
export interface PartyInputs {
  readonly clients: Pick<Clients, 'byKey'>;
  readonly tokens: Pick<AccessTokens, 'find' | 'touch'>;
  readonly delegatedTokens: Pick<DelegatedTokens, 'find' | 'of'>;
  readonly peers: Pick<Peers, 'byInboundKey'>;
  /** To be called after a valid signature under this key: the first one under a new key ends the previous one. */
  readonly keyUsed: (peer: Peer, key: string) => Promise<void>;
  readonly grants: Pick<Grants, 'find'>;
  readonly database: Database;
  readonly remember: Remember;
  readonly log: Log;
  /** Below it lie the calls of the storage API. */
  readonly storageBase: string;
}

/** Looks up who may sign storage requests: apps for people, peers with grants. Cached, because every request asks. */
export function storageParties(inputs: PartyInputs): Pick<StorageAuthorizerInputs, 'findConsumer' | 'findToken'> {
  const { remember } = inputs;
  return {
    findConsumer: (key) => remember(`consumer:${key}`, () => findConsumer(inputs, key)),
    findToken: (consumer, token) =>
      remember(`token:${consumer?.kind ?? ''}:${consumer?.id ?? ''}:${token}`, () =>
        findToken(inputs, consumer, token),
      ),
  };
}

async function findConsumer(
  { clients, peers, keyUsed, log }: PartyInputs,
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
    keyUsed(peer, key).catch((error: unknown) => {
      log.error({ err: error }, 'an earlier key could not be ended');
    });
  };
  return { key, secret, owner: { kind: 'peer', id: peer.id, used } };
}

/** An unknown consumer costs the same look-up as a known app (OAU-18). */
async function findToken(
  inputs: PartyInputs,
  consumer: StorageConsumer | undefined,
  token: string,
): Promise<Found | undefined> {
  if (consumer?.kind === 'peer') return findGrant(inputs, consumer.id as PeerId, token);
  const whole = await findAccess(inputs, consumer, token);
  if (whole !== undefined || consumer?.delegated !== true) return whole;
  return findDelegated(inputs, consumer.id, token);
}

/** An expired grant may still be found here: what it allows is asked again wherever it is used (G4). */
async function findGrant({ database, grants }: PartyInputs, peerId: PeerId, token: string): Promise<Found | undefined> {
  const grant = await grants.find(database.read, peerId, token);
  if (grant === undefined) return undefined;
  return { token, secret: grant.secret, owner: { id: grant.id, principal: principalOf(grant) } };
}

async function findAccess(
  inputs: PartyInputs,
  client: (StorageConsumer & { kind: 'client' }) | undefined,
  token: string,
): Promise<Found | undefined> {
  const found = await inputs.tokens.find(client?.id ?? '', token);
  if (found === undefined) return undefined;
  const { id, accountId, secret } = found;
  const used = (): void => {
    inputs.tokens.touch(found);
  };
  const delegate = client?.delegated === true ? { delegate: delegateOf(inputs, id) } : {};
  const principal: PersonPrincipal = { kind: 'person', accountId, access: { kind: 'token', id } };
  return { token, secret, owner: { id, principal, used, ...delegate } };
}

async function findDelegated(
  { delegatedTokens }: PartyInputs,
  clientId: string,
  token: string,
): Promise<Found | undefined> {
  const found = await delegatedTokens.find(clientId, token);
  if (found === undefined) return undefined;
  const { id, accountId, accessId, mountId, secret } = found;
  const access: GivenAccess = { kind: 'token', id: accessId };
  return { token, secret, owner: { id, principal: { kind: 'mount', accountId, access, mountId } } };
}

/** Cached, because desktops list the root every few seconds. */
function delegateOf({ storageBase: base, remember, delegatedTokens }: PartyInputs, accessTokenId: string): Delegate {
  return (mountId) =>
    remember(`delegated:${accessTokenId}:${mountId}`, async () => ({
      base,
      ...(await delegatedTokens.of(accessTokenId, mountId)),
    }));
}
