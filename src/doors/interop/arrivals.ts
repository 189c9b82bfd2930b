import type { Response } from 'express';
import type { z } from 'zod';
import type { Clock } from '../../kernel/index.js';
import type { InteropDialect } from '../../federation/index.js';
import type { Peer } from '../../peers/index.js';
import type { Proposals, Receiving } from '../../shares/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../door/door.js';
import { preferred } from '../door/negotiation.js';
import { stateWord } from '../door/values.js';
import type { CredentialsCaller, CredentialsEntry } from './credentials-entry.js';
import { operations, type Granted, type Offered } from './document.js';
import type { PeerEntry } from './entry.js';
import type { ProposalCaller, ProposalEntry } from './proposal-entry.js';

/** What {@link createArrivals} needs. */
export interface ArrivalInputs {
  readonly clock: Clock;
  readonly entry: Pick<PeerEntry, 'greet'>;
  readonly proposalEntry: ProposalEntry;
  readonly credentialsEntry: CredentialsEntry;
  readonly dialectOf: (peer: Peer) => InteropDialect;
  readonly proposals: Pick<Proposals, 'receive' | 'carry'>;
  readonly receiving: Pick<Receiving, 'grant'>;
  readonly webOrigin: string;
}

const MESSAGE = { kind: 'text', limit: 64 * 1024 } as const;

/** What arrives from other clouds at the beginning of an agreement: from the peers themselves, or by a browser. */
export function arrivalRows(inputs: ArrivalInputs): AnyRow[] {
  return [...proposalRows(inputs), ...credentialsRows(inputs)];
}

function proposalRows(inputs: ArrivalInputs): AnyRow[] {
  const { proposalEntry } = inputs;
  return [
    row<ProposalCaller>({
      method: 'POST',
      path: '/interop/share',
      summary: 'Receive a proposal',
      document: operations.propose,
      body: MESSAGE,
      greet: inputs.entry.greet,
      enter: (arrival) => proposalEntry.posted(arrival),
      handle: (request, response) => share(inputs, request, response),
    }),
    row<ProposalCaller>({
      method: 'GET',
      path: '/interop/share',
      summary: 'Receive a proposal that a browser brings',
      document: operations.proposeByGet,
      body: NO_BODY,
      enter: (arrival) => proposalEntry.got(arrival),
      handle: (request, response) => share(inputs, request, response),
    }),
  ];
}

function credentialsRows(inputs: ArrivalInputs): AnyRow[] {
  const { credentialsEntry } = inputs;
  return [
    row<CredentialsCaller>({
      method: 'POST',
      path: '/interop/credentials',
      summary: 'Receive the credentials of a share',
      document: operations.deliverCredentials,
      body: MESSAGE,
      greet: inputs.entry.greet,
      enter: (arrival) => credentialsEntry.posted(arrival),
      handle: (request, response) => credentials(inputs, request, response),
    }),
    row<CredentialsCaller>({
      method: 'GET',
      path: '/interop/credentials',
      summary: 'Receive the credentials of a share that a browser brings',
      document: operations.deliverCredentialsByGet,
      body: NO_BODY,
      enter: (arrival) => credentialsEntry.got(arrival),
      refuseHead: true,
      handle: (request, response) => credentials(inputs, request, response),
    }),
  ];
}

/** A proposal that came by a browser or unsigned is taken without storing a row (cloudspaces-interop.md 3). */
async function share(inputs: ArrivalInputs, request: DoorRequest<ProposalCaller>, response: Response): Promise<void> {
  const { peer, message, carrier } = request.caller;
  const offer = inputs.dialectOf(peer).readOffer(message, peer, inputs.clock.now());
  const { id } =
    carrier === 'peer'
      ? await inputs.proposals.receive(peer, offer)
      : await inputs.proposals.carry(peer, offer, { isSigned: carrier === 'browser' });
  const location = `${inputs.webOrigin}/interop/proposals/${id}`;
  keepToOurselves(response);
  response.status(303).setHeader('Location', location);
  response.json({ share_id: offer.shareId, status: 'PENDING', location } satisfies z.infer<typeof Offered>);
}

async function credentials(
  inputs: ArrivalInputs,
  request: DoorRequest<CredentialsCaller>,
  response: Response,
): Promise<void> {
  const { peer, message, isSigned } = request.caller;
  const grant = inputs.dialectOf(peer).readGrant(message);
  const { state } = await inputs.receiving.grant(peer, grant, { isSigned });
  keepToOurselves(response);
  // If a browser has brought a secret in its address, it is redirected away from it.
  if (!isSigned && preferred(request.http, ['application/json', 'text/html']) === 'text/html') {
    response.redirect(303, '/shares');
    return;
  }
  response.json({ share_id: grant.shareId, status: stateWord(state) } satisfies z.infer<typeof Granted>);
}

/** Addresses with proposals and secrets must not be passed on as a referrer (threat model PRO-15). */
function keepToOurselves(response: Response): void {
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cache-Control', 'no-store');
}
