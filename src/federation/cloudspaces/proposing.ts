import { isFailure, type Fields } from '../../kernel/index.js';
import { isAllowed, type Peer } from '../../peers/index.js';
import type { OutboundAnswer } from '../../platform/index.js';
import type { OfferAnswer, Passage } from '../../shares/index.js';
import { withQuery, type SignedWire } from '../signed-wire.js';

/**
 * Presents a proposal in the way that the peer takes it (cloudspaces-interop.md 3, sender rules): by a POST of ours,
 * whose answer names the page to visit, or by the browser, of which nothing is known before it arrives.
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

/** The browser carries it, under our signature where the peer can check one. */
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

/** The invitee's browser goes only where the peer is known to be (threat model PRO-14). */
function pageOf(peer: Peer, location: string): OfferAnswer {
  const url = URL.canParse(location, peer.shareUrl) ? new URL(location, peer.shareUrl) : undefined;
  if (url === undefined || !isAllowed(url.href, peer.origins)) {
    return { kind: 'unreachable', note: 'answered with a page that is not its own' };
  }
  return { kind: 'page', location: url };
}
