import type { Request } from 'express';
import { type InteropDialect, type Message } from '../../federation/index.js';
import { isFailure, type Fields } from '../../kernel/index.js';
import type { Peer } from '../../peers/index.js';
import { MessageSenders, type DoorMessages, type MessageSender } from '../callers/refused-messages.js';
import type { Arrival } from '../door/door.js';

const senders = new MessageSenders<Message>();

/** To be called when an entry check knows the sender, so that a refusal can be noted (ruling F-25). */
export function knowSender(http: Request, sender: MessageSender<Message>): void {
  senders.know(http, sender);
}

/** How the messages of this door are read, for what is noted of refused ones. */
export function interopMessages(dialectOf: (peer: Peer) => InteropDialect): DoorMessages<Message> {
  return {
    senders,
    nameIn: ({ peer, message }) => {
      try {
        return dialectOf(peer).readName(message);
      } catch (error) {
        if (isFailure(error)) return undefined;
        throw error;
      }
    },
  };
}

/** A message without a body. */
export function inAddress(query: Fields): Message {
  return { query, body: undefined };
}

/** A message in a body; what its address says does not count, unless it is handed in. */
export function inBody({ http, text }: Pick<Arrival, 'http' | 'text'>, query: Fields = []): Message {
  return { query, body: { type: http.headers['content-type'] ?? '', text } };
}
