import { removeMembersOf, removeOverMembers } from '../../files/index.js';
import type { AccountId, Clock, ItemId, PeerId } from '../../kernel/index.js';
import { Failure, notFound } from '../../kernel/index.js';
import { lockTrust, type Peer } from '../../peers/index.js';
import type { Database, Log, Transaction } from '../../platform/index.js';
import type { DestinationSteps } from '../destination/destination-steps.js';
import { shareKeyOf, type EndMessage } from '../agreement/agreement.js';
import { MEMBER } from '../agreement/ender.js';
import type { IncomingShare } from '../agreement/incoming-share.js';
import type { IncomingShares } from '../records/incoming-shares.js';
import type { OriginSteps } from '../origin/origin-steps.js';
import type { OutgoingShare } from '../agreement/outgoing-share.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import type { Tombstones } from '../records/tombstones.js';
import * as destinationRules from '../rules/destination.js';
import * as originRules from '../rules/origin.js';

/** Rows handled in one pass, so that it does not hold the database's writer for long. */
const BATCH = 100;

/** Folders in one statement: databases take some ten thousand values, and a deleted tree may have more. */
const FOLDERS = 1_000;

/** Which half of an agreement. */
export type ShareDirection = 'outgoing' | 'incoming';

/** What endings need from other rooms. */
export interface EndingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly outgoing: OutgoingShares;
  readonly incoming: IncomingShares;
  readonly origin: OriginSteps;
  readonly destination: DestinationSteps;
  readonly tombstones: Tombstones;
}

/**
 * Ends of both kinds of halves: those that another cloud sends (product.md, step 9), and those that follow when a
 * folder, account or peer goes or time is up (threat model AUT-05, ADM-03).
 */
export class Endings {
  readonly #in: EndingInputs;

  constructor(inputs: EndingInputs) {
    this.#in = inputs;
  }

  /**
   * Takes the end of an agreement, in either direction, from the other cloud. A repeat gets the same answer. Answers
   * false when this peer has no such share: its name is stored, so that late messages about it are refused.
   */
  async hear(peer: Peer, message: EndMessage): Promise<boolean> {
    const now = this.#in.clock.now();
    return this.#in.database.vital(async (trx) => {
      // Waits for a proposal that is being stored at this moment, so that it is then ended (UNS-02).
      await lockTrust(trx, peer.id);
      const incoming = await this.#in.incoming.byName(trx, peer.id, message);
      if (incoming !== undefined) {
        const step = destinationRules.hearEnd(incoming, message.reason, now);
        await this.#in.destination.apply(trx, incoming, step, peer.id);
        return true;
      }
      const outgoing = await this.#in.outgoing.byShareId(trx, shareKeyOf(message));
      if (outgoing !== undefined && outgoing.peerId === peer.id) {
        await this.#in.origin.apply(trx, outgoing, originRules.hearEnd(outgoing, now), peer.id);
        return true;
      }
      await this.#in.tombstones.add(trx, peer.id, message);
      return false;
    });
  }

  /** Takes the end of a received share from its server, which has been authenticated; a repeat changes nothing. */
  async hearIncoming(incomingId: string): Promise<void> {
    await this.#in.database.vital(async (trx) => {
      const share = await this.#in.incoming.byId(trx, incomingId);
      if (share === undefined) return;
      const step = destinationRules.hearEnd(share, undefined, this.#in.clock.now());
      await this.#in.destination.apply(trx, share, step, share.peerId);
    });
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
    await removeMembersOf(trx, accountId, this.#in.clock.now());
    for (const share of await this.#in.outgoing.open(trx, { ownerId: accountId })) {
      await this.#in.origin.end(trx, share, 'end', { actor: accountId, reason: 'deleted', note: 'account gone' });
    }
    for (const share of await this.#in.incoming.open(trx, { accountId })) {
      await this.#in.destination.end(trx, share, 'leave', { actor: accountId, reason: 'left', note: 'account gone' });
    }
  }

  /**
   * A peer is blocked or removed in this transaction, by an administrator: every share with it ends, on both sides.
   * Answers how many those were; an invitation that waits for another choice is not ended.
   */
  async peerGone(trx: Transaction, peerId: PeerId, by: string): Promise<number> {
    const given = await this.#in.outgoing.open(trx, { peerId });
    const taken = await this.#in.incoming.open(trx, { peerId });
    for (const share of given) {
      const step = originRules.peerGone(share, this.#in.clock.now());
      await this.#in.origin.apply(trx, share, step, by);
    }
    for (const share of taken) {
      await this.#in.destination.end(trx, share, 'leave', {
        actor: by,
        reason: 'left',
        note: 'peer blocked',
      });
    }
    return given.filter(({ state }) => state !== 'created').length + taken.length;
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

  /** A share that cannot be ended now does not keep the others waiting; the next pass tries it again (as DLV-06). */
  async #each(
    direction: ShareDirection,
    due: readonly { readonly id: string }[],
    endOne: (trx: Transaction, id: string) => Promise<boolean>,
  ): Promise<number> {
    let ended = 0;
    for (const { id } of due) {
      try {
        ended += Number(await this.#in.database.vital((trx) => endOne(trx, id)));
      } catch (error) {
        this.#in.log.error({ err: error, direction, id }, 'a share whose time is up could not be ended');
      }
    }
    return ended;
  }

  /** An administrator ends every share of this name, on either side. `not-found` when there is none, `conflict` when over. */
  async byName(shareId: string, actor: string): Promise<void> {
    await this.#in.database.vital(async (trx) => {
      const outgoing = await this.#in.outgoing.byShareId(trx, shareId);
      const incoming = await this.#in.incoming.named(trx, shareId);
      if (outgoing === undefined && incoming.length === 0) throw notFound(`No share is called ${shareId}.`);
      let ended = outgoing !== undefined && (await this.#outgoingEnded(trx, outgoing, actor));
      for (const share of incoming) if (await this.#incomingEnded(trx, share, actor)) ended = true;
      if (!ended) throw alreadyEnded();
    });
  }

  /** Like {@link byName}, for one half by our own id: a peer may give its share the name of another's (G1). */
  async half(direction: ShareDirection, id: string, actor: string): Promise<void> {
    await this.#in.database.vital(async (trx) => {
      if (!(await this.#halfEnded(trx, direction, id, actor))) throw alreadyEnded();
    });
  }

  async #halfEnded(trx: Transaction, direction: ShareDirection, id: string, actor: string): Promise<boolean> {
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
