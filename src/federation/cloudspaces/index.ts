import type { DialectName, Peer } from '../../peers/index.js';
import type { EndMessage, GrantMessage, MessageAnswer } from '../../shares/index.js';
import { attempted } from '../answers.js';
import type { Dialect } from '../dialect.js';
import type { SignedWire } from '../signed-wire.js';
import { deciding } from './deciding.js';
import { PLAIN, type Manner } from './manner.js';
import { propose } from './proposing.js';
import { readEnd, readGrant, readOffer } from './reading.js';
import { endFields } from './writing.js';

export type { WrittenGrant } from './manner.js';
export { readDecision } from './reading.js';
export { grantFields, offerFields, type GrantNames } from './writing.js';

/**
 * The CloudSpaces interoperability protocol 1.0 in one vendor's manner. Everything that any of them writes is read
 * alike (cloudspaces-interop.md 3 to 7); what is written differs as far as `otherwise` says.
 */
export function createCloudSpacesDialect(
  wire: SignedWire,
  name: DialectName,
  otherwise: Partial<Manner> = {},
): Dialect {
  const manner: Manner = { ...PLAIN, ...otherwise };
  return {
    name,
    ...{ readOffer, readGrant, readEnd, readDecision: manner.readDecision },
    sendOffer: (peer, offer) => propose(wire, peer, manner.writeOffer(offer)),
    ...deciding(wire, manner),
    sendGrant: (peer, grant) => sendGrant(wire, manner, peer, grant),
    sendEnd: (peer, end) => sendEnd(wire, peer, end),
  };
}

/** Always from server to server; an address that carries secrets, for a peer of `credentialsByGet`, is noted nowhere. */
function sendGrant(wire: SignedWire, manner: Manner, peer: Peer, grant: GrantMessage): Promise<MessageAnswer> {
  const { fields, unsigned } = manner.writeGrant(peer, grant);
  const { credentialsUrl, credentialsByGet } = peer;
  return attempted(() =>
    credentialsByGet
      ? wire.getForm(peer, credentialsUrl, fields, { unsigned })
      : wire.postForm(peer, credentialsUrl, fields, { unsigned }),
  );
}

/** A peer without an address for ends counts as told: it learns from the dead token (section 7). */
async function sendEnd(wire: SignedWire, peer: Peer, end: EndMessage): Promise<MessageAnswer> {
  const { unshareUrl } = peer;
  if (unshareUrl === undefined) return { kind: 'taken', note: 'the peer has no address for this' };
  return attempted(() => wire.postForm(peer, unshareUrl, endFields(end)));
}
