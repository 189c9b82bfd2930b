import { z } from 'zod';
import { isFailure, MINUTE, notFound, SECOND, type Clock, type PeerId, withoutTrailing } from '../kernel/index.js';
import {
  tryForeignJson,
  type Database,
  type Limiter,
  type Log,
  type OutboundAnswer,
  type Transaction,
} from '../platform/index.js';
import type { AskOcm, OcmSaid } from './peer/ocm-said.js';
import { readOcmPlace, type OcmPlace, type OcmTerms } from './peer/ocm-terms.js';
import { abilitiesOfPeer } from './peer/peer-abilities.js';
import type { Peer, ProbeOutcome } from './peer/peer.js';
import { webOriginOf } from './peer/web-origins.js';
import type { Peers } from './peers.js';

/** What {@link Probes} needs. */
export interface ProbesParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly limiter: Pick<Limiter, 'spend'>;
  readonly log: Pick<Log, 'error'>;
  readonly peers: Pick<Peers, 'byId' | 'lists' | 'ocm'>;
  /** A signed GET to the peer, the signature in the query. */
  readonly ping: (peer: Peer, url: URL) => Promise<OutboundAnswer>;
  readonly askOcm: AskOcm;
}

/** What each outcome means, for administrators. */
export const PROBE_SENTENCES: Readonly<Record<ProbeOutcome, string>> = {
  well: 'The connection works.',
  awaited: 'It has just joined and has not been heard of yet.',
  keyless: 'The key that it issued to this cloud is not recorded yet.',
  refused: 'It does not accept the key with which this cloud signs.',
  unreachable: 'It could not be reached.',
  unasked: 'It answers, but cannot tell whether the keys fit: it is another kind of cloud.',
  odd: 'It answers, but not as a cloud like this one does.',
  absent: 'No server of Open Cloud Mesh answers at its address.',
  closed: 'It has sharing with other clouds switched off.',
  unsigned: 'It has signed its messages before, and publishes no key any more: unsigned messages are refused.',
};

const Pong = z.object({ name: z.string() });

/** How often a peer can cause a probe. */
const UNASKED_FOR = { acts: 6, per: MINUTE };

/** How long we wait for the first call of a peer that has joined, milliseconds. */
const PATIENCE = 20 * SECOND;

/** Asks peers whether the keys work, or whether their servers of Open Cloud Mesh answer, and stores the results (cloudspaces-interop.md 14, step 5). */
export class Probes {
  readonly #parts: ProbesParts;
  #asking: Promise<unknown> = Promise.resolve();
  /** Peers that are queued to be asked. */
  readonly #waiting = new Set<PeerId>();

  constructor(parts: ProbesParts) {
    this.#parts = parts;
  }

  /** Asks a peer now. Throws `not-found` only: an error of the other side is an outcome. */
  async probe(id: PeerId): Promise<ProbeOutcome> {
    const { peers, database, clock } = this.#parts;
    const peer = await peers.byId(id);
    if (peer === undefined) throw notFound('There is no such peer.');
    const { outcome, place, said } = await this.#ask(peer);
    const found = { probe_outcome: outcome, probed_at: clock.now() };
    const well = outcome === 'well' ? { well_at: clock.now() } : {};
    await database.write(async (trx) => {
      await trx('peers')
        .where({ id })
        .update({ ...found, ...well });
      if (place === undefined || said === undefined) return;
      if (peer.ocm === undefined) await peers.ocm.learnt(trx, id, place, said);
      else await peers.ocm.said(trx, id, said, peer.ocm.found);
    });
    return outcome;
  }

  /** To be called for a peer that has just joined: it will probe us, and is probed then. */
  async expect(trx: Transaction, id: PeerId): Promise<void> {
    const expected = { probe_outcome: 'awaited', probed_at: this.#parts.clock.now() };
    await trx('peers').where({ id }).update(expected);
  }

  /**
   * Asks a peer in the background, because of something that it did; several causes at once lead to one probe (G10).
   */
  soon(id: PeerId): void {
    if (this.#waiting.has(id)) return;
    this.#waiting.add(id);
    this.#asking = this.#asking.then(async () => {
      this.#waiting.delete(id);
      try {
        await this.#parts.limiter.spend(`probe:${id}`, UNASKED_FOR);
        await this.probe(id);
      } catch (error) {
        if (!isFailure(error)) this.#parts.log.error({ err: error }, 'a peer could not be asked');
      }
    });
  }

  /** To be called when a peer has called us: it is asked again if the last probe failed. */
  heardFrom({ id, probe }: Peer): void {
    if (probe !== undefined && probe.outcome !== 'well') this.soon(id);
  }

  /** Asks peers that have joined and have not called: the process that should have asked them may have died. */
  async tend(): Promise<void> {
    const { peers, clock } = this.#parts;
    const overdue = await peers.lists.awaited(clock.now() - PATIENCE);
    for (const id of overdue) this.soon(id);
  }

  /** Resolves when nobody is being asked in the background. */
  async settled(): Promise<void> {
    await this.#asking;
  }

  /**
   * Asks whether our keys work at a peer's addresses, without storing the result. Never throws because of an error of
   * the other side.
   */
  async ask(peer: Peer): Promise<ProbeOutcome> {
    return this.#ping(peer);
  }

  /** Whoever speaks CloudSpaces may have learnt Open Cloud Mesh since. */
  async #ask(peer: Peer): Promise<Asked> {
    if (!abilitiesOfPeer(peer).exchangesKeys && peer.ocm !== undefined) return this.#askOcm(peer.ocm);
    const outcome = await this.#ping(peer);
    if (outcome !== 'well') return { outcome };
    const place = peer.ocm ?? placeBeside(peer);
    return { ...(await this.#askOcm({ signsSince: undefined, ...place })), outcome };
  }

  async #ping(peer: Peer): Promise<ProbeOutcome> {
    if (peer.outbound === undefined) return 'keyless';
    try {
      return outcomeOf(await this.#parts.ping(peer, besideShare(peer, 'ping')));
    } catch (error) {
      if (!isFailure(error)) throw error;
      return 'unreachable';
    }
  }

  async #askOcm({ signsSince, ...place }: Asking): Promise<Asked> {
    try {
      const said = await this.#parts.askOcm(place);
      const isSilent = signsSince !== undefined && !isSigning(said);
      return { outcome: isSilent ? 'unsigned' : 'well', place, said };
    } catch (error) {
      if (!isFailure(error)) throw error;
      return { outcome: OCM_TROUBLE[error.code] ?? 'unreachable' };
    }
  }
}

/** True for a server that publishes a key which can be read: what it signs cannot be verified without. */
function isSigning({ signing, key, keySet }: OcmSaid): boolean {
  return signing !== 'unsigned' && (key ?? keySet ?? undefined) !== undefined;
}

/** A server that is asked, and since when it is known to sign. */
type Asking = OcmPlace & Pick<OcmTerms, 'signsSince'>;

/** Where the server of Open Cloud Mesh of a cloud is if it has one: at the origin at which it takes proposals. */
function placeBeside({ shareUrl }: Pick<Peer, 'shareUrl'>): OcmPlace {
  return readOcmPlace(webOriginOf(new URL(shareUrl)), true);
}

/** What asking found, and what a server of Open Cloud Mesh said. */
interface Asked {
  readonly outcome: ProbeOutcome;
  readonly place?: OcmPlace;
  readonly said?: OcmSaid;
}

const OCM_TROUBLE: Readonly<Record<string, ProbeOutcome>> = { unavailable: 'closed', 'peer-failed': 'absent' };

/** One of our own extensions at a peer: beside the endpoint where it takes proposals. */
export function besideShare({ shareUrl }: Pick<Peer, 'shareUrl'>, name: 'ping' | 'rotate'): URL {
  const url = new URL(shareUrl);
  const path = withoutTrailing(url.pathname, '/');
  url.pathname = path.slice(0, path.lastIndexOf('/') + 1) + name;
  url.search = '';
  return url;
}

function outcomeOf({ status, body }: OutboundAnswer): ProbeOutcome {
  if (status === 401 || status === 403) return 'refused';
  if (status === 404 || status === 405 || status === 501) return 'unasked';
  return status === 200 && isPong(body) ? 'well' : 'odd';
}

function isPong(body: Buffer): boolean {
  return Pong.safeParse(tryForeignJson(body)).success;
}
