import type { Fields } from '../../kernel/index.js';

/** A message as it came from another cloud; its dialect reads the body. */
export interface Message {
  /** The decoded parameters of its query, in order, without those of OAuth. */
  readonly query: Fields;
  /** Undefined for a message without a body. */
  readonly body: MessageBody | undefined;
}

/** The body of a message, whole. */
export interface MessageBody {
  /** Its Content-Type as it was sent; empty when none was. */
  readonly type: string;
  /** The body, at most 64 KiB. */
  readonly text: string;
}

/** JSON in UTF-8, with or without a charset parameter. */
const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i;

/** True for the type of a body that is read as JSON. */
export function isJson(type: string | undefined): boolean {
  return JSON_TYPE.test(type ?? '');
}
