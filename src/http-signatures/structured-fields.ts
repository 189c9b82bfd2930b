import { parseDictionary, serializeInnerList } from 'structured-headers';
import { BrokenSignature, orBroken } from './claim.js';

/**
 * A value in a structured field (RFC 9651 3.3): a number, text, boolean, or an object for tokens, byte sequences and
 * dates.
 */
type BareItem = number | string | boolean | object;

/** The parameters behind a value, in order. */
export type Attributes = ReadonlyMap<string, BareItem>;

/** A value with its parameters. */
export type FieldItem = readonly [BareItem, Attributes];

/** A list in parentheses, with its own parameters. */
export type InnerList = readonly [readonly FieldItem[], Attributes];

/** A structured field whose members have names. */
export type Dictionary = ReadonlyMap<string, FieldItem | InnerList>;

/** Longest value of a field that is taken apart, characters: a header as a whole has at most 16 KiB. */
export const LONGEST_FIELD = 8 * 1024;

/** Reads a dictionary (RFC 9651 3.2) from all the lines of a field. Throws {@link BrokenSignature}. */
export function readDictionary(field: string, lines: readonly string[]): Dictionary {
  const text = lines.join(', ');
  if (text.length > LONGEST_FIELD) throw new BrokenSignature(`${field} is too long`);
  return orBroken(`${field} is malformed`, () => parseDictionary(text));
}

/** Writes a list in the one way that signatures allow (RFC 9651 4.1.1). Throws {@link BrokenSignature}. */
export function writeInnerList([items, attributes]: InnerList): string {
  const list = [[...items], new Map(attributes)] as unknown as Parameters<typeof serializeInnerList>[0];
  return orBroken('signature-input is malformed', () => serializeInnerList(list));
}

/** True for a list in parentheses. */
export function isInnerList(member: FieldItem | InnerList): member is InnerList {
  return Array.isArray(member[0]);
}

/** The octets of a member that is a byte sequence; undefined for every other. */
export function octetsOf(member: FieldItem | InnerList | undefined): Buffer | undefined {
  const value = member?.[0];
  return value instanceof ArrayBuffer ? Buffer.from(value) : undefined;
}
