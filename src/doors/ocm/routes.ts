import { Router } from 'express';
import { notFound } from '../../kernel/index.js';
import type { Log } from '../../platform/index.js';
import { createDoor, type AnyRow, type Refuse } from '../door/door.js';
import { companionRows } from './companion-routes.js';
import { discoveryRows, type DiscoveryInputs } from './discovery-routes.js';
import { inviteRows, type InviteInputs } from './invite-routes.js';
import { refuseOcm } from './refusals.js';
import { tokenRows, type TokenRowInputs } from './token-routes.js';
import { shareRows, type ShareRowInputs } from './share-routes.js';

/** What the door of Open Cloud Mesh needs. */
export interface OcmInputs extends DiscoveryInputs, ShareRowInputs, InviteInputs, TokenRowInputs {
  readonly cloudName: string;
  readonly log: Log;
  /** Words refusals. */
  readonly refuse: Refuse;
}

/** The door for servers of Open Cloud Mesh (open-cloud-mesh.md). */
export function createOcmDoor(inputs: OcmInputs): Router {
  return createDoor({ rows: ocmRows(inputs), refuse: inputs.refuse, log: inputs.log });
}

/** Its routes, as data. */
export function ocmRows(inputs: OcmInputs): AnyRow[] {
  return [
    ...discoveryRows(inputs),
    ...companionRows(inputs),
    ...shareRows(inputs),
    ...inviteRows(inputs),
    ...tokenRows(inputs),
  ];
}

/**
 * Answers servers at addresses below `/ocm` where there is nothing. Mounted after the pages, some of which lie there
 * too.
 */
export function nothingForServers(): Router {
  const router = Router({ caseSensitive: true });
  router.use('/ocm', (request, response) =>
    refuseOcm(notFound('There is nothing at this address.'), request, response),
  );
  return router;
}
