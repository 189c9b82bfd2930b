import { Failure, notFound, type Clock } from '../kernel/index.js';
import { lockTrust, type Peer } from '../peers/index.js';
import type { Database, Sealer, Transaction } from '../platform/index.js';
import type { EndMessage, GrantMessage } from './agreement.js';
import type { DestinationHalf } from './destination-half.js';
import type { IncomingShare } from './incoming-share.js';
import type { IncomingShares } from './incoming-shares.js';
import type { OriginHalf } from './origin-half.js';
import type { OutgoingShares } from './outgoing-shares.js';
import * as destinationRules from './rules/destination.js';
import * as originRules from './rules/origin.js';
import type { DestinationStep } from './rules/step.js';
import type { Tombstones } from './tombstones.js';
import type { IncomingState } from './transitions.js';

/** What receiving needs from the rest of the house. */
export interface ReceivingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly outgoing: OutgoingShares;
  readonly incoming: IncomingShares;
  readonly origin: OriginHalf;
  readonly destination: DestinationHalf;
  readonly tombstones: Tombstones;
}

/** Messages of authenticated peers about agreements that already exist: credentials and ends (product.md 6, 9). */
export class Receiving {
  readonly #in: ReceivingInputs;

  constructor(inputs: ReceivingInputs) {
    this.#in = inputs;
  }

  /**
   * Stores the grant of an accepted share and queues the probe that uses it. Identical credentials again are answered
   * alike; others, or in any state but `accepted` or `active`, are a `conflict`; another peer's share is `not-found`.
   * Credentials that nobody signed make way for others until they have opened what is shared.
   */
  async grant(
    peer: Peer,
    message: GrantMessage,
    { isSigned = true }: { readonly isSigned?: boolean } = {},
  ): Promise<{ state: IncomingState }> {
    return this.#in.database.write(async (trx) => {
      const share = await this.#in.incoming.byShareId(trx, peer.id, message.shareId);
      if (share === undefined) throw await this.#unknown(trx, peer, message.shareId);
      const taken = destinationRules.takeGrant(share, { ...this.#sealed(share, message), grantIsUnsigned: !isSigned });
      if (taken.kind === 'unfit') throw new Failure('conflict', 'This share is not waiting for credentials.');
      if (taken.kind === 'other') throw new Failure('conflict', 'Other credentials are already stored for this share.');
      if (taken.kind === 'stored') await this.#store(trx, share, taken.step);
      return { state: share.state };
    });
  }

  async #store(trx: Transaction, share: IncomingShare, step: DestinationStep): Promise<void> {
    const stored = await this.#in.destination.apply(trx, share, step, share.peerId);
    if (stored === undefined) throw new Failure('conflict', 'This share is changing. Please repeat.');
  }

  #sealed(share: IncomingShare, { token, secret }: GrantMessage): { grantSealed: string; grantDigest: string } {
    return {
      grantSealed: this.#in.sealer.seal(JSON.stringify({ token, secret }), grantContext(share.id)),
      grantDigest: this.#in.sealer.digest(JSON.stringify([token, secret]), 'grant'),
    };
  }

  async #unknown(trx: Transaction, peer: Peer, shareId: string): Promise<Failure> {
    const ended = await this.#in.tombstones.has(trx, peer.id, shareId);
    return ended ? new Failure('conflict', 'This share has already ended.') : notFound('This share is not known here.');
  }

  /**
   * The other side ends an agreement, ours to give or to receive. Already ended is answered like the first time. Answers
   * false for a share that is not this peer's: its name is remembered, so that late messages of it are refused.
   */
  async end(peer: Peer, message: EndMessage): Promise<boolean> {
    const now = this.#in.clock.now();
    return this.#in.database.write(async (trx) => {
      // A proposal that is being stored right now comes first, and is then ended (UNS-02).
      await lockTrust(trx, peer.id);
      const incoming = await this.#in.incoming.byShareId(trx, peer.id, message.shareId);
      if (incoming !== undefined) {
        const step = destinationRules.hearEnd(incoming, message.reason, now);
        await this.#in.destination.apply(trx, incoming, step, peer.id);
        return true;
      }
      const outgoing = await this.#in.outgoing.byShareId(trx, message.shareId);
      if (outgoing !== undefined && outgoing.peerId === peer.id) {
        await this.#in.origin.apply(trx, outgoing, originRules.hearEnd(outgoing, now), peer.id);
        return true;
      }
      await this.#in.tombstones.add(trx, peer.id, message.shareId);
      return false;
    });
  }

  /** The stored grant of a share, for requests to its origin. */
  credentialsOf(share: IncomingShare): { token: string; secret: string } | undefined {
    if (share.grantSealed === undefined) return undefined;
    return JSON.parse(this.#in.sealer.open(share.grantSealed, grantContext(share.id))) as {
      token: string;
      secret: string;
    };
  }
}

function grantContext(incomingId: string): string {
  return `incoming_shares.grant:${incomingId}`;
}
