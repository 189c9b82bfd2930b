import { z } from 'zod';
import { shaped, type DeliveryHandler, type NewDelivery, type Verdict } from '../../../deliveries/index.js';
import { DAY, type AccountId, type Clock, type PeerId } from '../../../kernel/index.js';
import { trustedServers, type Peer } from '../../../peers/index.js';
import type { OutboundAnswer, Transaction } from '../../../platform/index.js';
import { answerRules, type MessageAnswer } from '../../../shares/index.js';
import { attempted, judge } from '../../peer-call/answers.js';
import { farewellBody } from '../notifications/making.js';
import type { OcmWire } from '../wire/ocm-wire.js';
import type { ContactBook } from './contact-book.js';

/** The kind of delivery that tells a server that somebody of this cloud is gone. */
export const FAREWELL = 'ocm-farewell';

/** How long it is tried, milliseconds. */
const LIFE = 7 * DAY;

/** What {@link Farewells} need. */
export interface FarewellParts {
  readonly clock: Clock;
  readonly book: Pick<ContactBook, 'knownAt'>;
  readonly queue: (trx: Transaction, message: NewDelivery) => Promise<void>;
}

/** When a person is removed for good, tells the servers of their contacts (open-cloud-mesh.md 6, `USER_REMOVED`). */
export class Farewells {
  readonly #parts: FarewellParts;

  constructor(parts: FarewellParts) {
    this.#parts = parts;
  }

  /** Queues the messages and deletes contacts and invitations, in the transaction that removes the person. */
  async accountGone(trx: Transaction, accountId: AccountId): Promise<void> {
    const { clock, book, queue } = this.#parts;
    const known = await book.knownAt(trx, accountId);
    const hosts = known.map(({ server }) => server.host);
    const peers = await trustedServers(trx, [...new Set(hosts)]);
    for (const { server, ownUserId } of known) {
      const peerId = peers.get(server.host);
      if (peerId === undefined) continue;
      const lane = `${FAREWELL}:${peerId}`;
      await queue(trx, { kind: FAREWELL, peerId, lane, payload: { ownUserId }, expiresAt: clock.now() + LIFE });
    }
    for (const table of ['ocm_contacts', 'ocm_invites']) await trx(table).where({ account_id: accountId }).delete();
  }
}

const Payload = z.object({ ownUserId: z.string() });

/** What {@link createFarewellSender} needs. */
export interface FarewellSenderParts {
  readonly wire: Pick<OcmWire, 'post'>;
  readonly peerById: (id: PeerId) => Promise<Peer | undefined>;
}

/**
 * Sends these messages. Many servers do not know them, so every answer that a retry could not improve counts as done.
 */
export function createFarewellSender({ wire, peerById }: FarewellSenderParts): DeliveryHandler {
  return shaped(Payload, async ({ peerId, payload: { ownUserId } }): Promise<Verdict> => {
    const peer = peerId === undefined ? undefined : await peerById(peerId as PeerId);
    if (peer?.ocm === undefined || peer.blocked) return answerRules.OVERTAKEN;
    const { ocm } = peer;
    const answer = await attempted(() => wire.post(ocm, 'notifications', farewellBody(ownUserId)), judgeFarewell);
    const isOver = answer.kind !== 'trouble' || answer.slow;
    return isOver ? { kind: 'done', note: answer.note } : answerRules.troubleVerdict(answer);
  });
}

/** With 501 a server takes no notifications. */
function judgeFarewell(answer: OutboundAnswer): MessageAnswer {
  return answer.status === 501 ? { kind: 'unknown', note: 'answered 501' } : judge(answer);
}
