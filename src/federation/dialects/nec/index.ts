import { createCloudSpacesDialect, type CloudSpacesInputs } from '../../cloudspaces/index.js';
import type { InteropDialect } from '../../ports/dialect.js';
import { writeOffer } from './outbound.js';
import { canonicalGuid } from './wire.js';

/** NEC Cloud Storage, as EU deliverable D5.2 describes it. */
export function createNecDialect(inputs: CloudSpacesInputs): InteropDialect {
  return createCloudSpacesDialect(inputs, 'nec', { writeOffer, keyOf: canonicalGuid });
}
