import { characterCount, Failure, invalid, type Fields } from '../../kernel/index.js';

/** The fields of a proposal, in the order in which they are checked (cloudspaces-interop.md 3). */
export const OFFER_FIELDS = [
  'share_id',
  'resource_url',
  'owner_name',
  'owner_email',
  'folder_name',
  'permission',
  'recipient',
  'callback',
] as const;

/** Version of the protocol that we speak; absent means this one. */
export const PROTOCOL_VERSION = '1.0';

/** Longest value of any field, in characters; `share_id` is shorter. */
const MAX_VALUE = 2_000;

// eslint-disable-next-line no-control-regex -- control characters are what this refuses
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * The value of a field; undefined when it is absent or empty. Throws `invalid`, naming the field, when it is repeated
 * with another value, too long or has control characters (threat model PRO-06).
 */
export function optional(fields: Fields, name: string): string | undefined {
  const values = fields.filter(([key]) => key === name).map(([, value]) => value);
  const [first] = values;
  if (values.some((value) => value !== first)) throw invalid(`${name} is given twice with different values`);
  if (first === undefined || first === '') return undefined;
  if (characterCount(first) > MAX_VALUE) throw invalid(`${name} is too long`);
  if (CONTROL.test(first)) throw invalid(`${name} has control characters`);
  return first;
}

/**
 * Like {@link optional}, but throws `invalid` when it is absent or empty, with the sentence of the reference
 * implementations.
 */
export function required(fields: Fields, name: string): string {
  const value = optional(fields, name);
  if (value === undefined) throw invalid(`${name} is missing`);
  return value;
}

/** The agreement's name: opaque, 1 to 200 characters (cloudspaces-interop.md 3). */
export function shareId(fields: Fields): string {
  const value = required(fields, 'share_id');
  if (characterCount(value) > 200) throw invalid('share_id is too long');
  return value;
}

/**
 * Checks the protocol version: absent or empty means 1.0; any other is refused in the words of the reference
 * implementations.
 */
export function checkVersion(fields: Fields): void {
  const version = optional(fields, 'protocol_version');
  if (version !== undefined && version !== PROTOCOL_VERSION) throw invalid('Wrong protocol version. Must be 1.0.');
}

/** Adds the name of the field to a refusal of its value. */
export function named<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure && error.code === 'invalid') throw invalid(`${name} is not valid: ${error.message}`);
    throw error;
  }
}
