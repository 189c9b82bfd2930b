import { ocmError, OcmRefusal } from '../../federation/index.js';
import { isFailure, type Failure } from '../../kernel/index.js';
import { MessageSenders, type DoorMessages, type OnRefused } from '../callers/refused-messages.js';
import type { Refuse } from '../door/door.js';

/** The senders of messages, each with the id of the share that it is about. */
export const ocmSenders = new MessageSenders<string | undefined>();

/** How the messages of this door are read, for what is noted of refused ones. */
export const OCM_MESSAGES: DoorMessages<string | undefined> = {
  senders: ocmSenders,
  nameIn: ({ message }) => (message === undefined ? undefined : { shareId: message }),
  statusOf: (failure) => ocmError(failure).status,
  reasonOf: (failure) => {
    // One and the same text hides from strangers what is wrong (OCM-05), not from administrators.
    if (isFailure(failure.cause, 'forbidden')) return failure.cause.message;
    const problems = failure instanceof OcmRefusal ? failure.problems : [];
    const fields = problems.map(({ name, message }) => `${name}: ${message}`).join(', ');
    return fields === '' ? failure.message : `${failure.message} (${fields})`;
  },
};

/** Words refusals as {@link refuseOcm} does, and tells `onRefused` of each. */
export function createOcmRefusals(onRefused: OnRefused): Refuse {
  return (failure, request, response) => {
    onRefused(failure, request);
    refuseOcm(failure, request, response);
  };
}

/** Words refusals as JSON in the form of this protocol, whatever was asked for (open-cloud-mesh.md 4.3). */
export const refuseOcm: Refuse = (failure, request, response) => {
  const { status, body } = ocmError(failure);
  if (request.path === '/ocm/token' && status !== 405) {
    // The exchange has words of its own (open-cloud-mesh.md 9).
    response.status(OF_SENDER.includes(status) ? 400 : status).json({ error: tokenError(failure, status), ...body });
    return;
  }
  // A challenge is owed with every 401 (RFC 9110 15.5.2); what is wanted is a signature of the message.
  if (status === 401) response.setHeader('WWW-Authenticate', 'Signature');
  response.status(status).json(body);
};

const OF_SENDER = [400, 401, 403, 413, 415];

function tokenError({ facts: { error } }: Failure, status: number): string {
  if (typeof error === 'string') return error;
  if (status === 401 || status === 403) return 'invalid_client';
  return OF_SENDER.includes(status) ? 'invalid_request' : 'temporarily_unavailable';
}
