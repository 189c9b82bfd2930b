import type { Response } from 'express';
import type { z } from 'zod';
import type { Clock } from '../../kernel/index.js';
import type { Dialect } from '../../federation/index.js';
import type { Peer } from '../../peers/index.js';
import type { Proposals, Receiving } from '../../shares/index.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import { stateWord } from '../values.js';
import type { CredentialsCaller, CredentialsEntry } from './credentials-entry.js';
import { operations, type Granted, type Offered } from './document.js';
import type { ProposalCaller, ProposalEntry } from './proposal-entry.js';

/** What is needed to take proposals and credentials in. */
export interface ArrivalInputs {
  readonly clock: Clock;
  readonly proposalEntry: ProposalEntry;
  readonly credentialsEntry: CredentialsEntry;
  readonly dialectOf: (peer: Peer) => Dialect;
  readonly proposals: Pick<Proposals, 'receive' | 'carry'>;
  readonly receiving: Pick<Receiving, 'grant'>;
  readonly publicOrigin: string;
}

const MESSAGE = { kind: 'text', limit: 64 * 1024 } as const;
const NOTHING = { kind: 'none' } as const;

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
      enter: (arrival) => proposalEntry.posted(arrival),
      handle: (request, response) => share(inputs, request, response),
    }),
    row<ProposalCaller>({
      method: 'GET',
      path: '/interop/share',
      summary: 'Receive a proposal that a browser brings',
      document: operations.proposeByGet,
      body: NOTHING,
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
      enter: (arrival) => credentialsEntry.posted(arrival),
      handle: (request, response) => credentials(inputs, request, response),
    }),
    row<CredentialsCaller>({
      method: 'GET',
      path: '/interop/credentials',
      summary: 'Receive the credentials of a share that a browser brings',
      document: operations.deliverCredentialsByGet,
      body: NOTHING,
      enter: (arrival) => credentialsEntry.got(arrival),
      refuseHead: true,
      handle: (request, response) => credentials(inputs, request, response),
    }),
  ];
}

/** What a browser brought, or nobody signed, is taken without leaving a row (cloudspaces-interop.md 3). */
async function share(inputs: ArrivalInputs, request: DoorRequest<ProposalCaller>, response: Response): Promise<void> {
  const { peer, fields, carrier } = request.caller;
  const offer = inputs.dialectOf(peer).readOffer(fields, peer, inputs.clock.now());
  const { id } =
    carrier === 'peer'
      ? await inputs.proposals.receive(peer, offer)
      : await inputs.proposals.carry(peer, offer, { isSigned: carrier === 'browser' });
  const location = `${inputs.publicOrigin}/interop/proposals/${id}`;
  keepToOurselves(response);
  response.status(303).setHeader('Location', location);
  response.json({ share_id: offer.shareId, status: 'PENDING', location } satisfies z.infer<typeof Offered>);
}

async function credentials(
  inputs: ArrivalInputs,
  request: DoorRequest<CredentialsCaller>,
  response: Response,
): Promise<void> {
  const { peer, fields, isSigned } = request.caller;
  const message = inputs.dialectOf(peer).readGrant(fields);
  const { state } = await inputs.receiving.grant(peer, message, { isSigned });
  keepToOurselves(response);
  // A person whose browser was made to bring a secret is led away from its address.
  if (!isSigned && request.http.accepts(['application/json', 'text/html']) === 'text/html') {
    response.redirect(303, '/shares');
    return;
  }
  response.json({ share_id: message.shareId, status: stateWord(state) } satisfies z.infer<typeof Granted>);
}

/** Addresses that hold proposals and secrets are told to nobody (threat model PRO-15). */
function keepToOurselves(response: Response): void {
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cache-Control', 'no-store');
}
