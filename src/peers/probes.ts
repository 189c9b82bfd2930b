import { z } from 'zod';
import { isFailure, MINUTE, notFound, SECOND, type Clock, type PeerId } from '../kernel/index.js';
import type { Database, Limiter, Log, OutboundAnswer, Transaction } from '../platform/index.js';
import type { Peer, ProbeOutcome } from './peer.js';
import type { Peers } from './peers.js';

/** What {@link Probes} are made of. */
export interface ProbesParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly limiter: Pick<Limiter, 'spend'>;
  readonly log: Pick<Log, 'error'>;
  readonly peers: Pick<Peers, 'byId' | 'list'>;
  /** A signed GET to the peer, the signature in the query. */
  readonly ping: (peer: Peer, url: URL) => Promise<OutboundAnswer>;
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
};

const Pong = z.object({ name: z.string() });

/** How often a peer can make us ask. */
const UNASKED_FOR = { acts: 6, per: MINUTE };

/** How long a peer that has joined may take to be heard of, milliseconds. */
const PATIENCE = 20 * SECOND;

/** Asks peers whether the keys fit, and keeps what was found (cloudspaces-interop.md 14, step 5). */
export class Probes {
  readonly #parts: ProbesParts;
  #asking: Promise<unknown> = Promise.resolve();
  /** Those whose turn to be asked has not come. */
  readonly #waiting = new Set<PeerId>();

  constructor(parts: ProbesParts) {
    this.#parts = parts;
  }

  /** Asks a peer now. Throws `not-found` only: whatever goes wrong out there is an outcome. */
  async probe(id: PeerId): Promise<ProbeOutcome> {
    const { peers, database, clock } = this.#parts;
    const peer = await peers.byId(id);
    if (peer === undefined) throw notFound('There is no such peer.');
    const outcome = await this.#ask(peer);
    const found = { probe_outcome: outcome, probed_at: clock.now() };
    const well = outcome === 'well' ? { well_at: clock.now() } : {};
    await database.write((trx) =>
      trx('peers')
        .where({ id })
        .update({ ...found, ...well }),
    );
    return outcome;
  }

  /** A peer has just joined: it will ask for us, and is asked when it does. */
  async expect(trx: Transaction, id: PeerId): Promise<void> {
    const expected = { probe_outcome: 'awaited', probed_at: this.#parts.clock.now() };
    await trx('peers').where({ id }).update(expected);
  }

  /** Asks a peer in the background, because it has given us a reason to; many reasons at once are one (G10). */
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

  /** Asks those who have joined and were not heard of: the process that was to ask may have died. */
  async tend(): Promise<void> {
    const { peers, clock } = this.#parts;
    const overdue = (await peers.list()).filter(
      ({ blocked, probe }) => !blocked && probe?.outcome === 'awaited' && clock.now() - probe.at >= PATIENCE,
    );
    for (const { id } of overdue) this.soon(id);
  }

  /** Resolves when nobody is being asked in the background. */
  async settled(): Promise<void> {
    await this.#asking;
  }

  async #ask(peer: Peer): Promise<ProbeOutcome> {
    if (peer.outbound === undefined) return 'keyless';
    try {
      return outcomeOf(await this.#parts.ping(peer, besideShare(peer, 'ping')));
    } catch (error) {
      if (!isFailure(error)) throw error;
      return 'unreachable';
    }
  }
}

/** One of our own extensions at a peer: beside the endpoint where it takes proposals. */
export function besideShare({ shareUrl }: Pick<Peer, 'shareUrl'>, name: 'ping' | 'rotate'): URL {
  const url = new URL(shareUrl);
  url.pathname = url.pathname.replace(/\/+$/, '').replace(/[^/]*$/, name);
  url.search = '';
  return url;
}

function outcomeOf({ status, body }: OutboundAnswer): ProbeOutcome {
  if (status === 401 || status === 403) return 'refused';
  if (status === 404 || status === 405 || status === 501) return 'unasked';
  return status === 200 && isPong(body) ? 'well' : 'odd';
}

function isPong(body: Buffer): boolean {
  try {
    return Pong.safeParse(JSON.parse(body.toString('utf8'))).success;
  } catch {
    return false;
  }
}
