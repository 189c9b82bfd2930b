import { createCloudSpacesDialect } from '../../cloudspaces/index.js';
import type { Dialect } from '../../dialect.js';
import type { SignedWire } from '../../signed-wire.js';
import { readDecision } from './inbound.js';
import { writeOffer } from './outbound.js';

/** NEC Cloud Storage, as EU deliverable D5.2 describes it. */
export function createNecDialect(wire: SignedWire): Dialect {
  return createCloudSpacesDialect(wire, 'nec', { writeOffer, readDecision });
}
