import type { DeliveryHandler, Verdict } from '../deliveries/index.js';
import { DAY, type PeerId } from '../kernel/index.js';
import type { OwnAddress, Peer } from '../peers/index.js';
import type { OutboundAnswer } from '../platform/index.js';
import { answerRules, type MessageAnswer } from '../shares/index.js';
import { attempted, judge } from './peer-call/answers.js';

/** The kind of delivery that tells a peer where this cloud is now. */
export const ANNOUNCEMENT = 'announcement';

/** How long an announcement is retried, milliseconds. */
export const ANNOUNCEMENT_LIFE = 30 * DAY;

/** What {@link createAnnouncer} needs. */
export interface AnnouncerInputs {
  readonly peerById: (id: PeerId) => Promise<Peer | undefined>;
  readonly ownAddress: Pick<OwnAddress, 'tell'>;
}

/**
 * Sends announcements of this cloud's new address. Other implementations do not know the message; their refusal is no
 * error.
 */
export function createAnnouncer({ peerById, ownAddress }: AnnouncerInputs): DeliveryHandler {
  return async ({ peerId }): Promise<Verdict> => {
    const peer = peerId === undefined ? undefined : await peerById(peerId as PeerId);
    if (peer === undefined || peer.blocked) return answerRules.OVERTAKEN;
    return verdictOn(await attempted(() => ownAddress.tell(peer), judgeAnnouncement));
  };
}

function judgeAnnouncement(answer: OutboundAnswer): MessageAnswer {
  const judged = judge(answer);
  return answer.status === 405 || answer.status === 501 ? { kind: 'unknown', note: judged.note } : judged;
}

function verdictOn(answer: MessageAnswer): Verdict {
  if (answer.kind === 'trouble') return answerRules.troubleVerdict(answer);
  return { kind: answer.kind === 'malformed' ? 'failed' : 'done', note: answer.note };
}
