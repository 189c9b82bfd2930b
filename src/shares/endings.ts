import { removeMembersOf, removeOverMembers } from '../files/index.js';
import type { AccountId, Clock, ItemId, PeerId } from '../kernel/index.js';
import { Failure, notFound } from '../kernel/index.js';
import type { Database, Log, Transaction } from '../platform/index.js';
import type { DestinationHalf } from './destination-half.js';
import { MEMBER } from './ender.js';
import type { IncomingShare } from './incoming-share.js';
import type { IncomingShares } from './incoming-shares.js';
import type { OriginHalf } from './origin-half.js';
import type { OutgoingShare } from './outgoing-share.js';
import type { OutgoingShares } from './outgoing-shares.js';
import * as destinationRules from './rules/destination.js';
import * as originRules from './rules/origin.js';

/** Rows handled per pass of the clock, so that one pass never holds the writer for long. */
const BATCH = 100;

/** Folders asked about in one statement: engines take some ten thousand values, a deleted tree may have more. */
const FOLDERS = 1_000;

/** Which half of an agreement. */
export type Direction = 'outgoing' | 'incoming';

/** What endings need from the rest of the house. */
export interface EndingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly outgoing: OutgoingShares;
  readonly incoming: IncomingShares;
  readonly origin: OriginHalf;
  readonly destination: DestinationHalf;
}

/** Ends that nobody asked for by name: a folder, account or peer goes, or time is up (threat model AUT-05, ADM-03). */
export class Endings {
  readonly #in: EndingInputs;

  constructor(inputs: EndingInputs) {
    this.#in = inputs;
  }

  /**
   * Folders were deleted in this transaction, however many: their outgoing shares end with it. `by` is the account or peer
   * that did it, the owner or a member of a folder around them.
   */
  async foldersRemoved(trx: Transaction, folderIds: readonly ItemId[], by: string): Promise<void> {
    for (let start = 0; start < folderIds.length; start += FOLDERS) {
      await this.#foldersGone(trx, folderIds.slice(start, start + FOLDERS), by);
    }
  }

  async #foldersGone(trx: Transaction, folderIds: readonly ItemId[], by: string): Promise<void> {
    for (const share of await this.#in.outgoing.open(trx, { folderIds })) {
      const actor = by === share.ownerId ? by : `${MEMBER}${by}`;
      await this.#in.origin.end(trx, share, 'end', { actor, reason: 'deleted', note: 'folder deleted' });
    }
  }

  /** An account is disabled or removed in this transaction: its shares here and abroad, of both kinds, end with it. */
  async accountGone(trx: Transaction, accountId: AccountId): Promise<void> {
    await removeMembersOf(trx, accountId);
    for (const share of await this.#in.outgoing.open(trx, { ownerId: accountId })) {
      await this.#in.origin.end(trx, share, 'end', { actor: accountId, reason: 'deleted', note: 'account gone' });
    }
    for (const share of await this.#in.incoming.open(trx, { accountId })) {
      await this.#in.destination.end(trx, share, 'leave', { actor: accountId, reason: 'left', note: 'account gone' });
    }
  }

  /** A peer is blocked or removed in this transaction, by an administrator: every share with it ends, on both sides. */
  async peerGone(trx: Transaction, peerId: PeerId, by: string): Promise<void> {
    for (const share of await this.#in.outgoing.open(trx, { peerId })) {
      const step = originRules.peerGone(share, this.#in.clock.now());
      await this.#in.origin.apply(trx, share, step, by);
    }
    for (const share of await this.#in.incoming.open(trx, { peerId })) {
      await this.#in.destination.end(trx, share, 'leave', {
        actor: by,
        reason: 'left',
        note: 'peer blocked',
      });
    }
  }

  /** Ends everything whose time has come; answers how many. */
  async timeIsUp(): Promise<number> {
    const now = this.#in.clock.now();
    const members = await removeOverMembers(this.#in.database, now);
    return members + (await this.#outgoingDue(now)) + (await this.#incomingDue(now));
  }

  async #outgoingDue(now: number): Promise<number> {
    const { database, outgoing, origin } = this.#in;
    const due = await outgoing.due(database.read, now, BATCH);
    return this.#each('outgoing', due, async (trx, id) => {
      const share = await outgoing.byId(trx, id);
      if (share === undefined) return false;
      return hasMoved(share, await origin.apply(trx, share, originRules.timeIsUp(share, now), 'clock'));
    });
  }

  async #incomingDue(now: number): Promise<number> {
    const { database, incoming, destination } = this.#in;
    const due = await incoming.lapsed(database.read, now - destinationRules.PENDING_LIFE, now, BATCH);
    return this.#each('incoming', due, async (trx, id) => {
      const share = await incoming.byId(trx, id);
      if (share === undefined) return false;
      return hasMoved(share, await destination.apply(trx, share, destinationRules.timeIsUp(share, now), 'clock'));
    });
  }

  /** One that cannot be ended now does not keep the others waiting: its turn comes again (as DLV-06). */
  async #each(
    direction: Direction,
    due: readonly { readonly id: string }[],
    endOne: (trx: Transaction, id: string) => Promise<boolean>,
  ): Promise<number> {
    let ended = 0;
    for (const { id } of due) {
      try {
        ended += Number(await this.#in.database.write((trx) => endOne(trx, id)));
      } catch (error) {
        this.#in.log.error({ err: error, direction, id }, 'a share whose time is up could not be ended');
      }
    }
    return ended;
  }

  /** An administrator ends every share of this name, on either side. `not-found` when there is none, `conflict` when over. */
  async byName(shareId: string, actor: string): Promise<void> {
    await this.#in.database.write(async (trx) => {
      const outgoing = await this.#in.outgoing.byShareId(trx, shareId);
      const incoming = await this.#in.incoming.named(trx, shareId);
      if (outgoing === undefined && incoming.length === 0) throw notFound(`No share is called ${shareId}.`);
      let ended = outgoing !== undefined && (await this.#outgoingEnded(trx, outgoing, actor));
      for (const share of incoming) if (await this.#incomingEnded(trx, share, actor)) ended = true;
      if (!ended) throw alreadyEnded();
    });
  }

  /** Like {@link byName}, for one half by our own id: a peer may give its share the name of another's (G1). */
  async half(direction: Direction, id: string, actor: string): Promise<void> {
    await this.#in.database.write(async (trx) => {
      if (!(await this.#halfEnded(trx, direction, id, actor))) throw alreadyEnded();
    });
  }

  async #halfEnded(trx: Transaction, direction: Direction, id: string, actor: string): Promise<boolean> {
    if (direction === 'outgoing') {
      const share = await this.#in.outgoing.byId(trx, id);
      if (share !== undefined) return this.#outgoingEnded(trx, share, actor);
    } else {
      const share = await this.#in.incoming.byId(trx, id);
      if (share !== undefined) return this.#incomingEnded(trx, share, actor);
    }
    throw notFound('This share is not known here.');
  }

  async #outgoingEnded(trx: Transaction, share: OutgoingShare, actor: string): Promise<boolean> {
    return this.#in.origin.end(trx, share, 'end', { actor, reason: 'revoked' });
  }

  async #incomingEnded(trx: Transaction, share: IncomingShare, actor: string): Promise<boolean> {
    return this.#in.destination.end(trx, share, 'leave', { actor, reason: 'left' });
  }
}

function hasMoved(before: { readonly state: string }, after: { readonly state: string } | undefined): boolean {
  return after !== undefined && after.state !== before.state;
}

function alreadyEnded(): Failure {
  return new Failure('conflict', 'This share has already ended.');
}
