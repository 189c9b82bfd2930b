import { createCloudSpacesDialect, type CloudSpacesInputs } from '../../cloudspaces/index.js';
import type { InteropDialect } from '../../ports/dialect.js';
import { acceptedWord, writeGrant } from './outbound.js';

/** The public Python reference and its StackSync integration branch: sends what both of them read. */
export function createCsinteropDialect(inputs: CloudSpacesInputs): InteropDialect {
  return createCloudSpacesDialect(inputs, 'csinterop', {
    acceptedWord,
    writeGrant,
    abilities: { credentialsInAddress: true },
    // They answer a yes with 302, because they expect a browser. The redirect, whose address contains a token, is not
    // followed.
    heardBy: [302, 303],
  });
}
