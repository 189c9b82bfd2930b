import { readRetryAfter } from '../../../client/index.js';
import { isFailure, type PeerId, type Permission } from '../../../kernel/index.js';
import type { OcmManner, Peer } from '../../../peers/index.js';
import { tryForeignJson, wasNeverAsked } from '../../../platform/index.js';
import type { OfferAnswer, OwnOffer } from '../../../shares/index.js';
import {
  chooseManner,
  judgeShareAnswer,
  otherManner,
  ownAddress,
  printAddress,
  recordToSend,
  shareBody,
  signingFor,
  type KnownServers,
  type OcmPermission,
  type OcmRecord,
  type OcmServer,
  type OcmWire,
  type SentShare,
  type ShareAnswer,
  type ShareManner,
} from '../../ocm/index.js';
import { obstacleOf } from './preflight.js';

/** What offering needs. */
export interface OfferingInputs {
  readonly wire: Pick<OcmWire, 'post'>;
  readonly servers: Pick<KnownServers, 'recordOf'>;
  /** Where this cloud itself is. */
  readonly own: OcmServer;
  /** `https://cloud.example` without a trailing slash. */
  readonly webOrigin: string;
  /** Remembers the form of shares that a peer takes, as its answer has shown. */
  readonly learnt: (peerId: PeerId, manner: OcmManner) => Promise<void>;
  /**
   * The id under which the recipient's server knows the owner, when the two have met through an invitation: servers compare it
   * letter by letter with the one that they were told then (open-cloud-mesh.md 7).
   */
  readonly knownAs: (offer: OwnOffer) => Promise<string | undefined>;
}

/** Announces a share to the server of its recipient (open-cloud-mesh.md 4, 5). Never throws because of what a peer does. */
export async function announce(inputs: OfferingInputs, peer: Peer, offer: OwnOffer): Promise<OfferAnswer> {
  const { ocm } = peer;
  if (ocm === undefined) return refused(403, `${peer.name} is no server of Open Cloud Mesh any more.`);
  try {
    const record = await recordToSend(inputs.servers, ocm);
    const knownAs = await inputs.knownAs(offer);
    const isContact = knownAs !== undefined;
    const obstacle = obstacleOf(record, { host: ocm.host, demandsToken: offer.demandsToken === true, isContact });
    if (obstacle !== undefined) return refused(403, obstacle.why, obstacle.mustMeet);
    const owner = knownAs === undefined ? ownAddress(offer.ownerEmail, inputs.own) : { ...inputs.own, id: knownAs };
    return await tried(inputs, { peer, ocm, record, offer, owner: printAddress(owner), isContact });
  } catch (error) {
    if (!isFailure(error)) throw error;
    return {
      kind: 'unreachable',
      note: error.detail ?? error.message,
      retryAfter: error.retryAfter,
      ...(wasNeverAsked(error) && { unasked: true }),
    };
  }
}

interface Attempt {
  readonly peer: Peer;
  readonly ocm: NonNullable<Peer['ocm']>;
  readonly record: OcmRecord;
  readonly offer: OwnOffer;
  /** The address of the owner. */
  readonly owner: string;
  /** The two have met through an invitation. */
  readonly isContact: boolean;
}

/**
 * Sends it in the shape that the server's discovery document suggests, and after a 400 or 501 once in the other one,
 * which is remembered if that works.
 */
async function tried(inputs: OfferingInputs, attempt: Attempt): Promise<OfferAnswer> {
  const { ocm, record, offer } = attempt;
  const manner = chooseManner(record, ocm.manner, offer.demandsToken === true);
  const first = await posted(inputs, attempt, manner);
  if (first.judged.kind !== 'other-shape') return outcome(attempt, manner, first);
  const other = otherManner(record, manner);
  const second = await posted(inputs, attempt, other);
  if (second.judged.kind !== 'taken' && second.judged.kind !== 'already-there') return outcome(attempt, manner, first);
  await inputs.learnt(attempt.peer.id, other);
  return outcome(attempt, other, second);
}

interface Heard {
  readonly judged: ShareAnswer;
  readonly retryAfter: number | undefined;
}

async function posted(inputs: OfferingInputs, attempt: Attempt, manner: ShareManner): Promise<Heard> {
  const answer = await inputs.wire.post(attempt.ocm, 'shares', shareBody(writtenShare(inputs, attempt), manner));
  return {
    judged: judgeShareAnswer(answer.status, tryForeignJson(answer.body)),
    retryAfter: readRetryAfter(answer.headers['retry-after'], answer.headers['date']),
  };
}

function writtenShare({ webOrigin }: OfferingInputs, { offer, owner }: Attempt): SentShare {
  return {
    recipient: offer.recipientAddress ?? offer.recipient,
    owner,
    ownerName: offer.ownerName,
    sender: owner,
    senderName: offer.ownerName,
    name: offer.folderName,
    description: '',
    kind: offer.kind,
    providerId: offer.shareId,
    secret: offer.callbackWord,
    permissions: PERMISSIONS[offer.permission],
    expiresAt: offer.expiresAt,
    url: shareUrl(webOrigin, offer),
    requirements: offer.demandsToken === true ? ['must-exchange-token'] : [],
  };
}

/** Where a share is served. */
export function shareUrl(webOrigin: string, { shareId }: Pick<OwnOffer, 'shareId'>): string {
  return `${webOrigin}/dav/ocm/${shareId}/`;
}

/** Nobody may share on what is shared with them (AUT-09). */
export const PERMISSIONS: Readonly<Record<Permission, readonly OcmPermission[]>> = {
  'read-only': ['read'],
  'read-write': ['read', 'write'],
};

function outcome(attempt: Attempt, manner: ShareManner, { judged, retryAfter }: Heard): OfferAnswer {
  const { ocm, record, offer, isContact } = attempt;
  const { host } = ocm;
  switch (judged.kind) {
    case 'taken':
    case 'already-there':
      return { kind: 'waiting-there', host, acceptsByUse: isSilent(record, manner) };
    case 'unknown-recipient':
      return refused(404, said(`${host} knows nobody at ${offer.recipient}.`, judged.note));
    case 'not-trusted':
      // oCIS and OpenCloud say so of strangers, and do not demand invitations in their documents.
      return refused(
        403,
        said(`${host} takes no shares from this cloud.`, judged.note),
        !isContact && record.capabilities.includes('invites'),
      );
    case 'trouble':
      return { kind: 'unreachable', note: said(`${host} could not take the share.`, judged.note), retryAfter };
    default:
      return refused(400, said(`${host} did not take the share.`, judged.note));
  }
}

/**
 * True for servers that never tell that a share was accepted: those that do not sign and take only the newest shape,
 * and Seafile.
 */
function isSilent(record: OcmRecord, { shape }: ShareManner): boolean {
  return signingFor(record) === 'unsigned' && (shape === 'multi' || record.form === 'object');
}

function said(sentence: string, note: string): string {
  return note === '' ? sentence : `${sentence} It says: ${note}`;
}

function refused(status: number, note: string, mustMeet = false): OfferAnswer {
  return { kind: 'refused', status, note, ...(mustMeet && { mustMeet }) };
}
