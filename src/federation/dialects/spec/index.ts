import { createCloudSpacesDialect, type CloudSpacesInputs } from '../../cloudspaces/index.js';
import type { InteropDialect } from '../../ports/dialect.js';
import { writeOffer } from './outbound.js';

/** CloudSpaces interoperability protocol 1.0 as written, with our one extension of the proposal. */
export function createSpecDialect(inputs: CloudSpacesInputs): InteropDialect {
  return createCloudSpacesDialect(inputs, 'spec', { writeOffer });
}
