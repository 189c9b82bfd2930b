import { timingSafeEqual } from 'node:crypto';
import {
  Failure,
  invalid,
  isFailure,
  MINUTE,
  randomWord,
  type Clock,
  type PeerId,
  type Random,
} from '../kernel/index.js';
import type { Database, Outbound, Sealer, Transaction } from '../platform/index.js';
import { issuePair } from './consumer-pair.js';
import { discover, wellKnownUrl, type DiscoveredPeer } from './discovery.js';
import { makeJoinCode, readJoinCode } from './join-code.js';
import { pairOf, type ConfirmMessage, type JoinWire } from './join-messages.js';
import { knownAs, recordJoined, type JoinedPeerParts } from './joined-peer.js';
import { originOf } from './origins.js';
import type { ConsumerPair, Peer } from './peer.js';
import type { Probes } from './probes.js';

/** What {@link Joins} are made of. */
export interface JoinsParts extends JoinedPeerParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
  readonly outbound: Pick<Outbound, 'call'>;
  readonly wire: JoinWire;
  readonly probes: Pick<Probes, 'probe' | 'expect'>;
  readonly cloudName: string;
  readonly publicOrigin: string;
  /** Told after a cloud has become a peer by a confirmation. */
  readonly onJoined: (peer: Peer) => void;
}

/** A request of ours that waits for the other cloud's administrator. */
export interface WaitingJoin {
  readonly id: string;
  readonly name: string;
  readonly origin: string;
  /** Milliseconds: until then the code works. */
  readonly expiresAt: number;
}

/** How long a code works, and how long its answer is given again, milliseconds (cloudspaces-interop.md 14). */
const LIFE = 15 * MINUTE;
/** A join dies after so many confirmations that do not fit. */
const TRIES = 5;

/** What came of a confirmation that fits. */
interface Confirmed {
  readonly issued: ConsumerPair;
  /** The peer, unless this was a repeat. */
  readonly joined?: Peer;
}

interface JoinRow {
  readonly id: string;
  readonly origin: string;
  readonly name: string;
  readonly document: string;
  readonly code_digest: string;
  readonly actor: string;
  readonly expires_at: number;
  readonly peer_id: PeerId | null;
  readonly content_digest: string | null;
  readonly answer: string | null;
}

/** Requests of ours to become a peer of another cloud, which its administrator confirms with a one-time code. */
export class Joins {
  readonly #parts: JoinsParts;

  constructor(parts: JoinsParts) {
    this.#parts = parts;
  }

  /**
   * Asks the cloud at an address. The code is shown once, to be told to its administrator by another channel; an earlier
   * one for the same cloud is void. Throws what `discover` throws, and `conflict` for a cloud that takes no requests, is
   * blocked, or is a peer already whose connection works.
   */
  async start(address: string, actor: string): Promise<WaitingJoin & { readonly code: string }> {
    const found = await discover(this.#parts.outbound, address);
    const joinUrl = await this.#requireJoinable(found);
    const code = makeJoinCode(this.#parts.random);
    const join = await this.#store(found, code, actor);
    try {
      const { publicOrigin, cloudName: name } = this.#parts;
      await this.#parts.wire.ask(joinUrl, { join_id: join.id, discovery: wellKnownUrl(publicOrigin), name });
    } catch (error) {
      await this.cancel(join.id);
      throw error;
    }
    return { ...join, code };
  }

  /** Those that wait. */
  async list(): Promise<WaitingJoin[]> {
    const { database, clock } = this.#parts;
    const waiting = database.read<JoinRow>('joins').whereNull('peer_id').where('tries', '<', TRIES);
    const rows = await waiting.where('expires_at', '>', clock.now()).orderBy('created_at').select<JoinRow[]>('*');
    return rows.map(({ id, name, origin, expires_at: expiresAt }) => ({ id, name, origin, expiresAt }));
  }

  /** Withdraws one that waits; its code is void. */
  async cancel(id: string): Promise<void> {
    await this.#parts.database.write((trx) => trx('joins').where({ id, peer_id: null }).delete());
  }

  /**
   * The other cloud brings the code and the pair that it issues to us: it becomes a peer, in one transaction with the pair
   * that we issue to it, which is answered. The same content again gets the same answer for a while. Anything else is
   * `'refused'`, alike for unknown requests, wrong codes and late ones, and counts against the request.
   */
  async confirm(message: ConfirmMessage): Promise<ConsumerPair | 'refused'> {
    const outcome = await this.#attempt(message);
    if (outcome === 'refused') return outcome;
    if (outcome.joined !== undefined) this.#parts.onJoined(outcome.joined);
    return outcome.issued;
  }

  /** Forgets what is over. */
  async sweep(): Promise<void> {
    const { database, clock } = this.#parts;
    await database.write((trx) => trx('joins').where('expires_at', '<=', clock.now()).delete());
  }

  /** What has changed here since the request, such as a block, is nothing that the other cloud is told. */
  async #attempt(message: ConfirmMessage): Promise<'refused' | Confirmed> {
    try {
      return await this.#parts.database.write((trx) => this.#confirm(trx, message));
    } catch (error) {
      if (isFailure(error, 'conflict') || isFailure(error, 'invalid')) return 'refused';
      throw error;
    }
  }

  async #confirm(trx: Transaction, message: ConfirmMessage): Promise<'refused' | Confirmed> {
    const row = await this.#count(trx, message.join_id);
    if (row === undefined) return 'refused';
    const content = this.#contentDigest(message);
    const isRepeat = row.content_digest !== null && sameDigest(row.content_digest, content);
    const fits = row.content_digest === null && sameDigest(row.code_digest, this.#codeDigest(row.id, message.code));
    if (!isRepeat && !fits) return 'refused';
    await trx('joins').where({ id: row.id }).decrement('tries', 1);
    return isRepeat ? { issued: this.#answerOf(row) } : this.#settle(trx, row, pairOf(message), content);
  }

  /** Every attempt counts before it is looked at; two at once wait for each other here. */
  async #count(trx: Transaction, id: string): Promise<JoinRow | undefined> {
    const open = trx('joins')
      .where({ id })
      .where('tries', '<', TRIES)
      .where('expires_at', '>', this.#parts.clock.now());
    const [row] = await open.increment('tries', 1).returning<JoinRow[]>('*');
    return row;
  }

  async #settle(trx: Transaction, row: JoinRow, outbound: ConsumerPair, content: string): Promise<Confirmed> {
    const { random, sealer, clock } = this.#parts;
    const issued = issuePair(random);
    const found = JSON.parse(row.document) as DiscoveredPeer;
    const joined = await recordJoined(this.#parts, trx, found, { inbound: issued, outbound }, row.actor);
    await trx('joins')
      .where({ id: row.id })
      .update({
        ...{ peer_id: joined.id, content_digest: content, expires_at: clock.now() + LIFE },
        answer: sealer.seal(JSON.stringify(issued), contextOf(row.id)),
      });
    return { issued, joined };
  }

  async #requireJoinable(found: DiscoveredPeer): Promise<string> {
    const { peers, probes, publicOrigin } = this.#parts;
    const { joinUrl, name } = found;
    if (joinUrl === undefined) {
      throw new Failure('conflict', `${name} takes no requests to join. Exchange keys with it by hand.`);
    }
    if (originOf(new URL(joinUrl)) === originOf(new URL(publicOrigin))) {
      throw invalid('This is the address of this cloud itself.');
    }
    const known = knownAs(found, await peers.list());
    if (known !== undefined && (await probes.probe(known.id)) === 'well') {
      throw new Failure('conflict', `${known.name} is a peer already, and the connection works.`);
    }
    return joinUrl;
  }

  async #store(found: DiscoveredPeer, code: string, actor: string): Promise<WaitingJoin> {
    const { database, clock, random } = this.#parts;
    const id = randomWord(random);
    const origin = originOf(new URL(found.shareUrl));
    const [now, { name }] = [clock.now(), found];
    const expiresAt = now + LIFE;
    await database.write(async (trx) => {
      await trx('joins').where({ origin, peer_id: null }).delete();
      await trx('joins').insert({
        ...{ id, origin, name, actor, created_at: now, expires_at: expiresAt },
        ...{ document: JSON.stringify(found), code_digest: this.#codeDigest(id, code) },
      });
    });
    return { id, name, origin, expiresAt };
  }

  #answerOf({ id, answer }: JoinRow): ConsumerPair {
    return JSON.parse(this.#parts.sealer.open(answer ?? '', contextOf(id))) as ConsumerPair;
  }

  /** Keyed, so that codes cannot be tried against a stolen database (SEC-01). */
  #codeDigest(id: string, code: string): string {
    return this.#parts.sealer.digest(JSON.stringify([id, readJoinCode(code) ?? code]), 'join-code');
  }

  #contentDigest(message: ConfirmMessage): string {
    const { join_id: id, code, consumer_key: key, consumer_secret: secret } = message;
    return this.#parts.sealer.digest(JSON.stringify([id, readJoinCode(code), key, secret]), 'join-confirmation');
  }
}

function contextOf(id: string): string {
  return `joins.answer:${id}`;
}

/** Compares in constant time. */
function sameDigest(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
