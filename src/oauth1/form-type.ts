import type { Charset } from '../signing/index.js';

/** The form type alone, or with one of the labels that clients put on it. */
const FORM_TYPE = /^application\/x-www-form-urlencoded(?:[ \t]*;[ \t]*charset=(?<label>"[\w-]*"|[\w-]*)[ \t]*;?)?$/i;
const FORM_LABELS = new Set(['', 'utf-8', 'utf8', 'us-ascii', 'iso-8859-1']);

/**
 * In what the octets of a form are, by its Content-Type; for `parsePairs` and the check of a signature (F-43). Undefined for
 * what is not exactly the form type, with or without a charset that {@link FORM_LABELS} names (OAU-10: no near misses).
 */
export function formCharset(type: string | undefined): Charset | undefined {
  const match = FORM_TYPE.exec(type?.trim() ?? '');
  if (match === null) return undefined;
  const label = (match.groups?.['label'] ?? '').replaceAll('"', '').toLowerCase();
  if (!FORM_LABELS.has(label)) return undefined;
  return label === 'iso-8859-1' ? 'iso-8859-1' : 'utf-8';
}
