import { Failure, firstField, invalid, type Fields } from '../../kernel/index.js';
import { formCharset, parsePairs } from '../../oauth1/index.js';
import { parseForeignJson } from '../../platform/index.js';
import { isJson, type Message } from '../ports/message.js';
import type { WrittenAddresses } from './addresses.js';

/**
 * Reads the fields of a message: those of its query, then those of its body, a form or flat JSON
 * (cloudspaces-interop.md 3, receiver rules). Throws `invalid` for JSON that is not flat, `unsupported-type` for other
 * bodies.
 */
export function readFields({ query, body }: Message): Fields {
  if (body === undefined) return query;
  const charset = formCharset(body.type);
  if (charset !== undefined) return [...query, ...parsePairs(body.text, charset)];
  if (isJson(body.type)) return [...query, ...jsonFields(body.text)];
  throw new Failure('unsupported-type', 'Send application/x-www-form-urlencoded, or JSON with oauth_body_hash.');
}

/** A flat JSON object of strings, numbers and booleans, read like a form. */
function jsonFields(text: string): Fields {
  let body: unknown;
  try {
    body = parseForeignJson(text);
  } catch (cause) {
    throw new Failure('invalid', 'The body is not JSON.', { cause });
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('The body must be a JSON object.');
  return Object.entries(body).map(([name, value]) => {
    if (!['string', 'number', 'boolean'].includes(typeof value)) throw invalid(`${name} must be a string`);
    return [name, String(value)] as const;
  });
}

/**
 * The addresses in an unsigned proposal, by which its sender is found (cloudspaces-interop.md 3); empty text for a
 * missing callback. Throws `invalid` without `share_id` or `resource_url`.
 */
export function readAddresses(message: Message): WrittenAddresses {
  const fields = readFields(message);
  const text = (name: string): string => firstField(fields, name) ?? '';
  for (const name of ['share_id', 'resource_url']) if (text(name) === '') throw invalid(`${name} is missing`);
  return { resourceUrl: text('resource_url'), callback: text('callback') };
}
