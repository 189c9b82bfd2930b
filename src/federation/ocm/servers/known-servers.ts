import { Failure, isFailure, type Clock } from '../../../kernel/index.js';
import { readJwkSet, readRsaPem, type KeyDirectory, type PublishedKey } from '../../../http-signatures/index.js';
import type { OcmSaid, ReadKey, ReadKeys } from '../../../peers/index.js';
import type { OcmRecord } from '../discovery/record.js';
import { signingFor } from '../discovery/shape.js';
import { serverUrl, type OcmServer } from '../wording/address.js';
import { askServer, fetchJson, type GuardedCalls } from './asking.js';
import { AnswerMemory } from './memory.js';
import { draftKeyOf, keySetOf, saidOf } from './said.js';

/** Where the keys are by draft-05, in which the document does not say it (open-cloud-mesh.md 3.1). */
const OLDER_PLACE = '/.well-known/jwks.json';

/** Hears which keys a server publishes, whenever it was asked for them; it never throws. */
export type KeyListener = (server: OcmServer, keys: ReadKeys) => Promise<void>;

/**
 * The discovery documents and public keys of other servers, asked for through the guarded client and remembered for a
 * while.
 */
export class KnownServers {
  readonly #outbound: GuardedCalls;
  readonly #records: AnswerMemory<OcmRecord>;
  readonly #keySets: AnswerMemory<readonly PublishedKey[]>;
  #listener: KeyListener = async () => undefined;

  constructor({ outbound, clock }: { readonly outbound: GuardedCalls; readonly clock: Clock }) {
    this.#outbound = outbound;
    this.#records = new AnswerMemory(clock);
    this.#keySets = new AnswerMemory(clock);
  }

  /** Lets somebody hear of keys: as often as servers are asked, so at most once a minute of each. */
  listen(listener: KeyListener): void {
    this.#listener = listener;
  }

  /**
   * The discovery document of a server; the caller has checked before that the server is trusted (OCM-04). `isFresh`
   * asks again, after an answer that did not fit the remembered document. Throws `unavailable`, `peer-failed` or
   * `peer-timeout`.
   */
  async recordOf(server: OcmServer, isFresh = false): Promise<OcmRecord> {
    const ask = async (): Promise<OcmRecord> => {
      const record = await askServer(this.#outbound, server);
      await this.#listener(server, { key: draftKeyOf(record), keySet: hasKeySet(record) ? null : undefined });
      return record;
    };
    return this.#records.get(server.host, serverUrl(server), ask, isFresh);
  }

  /** Looks up keys of these servers only, those whose message is checked. Look-ups throw as {@link recordOf} does. */
  keysOf(servers: readonly OcmServer[]): KeyDirectory {
    return {
      keyOf: async (host, keyId, scheme) => {
        const server = servers.find((each) => each.host === host);
        if (server === undefined) return undefined;
        return scheme === 'cavage' ? this.#draftKey(server, keyId) : this.#keyInSet(server, keyId);
      },
    };
  }

  async #draftKey(server: OcmServer, keyId: string): Promise<PublishedKey | undefined> {
    const { publicKey } = await this.recordOf(server);
    return publicKey?.keyId === keyId ? usable(() => readRsaPem(keyId, publicKey.pem)) : undefined;
  }

  /** A key that is not in the set may be a new one: the set is asked for again, at most once a minute. */
  async #keyInSet(server: OcmServer, keyId: string): Promise<PublishedKey | undefined> {
    const find = (keys: readonly PublishedKey[]): PublishedKey | undefined => keys.find((key) => key.keyId === keyId);
    return find(await this.#keySetOf(server)) ?? find(await this.#keySetOf(server, true));
  }

  async #keySetOf(server: OcmServer, isFresh = false): Promise<readonly PublishedKey[]> {
    const record = await this.recordOf(server);
    const url = keySetUrl(record, server);
    const ask = async (): Promise<readonly PublishedKey[]> => {
      const keys = await askKeySet(this.#outbound, url);
      if (hasKeySet(record)) await this.#listener(server, { key: null, keySet: keySetOf(keys) });
      return keys;
    };
    return this.#keySets.get(server.host, url, ask, isFresh);
  }
}

/** What a server says of itself and which keys it publishes, asked now. Throws as {@link askServer} does. */
export async function askSaid(outbound: GuardedCalls, server: OcmServer): Promise<OcmSaid> {
  const record = await askServer(outbound, server);
  return saidOf(record, hasKeySet(record) ? await readKeySet(outbound, keySetUrl(record, server)) : undefined);
}

async function readKeySet(outbound: GuardedCalls, url: string): Promise<ReadKey> {
  try {
    return keySetOf(await askKeySet(outbound, url));
  } catch (error) {
    if (isFailure(error)) return null;
    throw error;
  }
}

/** True for a server that says itself that it publishes a set of keys (open-cloud-mesh.md 10.1). */
function hasKeySet(record: OcmRecord): boolean {
  return signingFor(record) === 'rfc9421' || record.jwksUri !== undefined;
}

function keySetUrl({ jwksUri }: OcmRecord, server: OcmServer): string {
  return jwksUri ?? new URL(OLDER_PLACE, serverUrl(server)).href;
}

async function askKeySet(outbound: GuardedCalls, url: string): Promise<readonly PublishedKey[]> {
  return keysIn(await fetchJson(outbound, url));
}

/**
 * The discovery document of a server to which a message is about to be sent: if the remembered attempt to get it
 * failed, it is asked for again. Throws as {@link KnownServers.recordOf} does.
 */
export async function recordToSend(servers: Pick<KnownServers, 'recordOf'>, server: OcmServer): Promise<OcmRecord> {
  try {
    return await servers.recordOf(server);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return servers.recordOf(server, true);
  }
}

function keysIn(document: unknown): readonly PublishedKey[] {
  const keys = usable(() => readJwkSet(document));
  if (keys === undefined) throw new Failure('peer-failed', 'This server publishes no keys that can be read.');
  return keys;
}

/** A key that cannot be used counts as not published (threat model G5). */
function usable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isFailure(error, 'invalid')) return undefined;
    throw error;
  }
}
