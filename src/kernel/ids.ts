import { invalid } from './failure.js';

/**
 * The id of a file or folder as clients see it: canonical decimal digits, kept as text from the socket to the SQL
 * parameter because JavaScript numbers merge neighbours beyond 2^53 (threat model PTH-09). The root is `0`.
 */
export type ItemId = string & { readonly __itemId: unique symbol };

/** The id that names a person's root in URLs. */
export const ROOT_ID = '0' as ItemId;

/** Reads an id; padded, signed, fractional or exponent forms are `invalid`. */
export function parseItemId(text: string): ItemId {
  if (!/^(?:0|[1-9][0-9]{0,17})$/.test(text)) throw invalid('An id is a whole number without leading zeros.');
  return text as ItemId;
}

/** The id of a row that the database made. */
export function itemIdOf(value: number | string): ItemId {
  return String(value) as ItemId;
}

/** The id of an account: a random word, never shown to other people. */
export type AccountId = string & { readonly __accountId: unique symbol };

/** The id of a peer: a random word. */
export type PeerId = string & { readonly __peerId: unique symbol };
