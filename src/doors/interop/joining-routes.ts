import type { Request, Response } from 'express';
import type { z } from 'zod';
import { readFields } from '../../federation/index.js';
import { Failure, invalid, MINUTE, type Fields, type PeerId } from '../../kernel/index.js';
import {
  ConfirmMessage,
  type IssuedPair,
  JoinRequestMessage,
  pairOf,
  RotationMessage,
  type TakenKeys,
  wirePair,
  type JoinRequests,
  type Joins,
  type KeyRotation,
} from '../../peers/index.js';
import { networkOf, type Limiter, parseForeignJson } from '../../platform/index.js';
import { row, type AnyRow, type Arrival, type DoorRequest } from '../door/door.js';
import { sendJson } from '../door/json.js';
import { requireOwnWebOrigin } from '../callers/web-origin.js';
import type { PeerCaller, PeerEntry } from './entry.js';
import { operations, type Joining } from './joining-document.js';

/** What becoming and staying peers needs from the rest of the cloud (cloudspaces-interop.md 14). */
export interface JoiningInputs {
  readonly limiter: Pick<Limiter, 'spend'>;
  readonly entry: Pick<PeerEntry, 'greet' | 'message'>;
  readonly joins: Pick<Joins, 'confirm'>;
  readonly joinRequests: Pick<JoinRequests, 'receive'>;
  readonly rotation: Pick<KeyRotation, 'receive'>;
  /** Asks a peer in the background whether our keys fit. */
  readonly probeSoon: (id: PeerId) => void;
  readonly webOrigin: string;
}

const MESSAGE = { kind: 'text', limit: 64 * 1024 } as const;
const JSON_BODY = { kind: 'text', limit: 8 * 1024 } as const;
const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i;

/** Confirmations from one address: codes are short (threat model ACC-02). */
const CONFIRMATIONS = { acts: 30, per: MINUTE, ofStrangers: true };

/** The rows of our own extension: joining by a one-time code, and new keys. */
export function joiningRows(inputs: JoiningInputs): AnyRow[] {
  return [askRow(inputs), confirmRow(inputs), rotateRow(inputs)];
}

/** The answer is always the same, so that it does not tell which clouds we know or reach (SSR-05). */
function askRow(inputs: JoiningInputs): AnyRow {
  return row<JoinRequestMessage>({
    method: 'POST',
    path: '/interop/join',
    summary: 'Ask to become a peer',
    document: operations.askToJoin,
    body: JSON_BODY,
    greet: (http) => {
      greet(http, inputs);
    },
    enter: async (arrival) => messageOf(JoinRequestMessage, arrival),
    async handle({ caller, http }, response) {
      await inputs.joinRequests.receive(caller, http.ip);
      sendJson(response, 202, { status: 'RECEIVED' } satisfies z.infer<typeof Joining>);
    },
  });
}

function confirmRow(inputs: JoiningInputs): AnyRow {
  return row<ConfirmMessage>({
    method: 'POST',
    path: '/interop/join/confirm',
    summary: 'Confirm a request with its code',
    document: operations.confirmJoin,
    body: JSON_BODY,
    greet: (http) => {
      greet(http, inputs);
    },
    enter: async (arrival) => {
      await inputs.limiter.spend(`join-confirm:${networkOf(arrival.http.ip)}`, CONFIRMATIONS);
      return messageOf(ConfirmMessage, arrival);
    },
    async handle({ caller }, response) {
      const issued = await inputs.joins.confirm(caller);
      if (issued === 'refused') throw new Failure('forbidden', 'This code does not fit.');
      sendJson(response, 200, wirePair(issued) satisfies z.infer<typeof IssuedPair>);
    },
  });
}

function rotateRow(inputs: JoiningInputs): AnyRow {
  return row<PeerCaller>({
    method: 'POST',
    path: '/interop/rotate',
    summary: 'Receive the keys to sign with from now on',
    document: operations.rotateKeys,
    body: MESSAGE,
    greet: inputs.entry.greet,
    enter: inputs.entry.message,
    handle: (request, response) => rotate(inputs, request, response),
  });
}

async function rotate(inputs: JoiningInputs, request: DoorRequest<PeerCaller>, response: Response): Promise<void> {
  const { peer, message } = request.caller;
  if (request.query.length > 0) throw invalid('Send the keys in the body, not in the address.');
  const pair = pairOf(checked(RotationMessage, single(readFields(message))));
  await inputs.rotation.receive(peer, pair);
  // The first use of the new pair ends the old one at the peer.
  inputs.probeSoon(peer.id);
  sendJson(response, 200, { consumer_key: pair.key } satisfies z.infer<typeof TakenKeys>);
}

/** An unsigned message: nobody is known yet. JSON only, so that no page elsewhere can have a browser send it. */
function greet(http: Request, { webOrigin }: JoiningInputs): void {
  requireOwnWebOrigin(http, webOrigin);
  if (!JSON_TYPE.test(http.headers['content-type'] ?? '')) {
    throw new Failure('unsupported-type', 'Send application/json.');
  }
}

function messageOf<Message>(schema: z.ZodType<Message>, { text }: Arrival): Message {
  return checked(schema, parsed(text));
}

function parsed(text: string): unknown {
  try {
    return parseForeignJson(text);
  } catch (cause) {
    throw new Failure('invalid', 'The body is not JSON.', { cause });
  }
}

function checked<Message>(schema: z.ZodType<Message>, value: unknown): Message {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  throw invalid(`${String(error.issues[0]?.path[0] ?? 'The body')} is missing or wrong`);
}

/** A field that is repeated with different values counts as absent. */
function single(fields: Fields): Readonly<Record<string, string>> {
  const values = Object.fromEntries(fields);
  const twice = fields.find(([name, value]) => values[name] !== value);
  if (twice !== undefined) throw invalid(`${twice[0]} is there twice`);
  return values;
}
