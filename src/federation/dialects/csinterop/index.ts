import { createCloudSpacesDialect } from '../../cloudspaces/index.js';
import type { Dialect } from '../../dialect.js';
import type { SignedWire } from '../../signed-wire.js';
import { acceptedWord, writeGrant } from './outbound.js';

/** The public Python reference and its StackSync integration branch: what is sent is what either reads. */
export function createCsinteropDialect(wire: SignedWire): Dialect {
  return createCloudSpacesDialect(wire, 'csinterop', {
    ...{ acceptedWord, writeGrant },
    // A yes is answered 302: the browser that they expect is led on, with a token in the address that is not followed.
    heardBy: [302, 303],
  });
}
