import type { Request } from 'express';
import { statusOf, type Failure } from '../../kernel/index.js';
import type { Peer, RefusedMessages } from '../../peers/index.js';
import type { Database } from '../../platform/index.js';
import { shareKeyOf, type IncomingShares, type OutgoingShares, type ShareName } from '../../shares/index.js';

/** The sender of a message, as far as the entry check of a door has found it. */
export interface MessageSender<Said> {
  readonly peer: Peer;
  /** What it says, as far as it was read. */
  readonly message: Said;
  /** True when the peer itself has just signed it; otherwise anybody may have brought it. */
  readonly isProven: boolean;
}

/** Who has sent the messages of a door that are being answered. */
export class MessageSenders<Said> {
  readonly #known = new WeakMap<Request, MessageSender<Said>>();

  /** To be called when an entry check knows the sender, so that a refusal can be noted (ruling F-25). */
  know(http: Request, sender: MessageSender<Said>): void {
    this.#known.set(http, sender);
  }

  /** The sender of a message; undefined while unknown. */
  of(http: Request): MessageSender<Said> | undefined {
    return this.#known.get(http);
  }
}

/** What {@link noteRefused} needs from the rest of the cloud. */
export interface NotedRefusals {
  readonly refused: Pick<RefusedMessages, 'note'>;
  readonly incoming: Pick<IncomingShares, 'byName'>;
  readonly outgoing: Pick<OutgoingShares, 'byShareId'>;
  readonly database: Database;
}

/** How one door reads what {@link noteRefused} has to know. */
export interface DoorMessages<Said> {
  readonly senders: MessageSenders<Said>;
  /** Which share a message is about; undefined when it does not say, or cannot be read. */
  readonly nameIn: (sender: MessageSender<Said>) => ShareName | undefined;
  /** The status with which a failure is answered there. */
  readonly statusOf?: (failure: Failure) => number;
  /** What is wrong, for administrators. */
  readonly reasonOf?: (failure: Failure) => string;
}

/** Is told what a door refuses. */
export type OnRefused = (failure: Failure, request: Request) => void;

/**
 * Notes what a door refuses to a peer, with the half that it was about (ruling F-25). Messages of nobody who is known make no
 * row, and those that anybody may have sent in the name of a peer make few (F-61, {@link RefusedMessages.note}).
 */
export function noteRefused<Said>(inputs: NotedRefusals, door: DoorMessages<Said>): OnRefused {
  return (failure, request) => {
    const sender = door.senders.of(request);
    if (sender === undefined) return;
    const { peer, isProven } = sender;
    inputs.refused.note({
      peerId: peer.id,
      isProven,
      call: callOf(request),
      status: door.statusOf?.(failure) ?? statusOf(failure.code),
      reason: door.reasonOf?.(failure) ?? failure.message,
      about: () => halfOf(inputs, peer, door.nameIn(sender)),
    });
  };
}

async function halfOf(inputs: NotedRefusals, peer: Peer, name: ShareName | undefined): Promise<string | undefined> {
  const { incoming, outgoing } = inputs;
  const { read } = inputs.database;
  if (name === undefined) return undefined;
  const taken = await incoming.byName(read, peer.id, name);
  if (taken !== undefined) return taken.id;
  const given = await outgoing.byShareId(read, shareKeyOf(name));
  return given?.peerId === peer.id ? given.id : undefined;
}

/** Method and path as the API document has them: no secret of an address is in it. */
function callOf({ method, route }: Request): string {
  const path = (route as { readonly path?: unknown } | undefined)?.path;
  return `${method} ${typeof path === 'string' ? path : ''}`;
}
