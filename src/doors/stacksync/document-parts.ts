import { z } from 'zod';
import type { Answer, AnswerHeader, AnswersByStatus, Parameter, RequestBody } from '../door/operation.js';
import { AWAY, refused, RETRY_AFTER } from '../door/refusal.js';

/** Parameters, bodies and refusals that several calls of the storage API have in common. */

const Id = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,17})$/)
  .meta({ id: 'ItemId', description: 'A whole number without leading zeros. The root is 0.' });

/** The file or folder that a call is about. */
export const ID: Parameter = {
  in: 'path',
  name: 'id',
  schema: Id,
  example: '31',
  description: 'The file or folder.',
};

/** One of its versions. */
export const VERSION: Parameter = {
  in: 'path',
  name: 'version',
  schema: z.string().regex(/^[1-9][0-9]*$/),
  example: '2',
  description: 'A version of the file, from 1.',
};

const header = (name: string, description: string): Parameter => ({
  in: 'header',
  name,
  description,
  schema: z.string(),
});

/** On every call (stacksync-api-v2.md 1). */
export const API_VERSION: Parameter = {
  in: 'header',
  name: 'StackSync-API',
  required: true,
  example: 'v2',
  description: 'Always `v2`, in any letter case. `STACKSYNC_API` is the same header.',
  schema: z.string().regex(/^\s*[vV]2\s*$/),
};

/** On calls that change something. */
export const CHANGE: readonly Parameter[] = [
  header('If-Match', 'Entity tags of which one must be that of the content; else 412.'),
  header('If-None-Match', 'Entity tags of which none may be that of the content, or `*`; else 412.'),
  header('If-Unmodified-Since', 'A time after which nothing may have changed; else 412.'),
  header('Idempotency-Key', 'Up to 255 characters. The same request with the same key is answered as the first time.'),
];

/** On calls that read content. */
export const READING: readonly Parameter[] = [
  header('Range', 'One range of bytes. Several ranges and other units are answered with everything.'),
  header('If-Range', 'An entity tag or a time; if it no longer holds, everything is answered.'),
  header('If-Match', 'Entity tags of which one must be that of the content; else 412.'),
  header('If-None-Match', 'Entity tags that the reader has already; 304 if one is that of the content.'),
  header('If-Modified-Since', 'A time; 304 if nothing has changed since.'),
  header('If-Unmodified-Since', 'A time after which nothing may have changed; else 412.'),
];

/** On the call that lists a folder. */
export const LISTED = header('If-None-Match', 'From other clouds: entity tags of listings that they have already.');

/** Beside an upload. */
export const DIGEST = header('Content-Digest', '`sha-256=:…:` (RFC 9530) of the body; another body is refused.');

/** The content of a file, as it is. */
export const UPLOAD: RequestBody = {
  description:
    'The bytes of the file, of whatever type; what it is is found in the bytes. Forms are refused, multipart or not: their envelope would become part of the file.',
  content: { 'application/octet-stream': {}, '*/*': {} },
};

/** What the document says of a body that is read as JSON. */
export function jsonBody(schema: z.ZodType, required = true): RequestBody {
  return {
    required,
    description: 'UTF-8, at most 64 KiB, whatever the type says.',
    content: { 'application/json': { schema } },
  };
}

/** A JSON answer. */
export function json(description: string, schema: z.ZodType, headers?: Readonly<Record<string, AnswerHeader>>): Answer {
  return { description, content: { 'application/json': { schema } }, ...(headers === undefined ? {} : { headers }) };
}

const REFUSALS = {
  400: ['The request itself is wrong.', ['The header StackSync-API: v2 is missing.']],
  401: ['Nothing proves who asks, or not rightly.', ['Could not authorize request']],
  403: ['It can be seen, but not changed like this. Never said to apps that take 403 for the end of their login.', []],
  404: ['It is not there, or not for the asker to know.', []],
  408: ['The body took too long.', ['The body did not arrive in time.']],
  409: ['The key stands for another request.', ['This Idempotency-Key names another request.']],
  412: ['A condition does not hold.', ['It has changed in the meantime.']],
  413: ['There is no room for it.', []],
  415: [
    'The body is in a form that is not read.',
    [
      'Send the body without a content coding.',
      'Send the bytes of the file themselves as application/octet-stream, not as a multipart form.',
    ],
  ],
  416: ['No byte of the content lies in the range.', []],
  421: ['The request is meant for another host.', ['This is not the address of this cloud.']],
  422: ['The key stands for an upload of other bytes.', ['This Idempotency-Key was used with another content.']],
  423: ['Somebody else holds a lock on it, on a folder around it or on something in it.', []],
  429: ['The app or cloud asks too often.', ['Too many requests.']],
  500: [
    'A defect of this cloud.',
    ['Something went wrong here.', 'Something went wrong on our side. Please try again.'],
  ],
  502: ['Below a folder of another cloud: that cloud cannot be reached or answers nonsense.', []],
  503: ['This cloud or the other one is resting.', [AWAY]],
  504: ['Below a folder of another cloud: that cloud does not answer in time.', []],
  507: [
    'The disk of this cloud, or of the other one, is full.',
    ['The disk of this cloud is full. You can read files and end shares; nothing can be stored.'],
  ],
} as const satisfies Record<number, readonly [string, readonly string[]]>;

type RefusalStatus = keyof typeof REFUSALS;

/** Sentences by status. */
export type Sentences = Readonly<Partial<Record<RefusalStatus, readonly string[]>>>;

const HEADERS: Readonly<Partial<Record<RefusalStatus, Readonly<Record<string, AnswerHeader>>>>> = {
  401: {
    'WWW-Authenticate': {
      description: '`OAuth`; of a request that was taken before `OAuth oauth_problem=nonce_used`: sign afresh.',
      required: true,
    },
  },
  416: { 'Content-Range': { description: 'The whole length: `bytes */1234`.', required: true } },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};

const ALWAYS: Sentences = { 400: [], 401: [], 421: [], 429: [], 500: [], 503: [] };

/** Every refusal of a call: what all have in common, and what this one adds in these words. */
export function refusals(own: Sentences): AnswersByStatus {
  const statuses = Object.keys({ ...ALWAYS, ...own }).map((status) => Number(status) as RefusalStatus);
  return Object.fromEntries(
    statuses.map((status) => {
      const [description, sentences] = REFUSALS[status];
      return [status, refused(description, [...(own[status] ?? []), ...sentences], HEADERS[status])];
    }),
  );
}

/** What anything that may lie in another cloud adds. */
export const ABROAD: Sentences = { 502: [], 504: [] };

/** What reading adds. */
export const READS: Sentences = { ...ABROAD, 404: ['Not found.'] };

/** What changing adds. */
export const CHANGES: Sentences = {
  ...READS,
  403: ['This folder is shared for reading only.'],
  409: [],
  412: [],
  423: ['Ana has this file open.'],
  507: [],
};

/** What a JSON body adds. */
export const BODY: Sentences = { 408: [], 413: ['The body may have at most 65536 bytes.'], 415: [] };
