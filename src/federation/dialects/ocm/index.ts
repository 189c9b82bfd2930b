import type { Peer } from '../../../peers/index.js';
import type { OutboundAnswer } from '../../../platform/index.js';
import type { MessageAnswer } from '../../../shares/index.js';
import { isDisbelieved, notificationBody, type SentNotification } from '../../ocm/index.js';
import { attempted, judge } from '../../peer-call/answers.js';
import { NO_ABILITIES, type Dialect } from '../../ports/dialect.js';
import { announce, type OfferingInputs } from './offering.js';
import { tellTerms } from './terms.js';

export type { OfferingInputs as OcmDialectInputs } from './offering.js';

/**
 * The dialect of Open Cloud Mesh: one server announces a share to another, and notifications tell what becomes of it.
 */
export function createOcmDialect(inputs: OfferingInputs): Dialect {
  const tell = (peer: Peer, told: Told): Promise<MessageAnswer> => notify(inputs, peer, told);
  return {
    name: 'ocm',
    abilities: NO_ABILITIES,
    sendOffer: (peer, offer) => announce(inputs, peer, offer),
    // No browser carries the decision; its person is led to the list of shares.
    decisionUrl: () => new URL('/shares', inputs.webOrigin),
    sendDecision: (peer, _callback, { shareId, accepted, secret, grantee }) =>
      tell(peer, {
        type: accepted ? 'SHARE_ACCEPTED' : 'SHARE_DECLINED',
        providerId: shareId,
        secret,
        grantee,
        message: accepted ? 'The share was accepted.' : 'The share was declined.',
      }),
    sendTerms: (peer, offer) => tellTerms(inputs, peer, offer),
    sendEnd: (peer, { shareId, toldBy, secret, grantee }) =>
      tell(peer, {
        type: toldBy === 'origin' ? 'SHARE_UNSHARED' : 'SHARE_DECLINED',
        providerId: shareId,
        secret,
        grantee,
        message: toldBy === 'origin' ? 'The share has ended.' : 'The recipient has left the share.',
      }),
  };
}

/** What a notification is made of. Without its secret it cannot be sent. */
type Told = Pick<SentNotification, 'type' | 'providerId' | 'message'> & {
  readonly secret: string | undefined;
  readonly grantee: string | undefined;
};

async function notify({ wire }: OfferingInputs, peer: Peer, told: Told): Promise<MessageAnswer> {
  const { ocm } = peer;
  const { secret, grantee = '' } = told;
  if (ocm === undefined) return { kind: 'malformed', note: 'the peer is no server of Open Cloud Mesh any more' };
  if (secret === undefined) return { kind: 'malformed', note: 'the secret of the share is gone' };
  const body = notificationBody({ ...told, secret, grantee });
  return attempted(() => wire.post(ocm, 'notifications', body), judgeBy(told.type));
}

/**
 * What an answer to a notification means. A server that answers 501 takes none, and 400 means that the share is over
 * there already: both count as told (open-cloud-mesh.md 6).
 */
function judgeBy(type: SentNotification['type']): (answer: OutboundAnswer) => MessageAnswer {
  return (answer) => {
    const { status } = answer;
    const note = `answered ${String(status)}`;
    if (status === 400 && isDisbelieved(answer)) {
      return { kind: 'trouble', note: `${note}: our signature was not believed`, retryAfter: undefined, slow: true };
    }
    if (status === 501) return { kind: 'taken', note: `${note}: it takes no notifications` };
    if (status === 400 && type !== 'SHARE_ACCEPTED') return { kind: 'taken', note: `${note}: it is over there` };
    return judge(answer);
  };
}
