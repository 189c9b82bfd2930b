import { Failure, notFound, type Clock } from '../../kernel/index.js';
import type { Database, Transaction } from '../../platform/index.js';
import type { DiscoveryConsent } from '../joining/discovery.js';
import type { DiscoveredPeer } from '../peer/peer-draft.js';
import { knownAs } from '../joining/joined-peer.js';
import { webOriginOf } from '../peer/web-origins.js';
import { checkAddress } from '../peer/peer-draft.js';
import type { PeerEvents } from '../peer/peer-events.js';
import { abilitiesOfPeer } from '../peer/peer-abilities.js';
import type { Peer, PeerSummary, ProbeOutcome } from '../peer/peer.js';
import type { Peers } from '../peers.js';
import { relocationOf, type PeerMove } from '../peer/relocation.js';

/** What {@link PeerMoves} needs. */
export interface PeerMovesParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly peers: Pick<Peers, 'byId' | 'byName' | 'lists' | 'relocate'>;
  readonly events: Pick<PeerEvents, 'record'>;
  readonly discover: (url: string, consent?: DiscoveryConsent) => Promise<DiscoveredPeer>;
  /** Asks, with a signed request, whether our keys are known at an address of the peer. */
  readonly ask: (peer: Peer) => Promise<ProbeOutcome>;
  /** Changes the addresses in the peer's shares, in the caller's transaction; answers how many shares were changed. */
  readonly onMoved: (trx: Transaction, move: PeerMove) => Promise<number>;
  readonly allowInsecure: boolean;
}

/** A peer after its move. */
export interface PeerMoved {
  readonly peer: Peer;
  /** Shares whose addresses followed it. */
  readonly shares: number;
}

/**
 * Changes the addresses of peers. An administrator enters the new one, and signed messages must confirm it in both
 * directions: the peer has announced it with its keys, and the server there knows the keys with which we sign.
 */
export class PeerMoves {
  readonly #parts: PeerMovesParts;

  constructor(parts: PeerMovesParts) {
    this.#parts = parts;
  }

  /**
   * Takes an address that a peer has announced in a signed message; stores it only if it is a new one. Throws
   * `invalid`.
   */
  async said(peer: Peer, address: string): Promise<void> {
    const { database, clock, allowInsecure } = this.#parts;
    const origin = webOriginOf(checkAddress(address, 'address', allowInsecure));
    const isNews = origin !== webOriginOf(new URL(peer.shareUrl));
    const news = isNews ? { said_address: origin, said_at: clock.now() } : { said_address: null, said_at: null };
    if (peer.said?.address === news.said_address) return;
    await database.write((trx) => trx('peers').where({ id: peer.id }).update(news));
  }

  /**
   * Takes over the new address of a peer, also in its shares. Throws `not-found`; `conflict` when the peer has not
   * announced this address, when the keys are not known there, or when the address belongs to another peer;
   * `peer-failed` when no cloud answers there.
   */
  async confirm(name: string, url: string, by: string, consent: DiscoveryConsent = {}): Promise<PeerMoved> {
    const { peers, discover, database } = this.#parts;
    const peer = await peers.byName(name);
    if (peer === undefined) throw notFound('There is no such peer.');
    if (!abilitiesOfPeer(peer).exchangesKeys) throw meshOnly(peer);
    const found = await discover(url, consent);
    requireSaid(peer, found);
    const other = knownAs(found, await otherPeers(peers, peer));
    if (other !== undefined) throw new Failure('conflict', `This is the address of the peer ${other.name}.`);
    await this.#requireKeys(peer, found);
    return database.write((trx) => this.#move(trx, peer, found, by));
  }

  async #requireKeys(peer: Peer, found: DiscoveredPeer): Promise<void> {
    const { shareUrl, origins } = found;
    const outcome = await this.#parts.ask({ ...peer, shareUrl, origins });
    if (outcome === 'well') return;
    throw new Failure('conflict', `The cloud at the new address does not confirm that it is ${peer.name}.`, {
      detail: `the signed question there found: ${outcome}`,
    });
  }

  async #move(trx: Transaction, peer: Peer, found: DiscoveredPeer, by: string): Promise<PeerMoved> {
    const { peers, events, onMoved } = this.#parts;
    const moved = await peers.relocate(trx, peer, found);
    const relocation = relocationOf(peer.shareUrl, found.shareUrl, found.storageBase);
    const shares = await onMoved(trx, { before: peer, after: moved, relocation });
    const note = `from ${webOriginOf(new URL(peer.shareUrl))} to ${webOriginOf(new URL(found.shareUrl))}`;
    await events.record(trx, { peerId: peer.id, event: 'moved', actor: by, note });
    return { peer: moved, shares };
  }
}

function meshOnly({ name }: Peer): Failure {
  return new Failure(
    'conflict',
    `${name} speaks only Open Cloud Mesh, where nobody announces a move. Record its new server (peer set … --ocm-url …).`,
  );
}

async function otherPeers(peers: Pick<Peers, 'lists'>, peer: Peer): Promise<PeerSummary[]> {
  return (await peers.lists.all()).filter(({ id }) => id !== peer.id);
}

function requireSaid({ name, said }: Peer, found: DiscoveredPeer): void {
  if (said?.address === webOriginOf(new URL(found.shareUrl))) return;
  throw new Failure(
    'conflict',
    `${name} has not said itself that it is at this address. It says so by itself when it is started there for the first time; wait for that, then try again.`,
  );
}
