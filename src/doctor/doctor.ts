import type { Breakers, DeliveryRecord, Outbox, QueueView } from '../deliveries/index.js';
import { mountByIncoming } from '../files/index.js';
import { notFound, type Clock, type PeerId } from '../kernel/index.js';
import {
  operatorNotes,
  type PeerConditions,
  type PeerEvents,
  type PeerLists,
  type PeerSummary,
  type RefusedMessages,
} from '../peers/index.js';
import type { Database, Transaction } from '../platform/index.js';
import {
  halfOfLane,
  isOcm,
  lanesOf,
  meshAddresses,
  type HalfName,
  type IncomingShares,
  type OutgoingShares,
  type ShareEvents,
} from '../shares/index.js';
import { nameActors } from './actors.js';
import { diagnose } from './diagnose.js';
import type { DeliveryFacts, HalfFacts, HistoryEntry, OcmFacts, PeerFacts, ShareFacts } from './findings/facts.js';
import type { Finding } from './findings/finding.js';
import { readIncoming, readOutgoing, type Read } from './halves.js';

/** What the doctor needs from other rooms. */
export interface DoctorInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly outgoing: OutgoingShares;
  readonly incoming: IncomingShares;
  readonly events: ShareEvents;
  readonly outbox: Outbox;
  readonly queue: QueueView;
  readonly breakers: Breakers;
  readonly conditions: PeerConditions;
  readonly refused: Pick<RefusedMessages, 'about'>;
  readonly peerEvents: PeerEvents;
  readonly peers: { readonly lists: Pick<PeerLists, 'one'> };
  /** Whether clouds of a peer's make take credentials in an address alone. */
  readonly abilitiesOf: (peer: Pick<PeerSummary, 'dialect'>) => { readonly credentialsInAddress: boolean };
  /** What keeps this cloud from storing files, if anything does. */
  readonly storageTrouble: () => Promise<string | undefined>;
  /** The address of this cloud, without a slash at its end. */
  readonly webOrigin: string;
}

/** One half, and what is to be said of it. */
export interface Examination {
  readonly facts: HalfFacts;
  readonly findings: readonly Finding[];
}

/** Looks at shares that do not work, and repeats what did not arrive (product.md, `share doctor` and `share retry`). */
export class Doctor {
  readonly #in: DoctorInputs;

  constructor(inputs: DoctorInputs) {
    this.#in = inputs;
  }

  /** Examines one half. `not-found` when there is none. Changes nothing and calls nobody. */
  async examine(half: HalfName): Promise<Examination> {
    const facts = await this.#factsOf(half);
    return { facts, findings: diagnose(facts) };
  }

  /** Examines every half that bears this name, or has this id here: names are not unique (G1). `not-found` when none does. */
  async named(name: string): Promise<Examination[]> {
    const halves = await this.#halvesNamed(name);
    return Promise.all(halves.map((half) => this.examine(half)));
  }

  /**
   * Makes all messages of a half due at once that failed, were given up or are planned for later; answers them. Logs
   * who asked.
   */
  async retry(half: HalfName, actor: string): Promise<DeliveryRecord[]> {
    const { database, outbox, breakers } = this.#in;
    const { share, deliveries, peer } = await this.#factsOf(half);
    const retried = deliveries.filter(({ standing }) => standing !== 'waiting');
    if (retried.length === 0) return [];
    await database.write(async (trx) => {
      for (const { id } of retried) await outbox.retry(id, trx);
      await this.#note(trx, share, actor, retried);
    });
    if (peer !== undefined) breakers.of(peer.id).hurry();
    return retried;
  }

  /** {@link retry} for every half that bears this name. */
  async retryNamed(name: string, actor: string): Promise<DeliveryRecord[]> {
    const all = await Promise.all((await this.#halvesNamed(name)).map((half) => this.retry(half, actor)));
    return all.flat();
  }

  /** Repeats one message of the queue, whatever it belongs to. `not-found` when it has left the queue. */
  async retryDelivery(id: number, actor: string): Promise<void> {
    const { database, outbox, queue, breakers } = this.#in;
    const record = await queue.byId(id);
    if (record === undefined) throw notFound('This message is no longer on its way.');
    const half = halfOfLane(record.lane);
    const share = half === undefined ? undefined : (await this.#find(half))?.share;
    await database.write(async (trx) => {
      if ((await outbox.retry(id, trx)) && share !== undefined) await this.#note(trx, share, actor, [record]);
    });
    if (record.peerId !== undefined) breakers.of(record.peerId).hurry();
  }

  /** Repeats everything towards a peer, or (undefined) all mail; answers how many messages. */
  async retryPeer(peerId: PeerId | undefined, actor: string): Promise<number> {
    const { database, outbox, peerEvents, breakers } = this.#in;
    const count = await database.write(async (trx) => {
      const retried = await outbox.retryPeer(peerId ?? null, trx);
      const note = `${String(retried)} messages`;
      if (peerId !== undefined) await peerEvents.record(trx, { peerId, event: 'retried', actor, note });
      return retried;
    });
    if (peerId !== undefined) breakers.of(peerId).hurry();
    return count;
  }

  async #note(
    trx: Transaction,
    share: Read['share'],
    actor: string,
    retried: readonly DeliveryRecord[],
  ): Promise<void> {
    const note = retried.map(({ kind }) => kind).join(', ');
    await this.#in.events.noteAct(trx, share.direction, share, { event: 'retry', actor, note });
  }

  async #find({ direction, id }: HalfName): Promise<Read | undefined> {
    return (direction === 'outgoing' ? readOutgoing : readIncoming)(this.#in, this.#in.database.read, id);
  }

  async #halvesNamed(name: string): Promise<HalfName[]> {
    const { database, outgoing, incoming } = this.#in;
    const q = database.read;
    const given = (await outgoing.byShareId(q, name)) ?? (await outgoing.byId(q, name));
    const own = await incoming.byId(q, name);
    const taken = own === undefined ? await incoming.named(q, name) : [own];
    const halves = [
      ...(given === undefined ? [] : [{ direction: 'outgoing' as const, id: given.id }]),
      ...taken.map(({ id }) => ({ direction: 'incoming' as const, id })),
    ];
    if (halves.length === 0) throw notFound(`No share is called ${name}.`);
    return halves;
  }

  async #factsOf(half: HalfName): Promise<HalfFacts> {
    const { clock, storageTrouble } = this.#in;
    const found = await this.#find(half);
    if (found === undefined) throw notFound('This share is not known here.');
    const history = await this.#history(half);
    return {
      now: clock.now(),
      share: { ...found.share, since: sinceOf(found.share, history) },
      history,
      deliveries: await this.#deliveries(half),
      mail: found.mail,
      peer: await this.#peer(found),
      refused: await this.#in.refused.about(half.id),
      losses: (await mountByIncoming(this.#in.database.read, half.id))?.losses ?? [],
      storageTrouble: await storageTrouble(),
    };
  }

  async #history({ id }: HalfName): Promise<HistoryEntry[]> {
    const q = this.#in.database.read;
    const events = await this.#in.events.of(q, id);
    const nameOf = await nameActors(
      q,
      events.map(({ actor }) => actor),
    );
    return events.map(({ at, event, from, to, actor, note }) => ({ at, event, from, to, actor: nameOf(actor), note }));
  }

  async #deliveries(half: HalfName): Promise<DeliveryFacts[]> {
    const { queue } = this.#in;
    const records = await queue.inLanes(lanesOf(half));
    return records.map((record) => ({ ...record, standing: queue.standingOf(record) }));
  }

  #ocmFacts({ dialect, ocm }: PeerSummary, share: Omit<ShareFacts, 'since'>): OcmFacts | undefined {
    if (ocm === undefined || !isOcm({ dialect: share.dialect ?? dialect })) return undefined;
    const { isMet, found } = ocm;
    return { isMet, keyChangedAt: found.keyChangedAt, notes: operatorNotes(ocm, this.#in.webOrigin) };
  }

  async #peer({ share, peerId, chosen }: Read): Promise<PeerFacts | undefined> {
    if (peerId === undefined) return undefined;
    const peer = await this.#in.peers.lists.one(peerId);
    const { clockAhead, restingUntil } = await this.#in.conditions.of(peerId);
    if (peer === undefined) return goneFor(peerId, share);
    const ocm = this.#ocmFacts(peer, share);
    return {
      id: peerId,
      name: peer.name,
      trust: peer.blocked ? 'blocked' : 'trusted',
      dialect: peer.dialect,
      hasKeys: peer.hasKeys,
      isUnsigned: peer.allowUnsigned,
      ocm,
      mayWantGet: this.#in.abilitiesOf(peer).credentialsInAddress && !peer.credentialsByGet,
      hearsEnds: ocm !== undefined || peer.unshareUrl !== undefined,
      hasMoved: chosen !== undefined && !isWhere(peer, share, chosen),
      probe: peer.probe,
      clockAhead,
      restingUntil,
    };
  }
}

function isWhere(
  peer: PeerSummary,
  { dialect }: Omit<ShareFacts, 'since'>,
  { shareUrl, credentialsUrl }: NonNullable<Read['chosen']>,
): boolean {
  const now = isOcm({ dialect }) ? meshAddresses(peer) : peer;
  return now?.shareUrl === shareUrl && now.credentialsUrl === credentialsUrl;
}

function goneFor(id: PeerId, share: Omit<ShareFacts, 'since'>): PeerFacts {
  const nothing = { hasKeys: false, isUnsigned: false, hearsEnds: true, hasMoved: false, clockAhead: 0 };
  const unknown = { probe: undefined, restingUntil: undefined };
  return { id, name: share.peerName ?? 'The other cloud', trust: 'removed', ...unknown, ...nothing };
}

function sinceOf({ createdAt }: Omit<ShareFacts, 'since'>, history: readonly HistoryEntry[]): number {
  return history.filter(({ from, to }) => from !== to).at(-1)?.at ?? createdAt;
}
