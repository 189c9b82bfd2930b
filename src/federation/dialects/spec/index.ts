import type { Dialect } from '../../dialect.js';
import type { SignedWire } from '../../signed-wire.js';
import { readDecision, readEnd, readGrant, readOffer } from './inbound.js';
import { decisionUrl, sendDecision, sendEnd, sendGrant, sendOffer } from './outbound.js';

/** CloudSpaces interoperability protocol 1.0 as written, with our rulings where it is silent. */
export function createSpecDialect(wire: SignedWire): Dialect {
  return {
    name: 'spec',
    readOffer,
    readDecision,
    readGrant,
    readEnd,
    sendOffer: (peer, offer) => sendOffer(wire, peer, offer),
    decisionUrl: (peer, callback, decision) => decisionUrl(wire, peer, callback, decision),
    sendDecision: (peer, callback, decision) => sendDecision(wire, peer, callback, decision),
    sendGrant: (peer, grant) => sendGrant(wire, peer, grant),
    sendEnd: (peer, end) => sendEnd(wire, peer, end),
  };
}
