import type { Outbox } from '../deliveries/index.js';
import { Failure, notFound, type Clock, type ItemId } from '../kernel/index.js';
import type { Grants } from '../grants/index.js';
import type { Database, Queries, Sealer, Transaction } from '../platform/index.js';
import type { DecisionMessage } from './agreement.js';
import { CALLBACK } from './invitations.js';
import { CREDENTIALS, outgoingLane } from './messages.js';
import type { OriginHalf } from './origin-half.js';
import type { OutgoingShare } from './outgoing-share.js';
import type { OutgoingShares } from './outgoing-shares.js';
import type { ShareEvents } from './share-events.js';
import { isEnd, isRecorded } from './transitions.js';

/** What the page after the callback says. */
export interface DecisionPage {
  readonly accepted: boolean;
  readonly folderName: string;
  readonly peerId: string | undefined;
}

/** At most one grant delivery a minute for freshly signed repeats (cloudspaces-interop.md 5, healing). */
const REGRANT_INTERVAL = 60_000;

/** The callback: the recipient's decision arrives, by their browser or repeated by their cloud (product.md 5, 6). */
export class Decisions {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #sealer: Sealer;
  readonly #outgoing: OutgoingShares;
  readonly #grants: Grants;
  readonly #origin: OriginHalf;
  readonly #outbox: Outbox;
  readonly #events: ShareEvents;
  readonly #folderName: (q: Queries, folderId: ItemId) => Promise<string | undefined>;

  constructor(inputs: {
    database: Database;
    clock: Clock;
    sealer: Sealer;
    outgoing: OutgoingShares;
    grants: Grants;
    origin: OriginHalf;
    outbox: Outbox;
    events: ShareEvents;
    folderName: (q: Queries, folderId: ItemId) => Promise<string | undefined>;
  }) {
    this.#database = inputs.database;
    this.#clock = inputs.clock;
    this.#sealer = inputs.sealer;
    this.#outgoing = inputs.outgoing;
    this.#grants = inputs.grants;
    this.#origin = inputs.origin;
    this.#outbox = inputs.outbox;
    this.#events = inputs.events;
    this.#folderName = inputs.folderName;
  }

  /** The share that a callback path belongs to; `not-found` for any but the newest path of a share. */
  async awaiting(callback: string): Promise<OutgoingShare> {
    const share = await this.#outgoing.byCallback(this.#database.read, this.#sealer.digest(callback, CALLBACK));
    if (share === undefined) throw notFound('This address is not known here.');
    return share;
  }

  /**
   * The page of the first time when this very request has been answered before, whose nonce is spent (CBK-03);
   * `conflict` once the share has moved past that answer.
   */
  async remembered(share: OutgoingShare, request: string): Promise<DecisionPage | undefined> {
    if (share.decisionDigest === undefined || share.decisionDigest !== this.#requestDigest(request)) return undefined;
    const accepted = share.state !== 'declined';
    if (!isRecorded(share.state, accepted)) throw new Failure('conflict', 'This share is not waiting for an answer.');
    return this.#page(this.#database.read, share, accepted);
  }

  /** The page of a decision that says what has been recorded; undefined when it does not. Changes nothing. */
  async recall(share: OutgoingShare, decision: DecisionMessage): Promise<DecisionPage | undefined> {
    if (share.shareId !== decision.shareId || !isRecorded(share.state, decision.accepted)) return undefined;
    return this.#page(this.#database.read, share, decision.accepted);
  }

  /**
   * Records a decision whose sender has been authenticated. `not-found` when the path is not this share's,
   * `conflict` when the share does not await it; a repeat is answered as the first time.
   */
  async record(callback: string, decision: DecisionMessage, request: string): Promise<DecisionPage> {
    const settled = await this.#database.write((trx) => this.#settle(trx, callback, decision, request));
    if (settled instanceof Failure) throw settled;
    return settled;
  }

  /** Answers the refusal instead of throwing it, because a refused repeat may still queue news that must commit. */
  async #settle(
    trx: Transaction,
    callback: string,
    decision: DecisionMessage,
    request: string,
  ): Promise<DecisionPage | Failure> {
    const share = await this.#outgoing.byCallback(trx, this.#sealer.digest(callback, CALLBACK));
    if (share?.shareId !== decision.shareId) return notFound('This address is not known here.');
    if (share.state === 'sent') return this.#first(trx, share, decision, request);
    if (isRecorded(share.state, decision.accepted)) {
      if (decision.accepted) await this.#regrant(trx, share);
      return this.#page(trx, share, decision.accepted);
    }
    await this.#remindOfEnd(trx, share);
    return new Failure('conflict', 'This share is not waiting for an answer.');
  }

  async #first(
    trx: Transaction,
    share: OutgoingShare,
    decision: DecisionMessage,
    request: string,
  ): Promise<DecisionPage | Failure> {
    if (share.expiresAt !== undefined && share.expiresAt <= this.#clock.now()) {
      return new Failure('conflict', 'This share has expired.');
    }
    const patch = {
      decisionDigest: this.#requestDigest(request),
      ...(decision.accepted ? { grantedAt: this.#clock.now() } : {}),
    };
    const event = decision.accepted ? 'accept' : 'decline';
    const decided = await this.#outgoing.advance(trx, share, event, { actor: share.peerId ?? 'peer', patch });
    if (decided === undefined) return new Failure('conflict', 'This share is not waiting for an answer.');
    if (decision.accepted) await this.#grant(trx, decided);
    return this.#page(trx, decided, decision.accepted);
  }

  /** Mints the one grant and queues its delivery, in the transaction that records the acceptance (G2). */
  async #grant(trx: Transaction, share: OutgoingShare): Promise<void> {
    if (share.peerId === undefined) throw new Failure('internal', 'A share without a peer cannot be granted.');
    await this.#grants.mint(trx, {
      outgoingId: share.id,
      peerId: share.peerId,
      ownerId: share.ownerId,
      folderId: share.folderId,
      permission: share.permission,
      expiresAt: share.expiresAt,
    });
    await this.#outbox.enqueue(trx, {
      kind: CREDENTIALS,
      peerId: share.peerId,
      lane: outgoingLane(share.id, share.shareId),
      payload: { outgoingId: share.id, shareId: share.shareId },
      unlessQueued: true,
    });
  }

  async #regrant(trx: Transaction, share: OutgoingShare): Promise<void> {
    const now = this.#clock.now();
    if (share.grantedAt !== undefined && now - share.grantedAt < REGRANT_INTERVAL) return;
    const marked = await this.#outgoing.amend(trx, share, { grantedAt: now });
    if (marked !== undefined) await this.#grant(trx, marked);
  }

  /** The peer still believes in a share that has ended: tell it again, once (threat model CBK-04). */
  async #remindOfEnd(trx: Transaction, share: OutgoingShare): Promise<void> {
    if (!isEnd(share.state) || share.state === 'left' || share.state === 'declined') return;
    const log = await this.#events.of(trx, share.id);
    if (log.some((line) => line.event === 'remind')) return;
    await this.#events.record(trx, {
      shareRef: share.id,
      side: 'outgoing',
      event: 'remind',
      from: share.state,
      to: share.state,
      actor: 'peer',
      note: '',
    });
    await this.#origin.tellEnd(trx, share, share.endReason ?? 'revoked');
  }

  async #page(q: Queries, share: OutgoingShare, accepted: boolean): Promise<DecisionPage> {
    const folderName = (await this.#folderName(q, share.folderId)) ?? '';
    return { accepted, folderName, peerId: share.peerId };
  }

  #requestDigest(request: string): string {
    return this.#sealer.digest(request, 'decision');
  }
}
