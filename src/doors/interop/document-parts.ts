import { z } from 'zod';
import type { Answer, AnswerHeader, AnswersByStatus, Media, Operation, Parameter, Tag } from '../door/operation.js';
import { PEER_SIGNATURE } from '../callers/proofs.js';
import { AWAY, refused, RETRY_AFTER } from '../door/refusal.js';

/** The chapter of the interop door. */
export const CLOUDS: Tag = {
  name: 'Other clouds',
  description: [
    'How two clouds agree on a shared folder: the CloudSpaces interoperability protocol 1.0.',
    'Messages are signed forms of at most 64 KiB, or JSON objects of plain values whose hash is under the signature (`oauth_body_hash`). A field twice with different values is refused, an unknown one ignored. Refusals are plain text, JSON or a page, whichever the asker prefers; what is wrong is found in this order: method, size and type, signature, fields, whose share, its state.',
  ].join('\n\n'),
};

/** A text and what it means. */
export const text = (description: string) => z.string().meta({ description });
/** The name of an agreement. */
export const ShareId = z.string().min(1).max(200).meta({ description: 'Names the agreement between the two clouds.' });
/** The version of the protocol. */
export const Version = z.literal(['', '1.0']).optional().meta({ description: 'Absent: `1.0`.' });

/** An answer that says yes. */
export const ok = (
  description: string,
  schema: z.ZodType,
  headers?: Readonly<Record<string, AnswerHeader>>,
): Answer => ({
  description,
  content: { 'application/json': { schema } },
  ...(headers === undefined ? {} : { headers }),
});

/** An answer for people. */
export const PAGE: Media = { schema: z.string() };

const PURPOSES: Readonly<Record<number, string>> = {
  400: 'A field is missing or wrong; the sentence names it.',
  401: 'It is not signed by a cloud that is trusted here.',
  403: 'It is not signed, and its addresses are not those of a cloud that need not sign.',
  404: 'No such share between the two clouds.',
  405: 'No cloud that is registered here sends this by GET, or not the one that did.',
  408: 'The body took too long.',
  409: 'The message does not fit the state of the share.',
  413: 'The message is too long.',
  415: 'The message is neither a form nor JSON with a signed hash.',
  421: 'The request is meant for another host.',
  429: 'That was too often.',
  500: 'A defect of this cloud.',
  503: 'This cloud is resting, or the browser only thinks of opening this address.',
};

/** The refusal for a defect of this program. */
export const DEFECT = 'Something went wrong on our side. Please try again.';
/** The refusal for another host. */
export const ELSEWHERE = 'This is not the address of this cloud.';
/** The refusal without a valid proof. */
export const UNPROVEN = 'Could not authorize request';

/** Refusals by status, each with its sentences. */
export function refusals(sentences: Readonly<Record<number, readonly string[]>>): AnswersByStatus {
  return Object.fromEntries(
    Object.entries(sentences).map(([status, words]) => {
      const { content, ...rest } = refused(
        PURPOSES[Number(status)] ?? '',
        words,
        status === '429' || status === '503' ? RETRY_AFTER : undefined,
      );
      return [status, { ...rest, content: { ...content, 'text/html': PAGE } }];
    }),
  );
}

/** A message that a cloud posts. */
export const message = (
  operationId: string,
  fields: z.ZodType,
  answers: AnswersByStatus,
  description?: string,
  more: Pick<Operation, 'isProofOptional'> = {},
): Operation => ({
  operationId,
  tag: CLOUDS,
  proofs: [PEER_SIGNATURE],
  ...more,
  ...(description === undefined ? {} : { description }),
  body: {
    required: true,
    content: { 'application/x-www-form-urlencoded': { schema: fields }, 'application/json': { schema: fields } },
  },
  answers: {
    ...answers,
    ...refusals({
      401: [UNPROVEN],
      408: ['The body did not arrive in time.'],
      413: ['The body may have at most 65536 bytes.'],
      415: ['Send application/x-www-form-urlencoded, or JSON with oauth_body_hash.'],
      421: [ELSEWHERE],
      429: ['Too many attempts. Try again in 60 seconds.'],
      500: [DEFECT],
      503: [AWAY],
    }),
  },
});

/** The fields of a message that stand in the query. */
export function inQuery({ shape }: z.ZodObject): readonly Parameter[] {
  return Object.entries(shape as Readonly<Record<string, z.ZodType>>).map(([name, schema]) => ({
    in: 'query',
    name,
    schema,
    required: !schema.safeParse(undefined).success,
    description: schema.description ?? '',
  }));
}
