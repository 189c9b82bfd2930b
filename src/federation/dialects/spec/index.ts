import { createCloudSpacesDialect } from '../../cloudspaces/index.js';
import type { Dialect } from '../../dialect.js';
import type { SignedWire } from '../../signed-wire.js';
import { writeOffer } from './outbound.js';

/** CloudSpaces interoperability protocol 1.0 as written, with our one extension of the proposal. */
export function createSpecDialect(wire: SignedWire): Dialect {
  return createCloudSpacesDialect(wire, 'spec', { writeOffer });
}
