import type { Request, Response, Router } from 'express';
import type { z } from 'zod';
import { Failure, firstField, invalid, isFailure, type Clock, type PeerId } from '../../kernel/index.js';
import { readFields, RESULT_PATH, type InteropDialect } from '../../federation/index.js';
import type { Peer, PeerMoves, WellKnown } from '../../peers/index.js';
import type { Limiter, Log } from '../../platform/index.js';
import type { DecisionPage, Decisions, Endings, Receiving } from '../../shares/index.js';
import { anyone, createDoor, NO_BODY, row, type AnyRow, type DoorRequest, type Refuse } from '../door/door.js';
import { lookUpSecret } from '../callers/guesses.js';
import { preferred } from '../door/negotiation.js';
import { refusePrefetch } from '../door/prefetch.js';
import { arrivalRows, type ArrivalInputs } from './arrivals.js';
import { operations, type Decided, type Ended, type Pong } from './document.js';
import type { PeerCaller, PeerEntry } from './entry.js';
import { joiningRows, type JoiningInputs } from './joining-routes.js';
import { inAddress, knowSender } from './senders.js';

/** What the interop door needs from the rest of the cloud. */
export interface InteropInputs extends JoiningInputs, ArrivalInputs {
  readonly clock: Clock;
  readonly log: Log;
  readonly limiter: Limiter;
  readonly entry: PeerEntry;
  /** To be called when a peer has signed with valid keys: then ours are worth a try. */
  readonly heardFrom: (peer: Peer) => void;
  readonly dialectOf: (peer: Peer) => InteropDialect;
  readonly peerById: (id: PeerId) => Promise<Peer | undefined>;
  readonly receiving: Pick<Receiving, 'grant'>;
  readonly endings: Pick<Endings, 'hear'>;
  readonly decisions: Decisions;
  readonly peerMoves: Pick<PeerMoves, 'said'>;
  readonly webOrigin: string;
  readonly cloudName: string;
  /** The document of `/.well-known/cloudspaces`. */
  readonly wellKnown: WellKnown;
  readonly refuse: Refuse;
  /** Shows the page after the callback to a browser. */
  readonly showDecision: (request: DoorRequest<unknown>, response: Response, page: DecisionPage) => void;
}

const MESSAGE = { kind: 'text', limit: 64 * 1024 } as const;

/** The CloudSpaces endpoints (product.md, "Fixed paths"). */
export function createInteropDoor(inputs: InteropInputs): Router {
  return createDoor({ rows: interopRows(inputs), refuse: inputs.refuse, log: inputs.log });
}

/** Its routes, as data. */
export function interopRows(inputs: InteropInputs): AnyRow[] {
  return [
    ...arrivalRows(inputs),
    ...answerRows(inputs),
    ...joiningRows(inputs),
    ...presenceRows(inputs),
    discoveryRow(inputs),
  ];
}

/** What follows an offer: its answer, and its end. */
function answerRows(inputs: InteropInputs): AnyRow[] {
  const { greet, message } = inputs.entry;
  return [
    row<PeerCaller>({
      method: 'POST',
      path: '/interop/unshare',
      summary: 'Learn that a share has ended',
      document: operations.endShare,
      body: MESSAGE,
      greet,
      enter: message,
      handle: (request, response) => unshare(inputs, request, response),
    }),
    row({
      method: 'GET',
      path: `${RESULT_PATH}:token`,
      summary: "Learn the recipient's decision",
      document: operations.decide,
      body: NO_BODY,
      enter: anyone,
      refuseHead: true,
      handle: (request, response) => result(inputs, request, response),
    }),
  ];
}

/** The document of this cloud, and the address announcements of peers. */
function presenceRows(inputs: InteropInputs): AnyRow[] {
  return [
    row({
      method: 'GET',
      path: '/interop/ping',
      summary: 'Tell a peer that its keys work',
      document: operations.ping,
      body: NO_BODY,
      enter: ({ http }) => inputs.entry.signedGet(http),
      handle: ({ caller }, response) => {
        inputs.heardFrom(caller);
        response.json({ name: inputs.cloudName } satisfies z.infer<typeof Pong>);
        return Promise.resolve();
      },
    }),
    row<PeerCaller>({
      method: 'POST',
      path: '/interop/ping',
      summary: 'Tell a peer where this cloud is now',
      document: operations.announce,
      body: MESSAGE,
      enter: inputs.entry.message,
      async handle({ caller: { peer, message } }, response) {
        const address = firstField(readFields(message), 'address');
        if (address === undefined) throw invalid('address is missing');
        await inputs.peerMoves.said(peer, address);
        response.json({ name: inputs.cloudName } satisfies z.infer<typeof Pong>);
      },
    }),
  ];
}

function discoveryRow({ wellKnown }: InteropInputs): AnyRow {
  return row({
    method: 'GET',
    path: '/.well-known/cloudspaces',
    summary: "This cloud's endpoints",
    document: operations.discover,
    body: NO_BODY,
    enter: anyone,
    handle: (_request, response) => {
      response.json(wellKnown);
      return Promise.resolve();
    },
  });
}

async function unshare(inputs: InteropInputs, request: DoorRequest<PeerCaller>, response: Response): Promise<void> {
  const { peer, message } = request.caller;
  const end = inputs.dialectOf(peer).readEnd(message);
  if (!(await inputs.endings.hear(peer, end))) throw new Failure('not-found', 'This share is not known here.');
  response.json({ share_id: end.shareId } satisfies z.infer<typeof Ended>);
}

/** Path (404), signature (401), fields (400), state (409), in this order (cloudspaces-interop.md 3, "Order of checks"). */
async function result(inputs: InteropInputs, request: DoorRequest<undefined>, response: Response): Promise<void> {
  const { http } = request;
  // The address is a secret, also when the answer is a refusal (threat model PRO-15).
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cache-Control', 'no-store');
  refusePrefetch(http);
  const callback = request.params['token'] ?? '';
  const awaiting = await lookUpSecret(inputs.limiter, http, () => inputs.decisions.awaiting(callback));
  const again = await inputs.decisions.remembered(awaiting, proofOf(http));
  if (again !== undefined) return answerDecision(inputs, request, response, again);
  const peer = awaiting.peerId === undefined ? undefined : await inputs.peerById(awaiting.peerId);
  if (peer === undefined) throw new Failure('not-found', 'This address is not known here.');
  const replay = await authenticated(inputs, request, peer);
  const decision = inputs.dialectOf(peer).readDecision(inAddress(request.query));
  if (replay === undefined) {
    return answerDecision(inputs, request, response, await inputs.decisions.record(callback, decision, proofOf(http)));
  }
  const page = await inputs.decisions.recall(awaiting, decision);
  if (page === undefined) throw replay;
  return answerDecision(inputs, request, response, page);
}

/**
 * Authenticates, but answers the refusal of a replay instead of throwing it: an attempt that died with its nonce spent
 * (reliability.md K15) may still tell the browser what has been decided since.
 */
async function authenticated(
  inputs: InteropInputs,
  request: DoorRequest<undefined>,
  peer: Peer,
): Promise<Failure | undefined> {
  try {
    await authenticate(inputs, request, peer);
    return undefined;
  } catch (error) {
    if (isFailure(error) && error.facts['problem'] === 'replay') return error;
    throw error;
  }
}

/** What a repeat must match to be the very same request: its address, and the signature if that came in the header. */
function proofOf({ originalUrl, headers }: Request): string {
  return headers.authorization === undefined ? originalUrl : `${originalUrl} ${headers.authorization}`;
}

/** Only the chosen peer may decide; one that is flagged as unable to sign has proved itself by the path alone. */
async function authenticate(inputs: InteropInputs, request: DoorRequest<undefined>, peer: Peer): Promise<void> {
  const signed =
    firstField(request.query, 'oauth_signature') !== undefined || request.http.headers.authorization !== undefined;
  if (!signed && peer.allowUnsigned) {
    knowSender(request.http, { peer, message: inAddress(request.query), isProven: false });
    return;
  }
  for (const name of ['share_id', 'accepted']) {
    if (firstField(request.query, name) === undefined) throw new Failure('invalid', `${name} is missing`);
  }
  const signer = await inputs.entry.signedGet(request.http);
  if (signer.id !== peer.id) throw new Failure('unauthenticated', 'Could not authorize request');
}

async function answerDecision(
  inputs: InteropInputs,
  request: DoorRequest<unknown>,
  response: Response,
  page: DecisionPage,
): Promise<void> {
  const peer = page.peerId === undefined ? undefined : await inputs.peerById(page.peerId as PeerId);
  switch (preferred(request.http, ['text/html', 'application/json', 'text/plain'])) {
    case 'text/html':
      if (peer?.returnUrl !== undefined && page.accepted) response.redirect(303, peer.returnUrl);
      else inputs.showDecision(request, response, page);
      return;
    case 'application/json':
      response.json({ accepted: page.accepted } satisfies z.infer<typeof Decided>);
      return;
    default:
      response.type('text/plain').send(page.accepted ? 'Proposal was accepted' : 'Proposal was denied');
  }
}
