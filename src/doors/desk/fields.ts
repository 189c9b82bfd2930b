import { Failure, invalid, type Fields } from '../../kernel/index.js';
import { tryForeignJson } from '../../platform/index.js';
import { parsePairs, type Charset } from '../../oauth1/index.js';
import { charsetOf, isForm } from '../door/door.js';
import { readSignedText } from '../door/signed-body.js';
import type { DeskRequest } from './ports.js';

/** Longest body, bytes: hex makes two of each, and the longest event has some thousand characters. */
const MAX_BODY = 64 * 1024;

/** Most fields of a body. */
const MAX_FIELDS = 100;

/** The fields of a body. All values are text, and stay text. */
export class SentFields {
  readonly #values: ReadonlyMap<string, string>;
  readonly #isForm: boolean;

  private constructor(values: Fields, isForm: boolean) {
    if (values.length > MAX_FIELDS) throw invalid('There are too many fields.');
    this.#values = new Map(values);
    this.#isForm = isForm;
    if (this.#values.size < values.length) throw invalid('A field is repeated.');
  }

  /**
   * Reads what desktops send: JSON, or a form, which they also label as JSON (stacksync-api-v2.md 8). The label has
   * decided what was under the signature; the content decides how it is read.
   */
  static parse(text: string, label: 'form' | 'json', charset?: Charset): SentFields {
    const parsed = label === 'json' ? tryForeignJson(text) : undefined;
    if (parsed === undefined) return new SentFields(parsePairs(text, charset), true);
    return new SentFields(textsOf(parsed), false);
  }

  /** A field; empty when it was not sent. */
  text(name: string): string {
    return this.#values.get(name) ?? '';
  }

  /** A field that forms carry as hexadecimal UTF-8 and JSON as it is. Throws `invalid` naming it. */
  hex(name: string): string {
    const text = this.text(name);
    return this.#isForm ? decodeHex(text, name) : text;
  }
}

/** Draws the body of a request whose sender is known. Other labels than these two are 415 (threat model OAU-10). */
export async function readFields(request: DeskRequest): Promise<SentFields> {
  const { http, caller } = request;
  const label = isForm(http) ? 'form' : isJson(http.headers['content-type']) ? 'json' : undefined;
  if (label === undefined) {
    throw new Failure('unsupported-type', 'Send application/x-www-form-urlencoded or application/json.');
  }
  return SentFields.parse(await readSignedText(http, caller, MAX_BODY), label, charsetOf(http));
}

function isJson(label: string | undefined): boolean {
  return /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i.test(label ?? '');
}

function textsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('The body must be a form or a JSON object.');
  }
  return Object.entries(value)
    .filter(([, one]) => one !== null)
    .map(([name, one]) => [name, textOf(one, name)] as const);
}

/** A whole number beyond 2^53 has lost its last digits already (threat model PTH-09). */
function textOf(value: unknown, name: string): string {
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
  const isLossy = Number.isInteger(value) && !Number.isSafeInteger(value);
  if (!isScalar || isLossy) throw invalid(`${name} must be text.`);
  return String(value);
}

function decodeHex(text: string, name: string): string {
  try {
    if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw invalid('not hexadecimal');
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, 'hex'));
  } catch (cause) {
    throw new Failure('invalid', `${name} must be UTF-8 in hexadecimal digits.`, { cause });
  }
}
