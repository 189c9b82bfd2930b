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
} from '../../kernel/index.js';
import type { Database, Sealer, Transaction } from '../../platform/index.js';
import { abilitiesOfPeer } from '../peer/peer-abilities.js';
import { issuePair } from '../peer/consumer-pair.js';
import { cloudAt, wellKnownUrl } from './discovery.js';
import { recognise, type RecogniseParts } from './recognising.js';
import type { DiscoveredPeer } from '../peer/peer-draft.js';
import { makeJoinCode, readJoinCode } from './join-code.js';
import { pairOf, type ConfirmMessage, type JoinWire } from './join-messages.js';
import { knownAs, recordJoined, type JoinedPeerParts } from './joined-peer.js';
import { webOriginOf } from '../peer/web-origins.js';
import type { ConsumerPair, Peer } from '../peer/peer.js';
import type { Probes } from '../probes.js';

/** What {@link Joins} needs. */
export interface JoinsParts extends JoinedPeerParts, RecogniseParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
  readonly wire: JoinWire;
  readonly probes: Pick<Probes, 'probe' | 'expect'>;
  readonly cloudName: string;
  readonly webOrigin: string;
  /** Is called after a cloud has become a peer by a confirmation. */
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
/** Wrong confirmations after which a join is void. */
const TRIES = 5;

/** The result of a correct confirmation. */
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
   * one for the same cloud is void. Throws what `recognise` throws, and `conflict` for a cloud that takes no requests
   * (reason `added-not-joined`), is blocked, or is a peer already whose connection works.
   */
  async start(address: string, actor: string): Promise<WaitingJoin & { readonly code: string }> {
    const found = await this.#cloudAt(address);
    const joinUrl = await this.#requireJoinable(found);
    const code = makeJoinCode(this.#parts.random);
    const join = await this.#store(found, code, actor);
    try {
      const { webOrigin, cloudName: name } = this.#parts;
      await this.#parts.wire.ask(joinUrl, { join_id: join.id, discovery: wellKnownUrl(webOrigin), name });
    } catch (error) {
      await this.cancel(join.id);
      throw error;
    }
    return { ...join, code };
  }

  /** The joins that wait for their confirmation. */
  async list(): Promise<WaitingJoin[]> {
    const { database, clock } = this.#parts;
    const waiting = database.read<JoinRow>('joins').whereNull('peer_id').where('tries', '<', TRIES);
    const rows = await waiting.where('expires_at', '>', clock.now()).orderBy('created_at').select<JoinRow[]>('*');
    return rows.map(({ id, name, origin, expires_at: expiresAt }) => ({ id, name, origin, expiresAt }));
  }

  /** Withdraws a waiting join; its code becomes void. */
  async cancel(id: string): Promise<void> {
    await this.#parts.database.write((trx) => trx('joins').where({ id, peer_id: null }).delete());
  }

  /**
   * Takes the code and the pair that the other cloud issues to us: the cloud becomes a peer, in one transaction with
   * the pair that we issue to it and answer. The same content again gets the same answer for a while. Unknown requests,
   * wrong codes and late ones are all `'refused'`, and count against the request.
   */
  async confirm(message: ConfirmMessage): Promise<ConsumerPair | 'refused'> {
    const outcome = await this.#attempt(message);
    if (outcome === 'refused') return outcome;
    if (outcome.joined !== undefined) this.#parts.onJoined(outcome.joined);
    return outcome.issued;
  }

  /** Deletes expired joins. */
  async sweep(): Promise<void> {
    const { database, clock } = this.#parts;
    await database.write((trx) => trx('joins').where('expires_at', '<=', clock.now()).delete());
  }

  /**
   * If something here has changed since the request, such as a block, the other cloud is only told that it is refused.
   */
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

  /** Counts an attempt before it is checked, and locks the row, so that two at once wait for each other. */
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
        peer_id: joined.id,
        content_digest: content,
        expires_at: clock.now() + LIFE,
        answer: sealer.seal(JSON.stringify(issued), contextOf(row.id)),
      });
    return { issued, joined };
  }

  /** One that speaks only Open Cloud Mesh is not asked: keys are not exchanged there (open-cloud-mesh.md 16). */
  async #cloudAt(address: string): Promise<DiscoveredPeer> {
    const { dialect, ocm, said: _said, ...found } = await recognise(this.#parts, address);
    if (abilitiesOfPeer({ dialect }).exchangesKeys) return found;
    const { name } = found;
    const known = (await this.#parts.peers.lists.all()).find((peer) => peer.ocm?.host === ocm?.host);
    if (known !== undefined) throw new Failure('conflict', `${known.name} is a peer already.`);
    const message = `${name} speaks only Open Cloud Mesh, where no keys are exchanged: add it as a peer.`;
    throw addedInstead(message, { name, url: cloudAt(address.trim()) });
  }

  async #requireJoinable(found: DiscoveredPeer): Promise<string> {
    const { peers, probes, webOrigin } = this.#parts;
    const { joinUrl, name } = found;
    if (joinUrl === undefined) {
      const url = webOriginOf(new URL(found.shareUrl));
      throw addedInstead(`${name} takes no requests to join: add it as a peer, and exchange keys by hand.`, {
        name,
        url,
      });
    }
    if (webOriginOf(new URL(joinUrl)) === webOriginOf(new URL(webOrigin))) {
      throw invalid('This is the address of this cloud itself.');
    }
    const known = knownAs(found, await peers.lists.all());
    if (known !== undefined && (await probes.probe(known.id)) === 'well') {
      throw new Failure('conflict', `${known.name} is a peer already, and the connection works.`);
    }
    return joinUrl;
  }

  async #store(found: DiscoveredPeer, code: string, actor: string): Promise<WaitingJoin> {
    const { database, clock, random } = this.#parts;
    const id = randomWord(random);
    const origin = webOriginOf(new URL(found.shareUrl));
    const [now, { name }] = [clock.now(), found];
    const expiresAt = now + LIFE;
    await database.write(async (trx) => {
      await trx('joins').where({ origin, peer_id: null }).delete();
      await trx('joins').insert({
        id,
        origin,
        name,
        actor,
        created_at: now,
        expires_at: expiresAt,
        document: JSON.stringify(found),
        code_digest: this.#codeDigest(id, code),
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

/** Leads from a cloud that cannot be asked to join to what can be done instead. */
function addedInstead(message: string, facts: { readonly name: string; readonly url: string }): Failure {
  return new Failure('conflict', message, { reason: 'added-not-joined', facts });
}

function contextOf(id: string): string {
  return `joins.answer:${id}`;
}

/** Compares in constant time. */
function sameDigest(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
