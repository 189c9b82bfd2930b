import type { Outbox } from '../deliveries/index.js';
import { Failure, notFound, type Clock } from '../kernel/index.js';
import { lockTrust, type Peer } from '../peers/index.js';
import type { Database, Sealer, Transaction } from '../platform/index.js';
import type { EndMessage, GrantMessage } from './agreement.js';
import type { DestinationHalf } from './destination-half.js';
import type { IncomingShare } from './incoming-share.js';
import type { IncomingShares } from './incoming-shares.js';
import { DECISION, incomingLane, PROBE } from './messages.js';
import type { OriginHalf } from './origin-half.js';
import type { OutgoingShares } from './outgoing-shares.js';
import { Tombstones } from './tombstones.js';
import { isEnd, type IncomingEvent, type IncomingState } from './transitions.js';

/** What receiving needs from the rest of the house. */
export interface ReceivingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly outgoing: OutgoingShares;
  readonly incoming: IncomingShares;
  readonly origin: OriginHalf;
  readonly destination: DestinationHalf;
  readonly outbox: Outbox;
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
   */
  async grant(peer: Peer, message: GrantMessage): Promise<{ state: IncomingState }> {
    return this.#in.database.write(async (trx) => {
      const share = await this.#in.incoming.byShareId(trx, peer.id, message.shareId);
      if (share === undefined) throw await this.#unknown(trx, peer, message.shareId);
      if (share.state !== 'accepted' && share.state !== 'active') {
        throw new Failure('conflict', 'This share is not waiting for credentials.');
      }
      const digest = this.#in.sealer.digest(JSON.stringify([message.token, message.secret]), 'grant');
      if (share.grantDigest === digest) return { state: share.state };
      if (share.grantDigest !== undefined)
        throw new Failure('conflict', 'Other credentials are already stored for this share.');
      await this.#store(trx, share, message, digest);
      return { state: share.state };
    });
  }

  async #store(trx: Transaction, share: IncomingShare, message: GrantMessage, grantDigest: string): Promise<void> {
    const grantSealed = this.#in.sealer.seal(
      JSON.stringify({ token: message.token, secret: message.secret }),
      grantContext(share.id),
    );
    const stored = await this.#in.incoming.amend(trx, share, { grantSealed, grantDigest });
    if (stored === undefined) throw new Failure('conflict', 'This share is changing. Please repeat.');
    const lane = incomingLane(share.id);
    await this.#in.outbox.drop(trx, lane, [DECISION]);
    await this.#in.outbox.enqueue(trx, { kind: PROBE, peerId: share.peerId, lane, payload: { incomingId: share.id } });
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
    return this.#in.database.write(async (trx) => {
      // A proposal that is being stored right now comes first, and is then ended (UNS-02).
      await lockTrust(trx, peer.id);
      const incoming = await this.#in.incoming.byShareId(trx, peer.id, message.shareId);
      if (incoming !== undefined) {
        await this.#in.destination.end(trx, incoming, endEvent(incoming, message), {
          actor: peer.id,
          reason: message.reason,
        });
        return true;
      }
      const outgoing = await this.#in.outgoing.byShareId(trx, message.shareId);
      if (outgoing !== undefined && outgoing.peerId === peer.id) {
        if (!isEnd(outgoing.state))
          await this.#in.origin.end(trx, outgoing, 'left', { actor: peer.id, reason: 'left' });
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

/** Which end it is, by the reason that the peer gives (cloudspaces-interop.md 8, side B). */
function endEvent(share: IncomingShare, message: EndMessage): Extract<IncomingEvent, `told-${string}`> {
  if (message.reason === 'withdrawn') return 'told-withdrawn';
  if (message.reason === 'expired') return 'told-expired';
  if (message.reason === undefined && share.state === 'pending') return 'told-withdrawn';
  return 'told-revoked';
}
