import { z } from 'zod';
import { isFailure, keepLabel, keepText, MAX_NAME_BYTES, cutText, SECOND } from '../../../kernel/index.js';
import { parseAddress } from './address.js';

/** Longest id or secret that a peer may choose, characters. */
const LONGEST_ID = 255;
const LONGEST_SECRET = 1_024;
/** Longest address of a resource, characters. */
const LONGEST_URI = 2_048;
/** Longest text that is kept of a description or a message, code points. */
const LONGEST_TEXT = 2_000;

/** A field that may be absent or `null`, which some servers write for absent. */
export function optional<T extends z.ZodType>(shape: T) {
  return shape.nullish().transform((value) => value ?? undefined);
}

/** An address, repaired (open-cloud-mesh.md 2). */
export const address = z.string().transform((text, context) => {
  try {
    return parseAddress(text);
  } catch (error) {
    if (!isFailure(error)) throw error;
    context.addIssue({ code: 'custom', message: 'INVALID' });
    return z.NEVER;
  }
});

/** An id that a peer chose, text or number (Nextcloud 29 sends numbers); kept as text. */
export const foreignId = z
  .union([z.string().min(1).max(LONGEST_ID), z.int().nonnegative().transform(String)])
  .refine((id) => !/[\p{Cc}\p{Surrogate}]/u.test(id));

/** A secret, which has to fit into a header. */
export const secret = z
  .string()
  .max(LONGEST_SECRET)
  .regex(/^[\x21-\x7e]+$/);

/** A name of somebody, cleaned and cut; undefined when nothing is left. */
export const label = optional(z.string()).transform((text) => keepLabel(text ?? '') || undefined);

/** A text of somebody, cleaned and cut. */
export const text = optional(z.string()).transform((value) => keepText(withoutBidi(value ?? ''), LONGEST_TEXT));

/** Direction marks can make a text look like another one (open-cloud-mesh.md 13). */
function withoutBidi(value: string): string {
  return value.replace(/\p{Bidi_Control}/gu, '');
}

/** A word of the protocol, known to us or not. */
export const word = z.string().min(1).max(100);

/** Not allowed in names (threat model PTH-01): separators, control characters, halves of surrogate pairs. */
const UNFIT = /[/\\\p{Cc}\p{Surrogate}]/u;

/**
 * The name of a file or folder. Slashes around it are removed and it is cut to 255 bytes; `.`, `..` and names with
 * slashes inside are refused.
 */
export const itemName = z
  .string()
  .transform(trimmed)
  .refine((name) => name !== '' && name !== '.' && name !== '..' && !UNFIT.test(name))
  .transform((name) => cutText(name, { bytes: MAX_NAME_BYTES }));

function trimmed(name: string): string {
  let [start, end] = [0, name.length];
  while (start < end && name[start] === '/') start += 1;
  while (end > start && name[end - 1] === '/') end -= 1;
  return name.slice(start, end);
}

/** Seconds since 1970 to milliseconds; 0 means never (OpenCloud). */
export const expiry = optional(z.int().nonnegative().max(253_402_300_799)).transform((seconds) =>
  seconds === undefined || seconds === 0 ? undefined : seconds * SECOND,
);

/** The address of a resource: absolute, or an id below the root that its server advertises. */
export const uri = z
  .string()
  .min(1)
  .max(LONGEST_URI)
  .regex(/^[\x21-\x7e]+$/);

/** What may be done with a share (open-cloud-mesh.md 4.2). */
const PERMISSIONS = ['read', 'write', 'share'] as const;

/** One of {@link PERMISSIONS}. */
export type OcmPermission = (typeof PERMISSIONS)[number];

/** Permissions: unknown words grant nothing, and there must be a known one. */
export const permissions = z
  .array(word)
  .max(20)
  .transform((words) => PERMISSIONS.filter((permission) => words.includes(permission)))
  .refine((known) => known.length > 0);
