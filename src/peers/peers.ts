import { Failure, notFound, randomWord, type Clock, type PeerId, type Random } from '../kernel/index.js';
import { isUniqueViolation, type Database, type Queries, type Sealer, type Transaction } from '../platform/index.js';
import type { Logos } from './logos.js';
import { originOf, overlap } from './origins.js';
import { checkDraft, checkPair, type CheckedPeer, type PeerChanges, type PeerDraft } from './peer-draft.js';
import { issuePair } from './consumer-pair.js';
import { columnsOf, NO_PREVIOUS_PAIR, peerOf, sealPair, type PeerRow } from './peer-row.js';
import { COMMAND_LINE, PeerEvents, type PeerAct } from './peer-events.js';
import type { ConsumerPair, Peer } from './peer.js';

/** What else happens in the transaction that ends the trust in a peer (threat model ADM-03). */
export interface PeerHooks {
  /** Ends the shares with the peer, whose ends may still be told; answers how many those were. `by`: the actor. */
  onBlocked(trx: Transaction, peerId: PeerId, by: string): Promise<number>;
  /** Ends the shares with the peer, and nothing is told any more; answers how many those were. `by`: the actor. */
  onRemoved(trx: Transaction, peerId: PeerId, by: string): Promise<number>;
}

/** What {@link Peers} are made of. */
export interface PeersParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
  /** `FOOTBRIDGE_ALLOW_INSECURE_PEERS`: plain http passes. */
  readonly allowInsecure: boolean;
  readonly hooks: PeerHooks;
  readonly logos: Pick<Logos, 'keep'>;
}

/** What an administrator has to confirm (threat model ADM-02). */
export interface PeerConsent {
  /** Two peers may have origins in common. */
  readonly sharedOrigins?: boolean | undefined;
}

/** The clouds that this one trusts. Who changed the trust in one, `by`, is noted with the change. */
export class Peers {
  readonly #parts: PeersParts;
  readonly #events: PeerEvents;

  constructor(parts: PeersParts) {
    this.#parts = parts;
    this.#events = new PeerEvents(parts.clock);
  }

  /**
   * Records a peer and issues the pair with which it signs to us, which is shown once. Throws `invalid` for a draft that
   * is not sound, `conflict` for a name or, without consent, an origin that another peer has.
   */
  async add(
    draft: PeerDraft,
    consent: PeerConsent = {},
    by = COMMAND_LINE,
  ): Promise<{ peer: Peer; issued: ConsumerPair }> {
    const issued = issuePair(this.#parts.random);
    const peer = await this.#named(draft.name, async (trx) => {
      const entered = await this.enter(trx, draft, issued, consent);
      await this.#note(trx, entered.id, 'added', by);
      return entered;
    });
    if (peer.logoUrl !== undefined) await this.#parts.logos.keep(peer.id, peer.logoUrl);
    return { peer, issued };
  }

  /** Records a peer in the caller's transaction, with the pair that is issued to it. Its name must be free. */
  async enter(trx: Transaction, draft: PeerDraft, issued: ConsumerPair, consent: PeerConsent = {}): Promise<Peer> {
    const { random, sealer, clock, allowInsecure } = this.#parts;
    const checked = checkDraft(draft, allowInsecure);
    const id = randomWord(random) as PeerId;
    await this.#requireOwnOrigins(trx, checked, id, consent);
    await trx('peers').insert({
      ...columnsOf(checked),
      ...sealPair(sealer, id, 'inbound', checkPair(issued)),
      ...(draft.outbound && sealPair(sealer, id, 'outbound', checkPair(draft.outbound))),
      ...{ id, created_at: clock.now(), changed_at: clock.now() },
    });
    return this.#need(trx, { id });
  }

  /** Changes a peer. Throws like {@link add}, and `not-found`. */
  async set(name: string, changes: PeerChanges, consent: PeerConsent = {}, by = COMMAND_LINE): Promise<Peer> {
    const { sealer, clock, allowInsecure } = this.#parts;
    const before = await this.#need(this.#parts.database.read, { name });
    const checked = checkDraft(changed(before, changes), allowInsecure);
    const row = {
      ...columnsOf(checked),
      ...(changes.outbound && sealPair(sealer, before.id, 'outbound', checkPair(changes.outbound))),
      changed_at: clock.now(),
    };
    const peer = await this.#named(checked.name, async (trx) => {
      await this.#requireOwnOrigins(trx, checked, before.id, consent);
      // Somebody else's change in between must not be undone unseen.
      const same = { id: before.id, changed_at: before.changedAt, removed_at: null };
      if ((await trx('peers').where(same).update(row)) === 0) throw conflict('The peer was changed meanwhile.');
      const after = await this.#need(trx, { id: before.id });
      await this.#note(trx, before.id, 'changed', by, changedWords(before, after));
      return after;
    });
    if (peer.logoUrl !== before.logoUrl) await this.#parts.logos.keep(peer.id, peer.logoUrl);
    return peer;
  }

  /** All peers, blocked ones too, by name. */
  async list(queries: Queries = this.#parts.database.read): Promise<Peer[]> {
    return this.#all(queries);
  }

  /** A peer by the name that the administrator gave it. */
  async byName(name: string): Promise<Peer | undefined> {
    return this.#find(this.#parts.database.read, { name });
  }

  /** A peer by its id; removed ones are none. `queries`: a transaction that wants to see its own changes. */
  async byId(id: PeerId, queries: Queries = this.#parts.database.read): Promise<Peer | undefined> {
    return this.#find(queries, { id });
  }

  /** The unblocked peer that holds this consumer key of ours, be it the one before the newest (see {@link PeerKeys}). */
  async byInboundKey(key: string): Promise<Peer | undefined> {
    const { read } = this.#parts.database;
    const newest = await this.#find(read, { inbound_key: key, blocked_at: null });
    if (newest !== undefined) return newest;
    const peer = await this.#find(read, { previous_inbound_key: key, blocked_at: null });
    const isOver = (peer?.previousInbound?.until ?? Infinity) <= this.#parts.clock.now();
    return isOver ? undefined : peer;
  }

  /** The peers that an invitee may pick: unblocked, and able to take a proposal from us. */
  async offered(): Promise<Peer[]> {
    const peers = await this.list();
    return peers.filter((peer) => !peer.blocked && (peer.outbound !== undefined || peer.allowUnsigned));
  }

  /**
   * The unblocked peers that cannot sign, or whose proposals browsers bring by GET. A stranger can have them read: there
   * are few, and of the others no secret is opened (threat model DOS-07).
   */
  async lenient(): Promise<Peer[]> {
    const live = this.#parts.database.read<PeerRow>('peers').where({ removed_at: null, blocked_at: null });
    const some = live.where((each) => {
      void each.where({ allow_unsigned: true }).orWhere({ transport: 'browser-get' });
    });
    const rows = await some.orderBy(['name', 'id']).select<PeerRow[]>('*');
    return rows.map((row) => peerOf(this.#parts.sealer, row));
  }

  /** Ends the trust for now: the shares with the peer end in the same transaction. Answers how many those were. */
  async block(name: string, by = COMMAND_LINE): Promise<number> {
    const now = this.#parts.clock.now();
    return this.#parts.database.write(async (trx) => {
      const { id, blocked } = await this.#need(trx, { name });
      if (blocked) return 0;
      await trx('peers').where({ id }).update({ blocked_at: now, changed_at: now });
      const ended = await this.#parts.hooks.onBlocked(trx, id, by);
      await this.#note(trx, id, 'blocked', by, endedWords(ended));
      return ended;
    });
  }

  /** Trusts a peer again. Ended shares stay ended. */
  async unblock(name: string, by = COMMAND_LINE): Promise<void> {
    await this.#parts.database.write(async (trx) => {
      const { id, blocked } = await this.#need(trx, { name });
      await trx('peers').where({ id }).update({ blocked_at: null, changed_at: this.#parts.clock.now() });
      if (blocked) await this.#note(trx, id, 'unblocked', by);
    });
  }

  /**
   * Ends the trust for good: the secrets are erased, the name is free; the row stays for the history of shares. Answers
   * how many shares ended with it.
   */
  async remove(name: string, by = COMMAND_LINE): Promise<number> {
    const now = this.#parts.clock.now();
    const pairs = { inbound_key: null, inbound_secret: null, outbound_key: null, outbound_secret: null };
    const erased = { ...pairs, ...NO_PREVIOUS_PAIR };
    return this.#parts.database.write(async (trx) => {
      const { id } = await this.#need(trx, { name });
      await trx('peers')
        .where({ id })
        .update({ ...erased, removed_at: now, changed_at: now });
      const ended = await this.#parts.hooks.onRemoved(trx, id, by);
      await this.#note(trx, id, 'removed', by, endedWords(ended));
      return ended;
    });
  }

  async #note(trx: Transaction, peerId: PeerId, event: PeerAct, actor: string, note = ''): Promise<void> {
    await this.#events.record(trx, { peerId, event, actor, note });
  }

  async #named(name: string, write: (trx: Transaction) => Promise<Peer>): Promise<Peer> {
    try {
      return await this.#parts.database.write(write);
    } catch (error) {
      if (isUniqueViolation(error)) throw conflict(`There is a peer named ${name} already.`);
      throw error;
    }
  }

  async #requireOwnOrigins(
    trx: Transaction,
    { origins }: CheckedPeer,
    id: PeerId,
    { sharedOrigins }: PeerConsent,
  ): Promise<void> {
    if (sharedOrigins === true) return;
    for (const other of await this.#all(trx)) {
      const common = origins.find((origin) => other.origins.some((taken) => overlap(origin, taken)));
      if (other.id !== id && common !== undefined) {
        throw conflict(`${common} belongs to the peer ${other.name} already. Confirm it if they really share it.`);
      }
    }
  }

  async #all(queries: Queries): Promise<Peer[]> {
    const rows = await queries<PeerRow>('peers').whereNull('removed_at').orderBy(['name', 'id']).select<PeerRow[]>('*');
    return rows.map((row) => peerOf(this.#parts.sealer, row));
  }

  async #find(queries: Queries, filter: Partial<PeerRow>): Promise<Peer | undefined> {
    const row = await queries<PeerRow>('peers')
      .where({ ...filter, removed_at: null })
      .first<PeerRow | undefined>('*');
    return row === undefined ? undefined : peerOf(this.#parts.sealer, row);
  }

  async #need(queries: Queries, filter: Partial<PeerRow>): Promise<Peer> {
    const peer = await this.#find(queries, filter);
    if (peer === undefined) throw notFound('There is no such peer.');
    return peer;
  }
}

/** What a change changed, by the names of the fields: values may be secrets, and are not for the journal (SEC-02). */
function changedWords(before: Peer, after: Peer): string {
  const fields = Object.keys(after).filter((field) => field !== 'changedAt') as (keyof Peer)[];
  const changes = fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  return changes.map((field) => (field === 'outbound' ? 'keys' : field)).join(', ');
}

function endedWords(ended: number): string {
  return ended === 0 ? '' : `${String(ended)} ${ended === 1 ? 'share' : 'shares'} ended`;
}

/** A changed peer as if it were new. Origins that came from old endpoints go with them; those named beside stay. */
function changed(peer: Peer, changes: PeerChanges): PeerDraft {
  const given = Object.fromEntries(
    Object.entries(changes).filter(([, value]) => value !== undefined),
  ) as Partial<PeerDraft>;
  const draft: PeerDraft = { ...peer, ...given, limits: { ...peer.limits, ...given.limits } };
  if (given.origins !== undefined) return draft;
  const left = originsOfEndpoints(peer).filter((origin) => !originsOfEndpoints(draft).includes(origin));
  return { ...draft, origins: peer.origins.filter((origin) => !left.includes(origin)) };
}

function originsOfEndpoints({
  shareUrl,
  credentialsUrl,
  unshareUrl,
}: Pick<PeerDraft, 'shareUrl' | 'credentialsUrl' | 'unshareUrl'>): string[] {
  const urls = [shareUrl, credentialsUrl, unshareUrl ?? shareUrl];
  return urls.filter((text) => URL.canParse(text)).map((text) => originOf(new URL(text)));
}

function conflict(message: string): Failure {
  return new Failure('conflict', message);
}
