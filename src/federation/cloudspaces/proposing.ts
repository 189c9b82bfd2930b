import { isFailure, type Fields } from '../../kernel/index.js';
import { isAllowed, type Peer } from '../../peers/index.js';
import type { OutboundAnswer } from '../../platform/index.js';
import type { OfferAnswer, Passage } from '../../shares/index.js';
import { withQuery, type SignedWire } from '../peer-call/signed-wire.js';

/**
 * Presents a proposal in the way that the peer takes it (cloudspaces-interop.md 3, sender rules): by our own POST,
 * whose answer names the page to visit, or by the person's browser, which sends us no answer.
 */
export async function propose(wire: SignedWire, peer: Peer, fields: Fields): Promise<OfferAnswer> {
  try {
    if (peer.transport !== 'server-post') return carried(wire, peer, fields);
    return judgeOffer(peer, await wire.postForm(peer, peer.shareUrl, fields));
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { kind: 'unreachable', note: error.detail ?? error.message };
  }
}

/** The browser carries the proposal, signed by us if the peer can check signatures. */
function carried(wire: SignedWire, peer: Peer, fields: Fields): Passage {
  const action = new URL(peer.shareUrl);
  return peer.transport === 'browser-get'
    ? { kind: 'page', location: wire.signUrl(peer, withQuery(action, fields)) }
    : { kind: 'form', action, fields: wire.signForm(peer, action, fields) };
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

/**
 * Removes the fragment for the check of the origin. The page itself may need it (`/#/proposal/1`); servers never see
 * it.
 */
function withoutFragment(url: URL): string {
  const bare = new URL(url);
  bare.hash = '';
  return bare.href;
}

/** Sends the invitee's browser only to a registered origin of the peer (threat model PRO-14). */
function pageOf(peer: Peer, location: string): OfferAnswer {
  const url = URL.canParse(location, peer.shareUrl) ? new URL(location, peer.shareUrl) : undefined;
  if (url === undefined || !isAllowed(withoutFragment(url), peer.origins)) {
    return { kind: 'unreachable', note: 'answered with a page that is not its own' };
  }
  return { kind: 'page', location: url };
}
