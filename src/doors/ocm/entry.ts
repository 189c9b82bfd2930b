import type { Request } from 'express';
import type { MessageBody, OcmServer, OcmVerifier } from '../../federation/index.js';
import type { MessageSigner } from '../../http-signatures/index.js';
import { Failure, isFailure, MINUTE } from '../../kernel/index.js';
import type { Peer, PeerLimits } from '../../peers/index.js';
import { networkOf, type Limiter } from '../../platform/index.js';
import { namePeer } from '../callers/askers.js';
import { originForm, requireOwnWebOrigin } from '../callers/web-origin.js';
import type { Arrival, BodyRule, Enter } from '../door/door.js';
import { ocmSenders } from './refusals.js';

/** A message of Open Cloud Mesh, and who sent it. */
export interface OcmCaller<Read> {
  /** What the message says. */
  readonly message: Read;
  readonly body: MessageBody;
  /**
   * Undefined for a message without a signature, if it may have none, and for one in which no server that we know is
   * named.
   */
  readonly signer: MessageSigner | undefined;
  /** The peer at the first server that the message names, registered or met before. */
  readonly peer: Peer | undefined;
}

/** What the entry check has to know of a kind of message. */
export interface OcmMessage<Read> {
  /** Reads it. Throws a refusal for what is wrong with its fields. */
  readonly read: (body: MessageBody) => Read;
  /**
   * The servers whose message it may be, by what it says or by the share that it is about. When there are none, nobody
   * is asked for keys, and the handler has to refuse it.
   */
  readonly serversOf: (message: Read) => readonly OcmServer[] | Promise<readonly OcmServer[]>;
  /** The id of the share that it is about, so that its refusal is shown there. */
  readonly shareIn?: (message: Read) => string | undefined;
  /**
   * The limit of a peer that it counts against: the one of messages that begin an agreement, or the one of all others.
   */
  readonly counts: keyof PeerLimits;
}

/** What {@link createOcmEntry} needs. */
export interface OcmEntryInputs {
  readonly limiter: Pick<Limiter, 'spend'>;
  /** Our configured public origin. */
  readonly webOrigin: string;
  readonly verifier: Pick<OcmVerifier, 'verify'>;
  /** The peer at this host, unless it is blocked. */
  readonly peerAt: (host: string) => Promise<Peer | undefined>;
  /** True for the server of a blocked peer. */
  readonly isBlocked: (host: string) => Promise<boolean>;
  /** Servers that are no peers may share with us (FOOTBRIDGE_OCM_OPEN). */
  readonly isOpen: boolean;
}

/** Entry checks of the door of Open Cloud Mesh. */
export interface OcmEntry {
  /** Refuses what can be refused before the body is read. */
  readonly greet: (http: Request) => void;
  /**
   * Finds out who sends a message (open-cloud-mesh.md 4.3, 10). Throws `forbidden` when it may be that of a server that
   * is not trusted, before that server is asked for anything (OCM-04); `too-many` when its network or its peer sends
   * too much.
   */
  message<Read>(kind: OcmMessage<Read>): Enter<OcmCaller<Read>>;
}

/** Messages are text of at most 50 KiB, which is what Nextcloud can verify (open-cloud-mesh.md 4.1). */
export const OCM_BODY: BodyRule = { kind: 'text', limit: 50 * 1024 };

/** Limit of all messages from one network: a server that ends all its shares at once sends many. */
const OF_NETWORK = { acts: 600, per: MINUTE, ofStrangers: true };
/** Limit of messages of servers that are no peers, from one network: each may cause us to fetch a document and keys. */
const OF_STRANGERS = { acts: 30, per: MINUTE, ofStrangers: true };
/** Limits of a peer, unless its record has others (threat model PRO-07). */
const OF_PEER: Readonly<Record<keyof PeerLimits, number>> = { proposals: 60, messages: 600 };

/** Makes the checks that find out who sent a message, and whether they may. */
export function createOcmEntry(inputs: OcmEntryInputs): OcmEntry {
  const greet = (http: Request): void => {
    requireOwnWebOrigin(http, inputs.webOrigin);
  };
  return {
    greet,
    message: (kind) => async (arrival) => {
      const { http, text } = arrival;
      await inputs.limiter.spend(`ocm-network:${networkOf(http.ip)}`, OF_NETWORK);
      const body = { type: http.headers['content-type'] ?? '', text };
      const message = kind.read(body);
      const servers = await kind.serversOf(message);
      const [first] = servers;
      if (first === undefined) return { message, body, signer: undefined, peer: undefined };
      const peer = await trusted(inputs, http, servers);
      const know = (isProven: boolean): void => {
        if (peer !== undefined) ocmSenders.know(http, { peer, isProven, message: kind.shareIn?.(message) });
      };
      know(false);
      const asked = servers.map((server) => placeOf(server, peer));
      const signer = await inputs.verifier.verify(received(inputs, arrival), asked, peer).catch(unasked);
      if (signer !== undefined) know(signer.host === first.host);
      if (peer !== undefined) await countPeer(inputs, http, peer, kind.counts);
      return { message, body, signer, peer };
    },
  };
}

/**
 * The peer at the first of the servers; undefined for a stranger where strangers may come. This is checked before
 * anything is asked of a server (OCM-04).
 */
async function trusted(
  { limiter, peerAt, isBlocked, isOpen }: OcmEntryInputs,
  http: Request,
  servers: readonly OcmServer[],
): Promise<Peer | undefined> {
  for (const { host } of servers) if (await isBlocked(host)) throw untrusted();
  const peer = await peerAt(servers[0]?.host ?? '');
  if (peer !== undefined) return peer;
  if (!isOpen) throw untrusted();
  await limiter.spend(`ocm-strangers:${networkOf(http.ip)}`, OF_STRANGERS);
  return undefined;
}

/**
 * Where a server is asked for its keys. A registered one is asked by the scheme of its record, since addresses of
 * people usually have none.
 */
function placeOf(server: OcmServer, peer: Peer | undefined): OcmServer {
  const { ocm } = peer ?? {};
  return ocm !== undefined && ocm.host === server.host ? { ...server, isPlain: ocm.isPlain } : server;
}

function untrusted(): Failure {
  return new Failure('forbidden', 'This cloud does not share with your server.');
}

/**
 * The request as signatures cover it, at our configured origin. The body was read as valid UTF-8, so that encoding it
 * gives its bytes back.
 */
function received({ webOrigin }: OcmEntryInputs, { http, text }: Arrival) {
  const { method, originalUrl, rawHeaders } = http;
  return { method, origin: webOrigin, target: originForm(originalUrl), rawHeaders, body: Buffer.from(text) };
}

/**
 * A key that could not be fetched says nothing about the message, so that the answer is 503; what went wrong goes to
 * the log only (SSR-05).
 */
function unasked(error: unknown): never {
  if (!isFailure(error, 'peer-failed') && !isFailure(error, 'peer-timeout')) throw error;
  throw new Failure('unavailable', 'Your server could not be asked for its keys.', {
    detail: error.detail,
    cause: error,
    retryAfter: MINUTE / 1_000,
  });
}

async function countPeer(
  { limiter }: OcmEntryInputs,
  http: Request,
  { id, limits }: Peer,
  counts: keyof PeerLimits,
): Promise<void> {
  namePeer(http, id);
  await limiter.spend(`${counts}:${id}`, { acts: limits[counts] ?? OF_PEER[counts], per: MINUTE });
}
