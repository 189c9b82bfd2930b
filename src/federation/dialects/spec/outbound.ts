import { isFailure, storageTime, type Fields } from '../../../kernel/index.js';
import { isAllowed, type Peer } from '../../../peers/index.js';
import type { OutboundAnswer } from '../../../platform/index.js';
import type {
  DecisionMessage,
  EndMessage,
  GrantMessage,
  MessageAnswer,
  Offer,
  OfferAnswer,
} from '../../../shares/index.js';
import { attempted, judge } from '../../answers.js';
import type { SignedWire } from '../../signed-wire.js';
import { PROTOCOL_VERSION } from './wire.js';

/** POSTs a proposal and finds the page to visit in the answer (cloudspaces-interop.md 3, sender rules). */
export async function sendOffer(wire: SignedWire, peer: Peer, offer: Offer): Promise<OfferAnswer> {
  try {
    return judgeOffer(peer, await wire.postForm(peer, peer.shareUrl, offerFields(offer)));
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { kind: 'unreachable', note: error.detail ?? error.message };
  }
}

function offerFields(offer: Offer): Fields {
  return [
    ['share_id', offer.shareId],
    ['resource_url', offer.resourceUrl],
    ['owner_name', offer.ownerName],
    ['owner_email', offer.ownerEmail],
    ['folder_name', offer.folderName],
    ['permission', offer.permission],
    ['recipient', offer.recipient],
    ['callback', offer.callback],
    ['protocol_version', PROTOCOL_VERSION],
    ...(offer.expiresAt === undefined ? [] : [['expires_at', storageTime(offer.expiresAt)] as const]),
  ];
}

function judgeOffer(peer: Peer, answer: OutboundAnswer): OfferAnswer {
  const { status } = answer;
  const location = answer.headers['location'];
  if ((status === 303 || status === 302) && typeof location === 'string') return pageOf(peer, location);
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return { kind: 'refused', status, note: `answered ${String(status)}` };
  }
  return { kind: 'unreachable', note: `answered ${String(status)}` };
}

/** The invitee's browser goes only where the peer is known to be (threat model PRO-14). */
function pageOf(peer: Peer, location: string): OfferAnswer {
  const url = URL.canParse(location, peer.shareUrl) ? new URL(location, peer.shareUrl) : undefined;
  if (url === undefined || !isAllowed(url.href, peer.origins)) {
    return { kind: 'unreachable', note: 'answered with a page that is not its own' };
  }
  return { kind: 'page', location: url };
}

/** The callback with the answer appended and signed; its own query is kept (section 5, CBK-07). */
export function decisionUrl(wire: SignedWire, peer: Peer, callback: string, decision: DecisionMessage): URL {
  return wire.signUrl(peer, withDecision(callback, decision));
}

function withDecision(callback: string, decision: DecisionMessage): URL {
  const url = new URL(callback);
  const added = new URLSearchParams({ share_id: decision.shareId, accepted: String(decision.accepted) }).toString();
  url.search = url.search === '' ? added : `${url.search}&${added}`;
  return url;
}

/** Repeats the decision from server to server. */
export async function sendDecision(
  wire: SignedWire,
  peer: Peer,
  callback: string,
  decision: DecisionMessage,
): Promise<MessageAnswer> {
  return attempted(() => wire.getSigned(peer, withDecision(callback, decision)), judgeDecision);
}

/** A cloud that has taken the decision may lead the browser that it expects to its return page (section 5). */
function judgeDecision(answer: OutboundAnswer): MessageAnswer {
  return answer.status === 303 ? { kind: 'taken', note: 'answered 303' } : judge(answer);
}

/** Delivers credentials under names that no OAuth verifier takes for its own (section 6, "Name collision"). */
export async function sendGrant(wire: SignedWire, peer: Peer, grant: GrantMessage): Promise<MessageAnswer> {
  return attempted(() =>
    wire.postForm(peer, peer.credentialsUrl, [
      ['share_id', grant.shareId],
      ['auth_protocol', 'oauth'],
      ['auth_protocol_version', '1.0a'],
      ['access_token_key', grant.token],
      ['access_token_secret', grant.secret],
    ]),
  );
}

/** Tells the end; a peer without an address for it counts as told (section 7). */
export async function sendEnd(wire: SignedWire, peer: Peer, end: EndMessage): Promise<MessageAnswer> {
  const { unshareUrl } = peer;
  if (unshareUrl === undefined) return { kind: 'taken', note: 'the peer has no address for this' };
  return attempted(() =>
    wire.postForm(peer, unshareUrl, [
      ['share_id', end.shareId],
      ['protocol_version', PROTOCOL_VERSION],
      ...(end.reason === undefined ? [] : [['reason', end.reason] as const]),
    ]),
  );
}
