import { Failure, notFound, type Fields } from '../../kernel/index.js';
import { type Database, type OutboundAnswer, parseForeignJson } from '../../platform/index.js';
import { TakenKeys, wirePair } from './join-messages.js';
import type { PeerEvents } from '../peer/peer-events.js';
import type { IssuedKeys, PeerKeys } from '../peer-keys.js';
import type { ConsumerPair, Peer } from '../peer/peer.js';
import type { Peers } from '../peers.js';
import { besideShare } from '../probes.js';

/** What {@link KeyRotation} needs. */
export interface KeyRotationParts {
  readonly database: Database;
  readonly peers: Pick<Peers, 'byId' | 'byName'>;
  readonly keys: Pick<PeerKeys, 'issue' | 'taken' | 'takeBack' | 'sign'>;
  readonly events: Pick<PeerEvents, 'record'>;
  /** A signed POST of a form to the peer. */
  readonly tell: (peer: Peer, url: string, fields: Fields) => Promise<OutboundAnswer>;
}

/** Replaces the keys of peers without an interruption (cloudspaces-interop.md 14, "Rotation"). */
export class KeyRotation {
  readonly #parts: KeyRotationParts;

  constructor(parts: KeyRotationParts) {
    this.#parts = parts;
  }

  /**
   * Issues a new pair to a peer and tells it. Throws `not-found`; `conflict` for a peer that cannot be told; the error
   * of the network when no answer came: then both pairs work, and the next call sends the same new one.
   */
  async rotate(name: string, actor: string): Promise<void> {
    const { peers, keys } = this.#parts;
    const peer = await peers.byName(name);
    if (peer === undefined) throw notFound('There is no such peer.');
    if (peer.blocked) throw new Failure('conflict', `${peer.name} is blocked.`);
    if (peer.outbound === undefined) throw cannotBeTold(peer);
    const issued = await keys.issue(peer.id);
    await this.#tell(peer, issued);
    await keys.taken(peer.id, issued.pair.key);
    await this.#record(peer, actor);
  }

  /** Takes a new pair from a peer, with which we sign to it from now on; the same one again changes nothing. */
  async receive({ id }: Peer, pair: ConsumerPair): Promise<void> {
    const { database, keys, peers } = this.#parts;
    await database.write(async (trx) => {
      const known = (await peers.byId(id, trx))?.outbound;
      if (known?.key !== pair.key || known.secret !== pair.secret) await keys.sign(trx, id, pair);
    });
  }

  async #tell(peer: Peer, { pair, isFresh }: IssuedKeys): Promise<void> {
    const fields = Object.entries(wirePair(pair));
    const { status, body } = await this.#parts.tell(peer, besideShare(peer, 'rotate').href, fields);
    if (status === 200 && tookIn(body) === pair.key) return;
    if (status !== 404 && status !== 405) throw unanswered(peer, status);
    // A pair that was sent before may have been accepted then, whatever the answer is now.
    if (isFresh) await this.#parts.keys.takeBack(peer.id, pair.key);
    throw cannotBeTold(peer);
  }

  #record({ id: peerId }: Peer, actor: string): Promise<void> {
    return this.#parts.database.write((trx) => this.#parts.events.record(trx, { peerId, event: 'rotated', actor }));
  }
}

/** The key that the answer confirms; a 200 alone proves nothing, because some servers answer it to unknown calls. */
function tookIn(body: Buffer): string | undefined {
  try {
    return TakenKeys.parse(parseForeignJson(body)).consumer_key;
  } catch {
    return undefined;
  }
}

function cannotBeTold({ name }: Peer): Failure {
  return new Failure(
    'conflict',
    `${name} cannot take new keys by itself. Its administrator and you can exchange them by hand, or join the clouds again.`,
  );
}

function unanswered({ name }: Peer, status: number): Failure {
  return new Failure('peer-failed', `${name} did not take the new keys. The present ones keep working; try again.`, {
    detail: `answered ${String(status)}`,
  });
}
