import type { z } from 'zod';
import { Failure, invalid } from '../../../kernel/index.js';
import { formCharset, parsePairs } from '../../../oauth1/index.js';
import { parseForeignJson } from '../../../platform/index.js';
import { isJson, type MessageBody } from '../../ports/message.js';
import { malformed, problemsOf } from './refusal.js';

/** Longest message, bytes: Nextcloud can verify no more (open-cloud-mesh.md 4.1). */
const LONGEST_MESSAGE = 50 * 1024;

/** A message as the object that it is. Throws `too-large`, `unsupported-type`, or `invalid` for what is no JSON object. */
export function readObject({ type, text }: MessageBody): object {
  if (Buffer.byteLength(text) > LONGEST_MESSAGE) throw new Failure('too-large', 'The message is too long.');
  if (!isJson(type)) throw new Failure('unsupported-type', 'Send application/json.');
  return objectOf(parsed(text));
}

/** {@link readObject} that also takes forms (open-cloud-mesh.md 7); of a repeated field the first counts. */
export function readObjectOrForm(body: MessageBody): object {
  const charset = formCharset(body.type);
  if (charset === undefined) return readObject(body);
  if (Buffer.byteLength(body.text) > LONGEST_MESSAGE) throw new Failure('too-large', 'The message is too long.');
  return Object.fromEntries(parsePairs(body.text, charset).reverse());
}

function parsed(text: string): unknown {
  try {
    return parseForeignJson(text);
  } catch (cause) {
    throw new Failure('invalid', 'The message is not JSON.', { cause });
  }
}

/** Throws `invalid` for what is no JSON object. */
export function objectOf(value: unknown): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('The message must be a JSON object.');
  }
  return value;
}

/** Checks a body against the expected shape. Throws a refusal that names everything that is wrong with it. */
export function shaped<T>(shape: z.ZodType<T>, body: object): T {
  const { success, data, error } = shape.safeParse(body);
  if (!success) throw malformed(problemsOf(error, body));
  return data;
}
