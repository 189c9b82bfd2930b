import { z } from 'zod';
import type { Answer, AnswersByStatus, Operation, Proof, Tag } from '../door/operation.js';
import { RETRY_AFTER } from '../door/refusal.js';

/** The chapter of this door. */
export const MESH: Tag = {
  name: 'Open Cloud Mesh',
  description: [
    'The door for servers of Open Cloud Mesh: Nextcloud, ownCloud, OpenCloud, CERNBox, Seafile and others. The protocol is described at <https://github.com/cs3org/OCM-API>; this cloud speaks its versions 1.0 to 1.4.',
    'Messages are JSON of at most 51200 bytes, signed by RFC 9421 or by the draft that Nextcloud uses, or unsigned where this cloud lets them. Refusals are JSON.',
  ].join('\n\n'),
};

/** A message whose signature, of either kind, says which server sent it. */
export const SERVER_SIGNATURE: Proof = {
  name: 'serverSignature',
  scheme: {
    type: 'http',
    scheme: 'Signature',
    description:
      'HTTP Message Signatures (RFC 9421) with the label or tag `ocm` over `@method`, `@target-uri`, `content-digest` and `content-length`, or the draft (`draft-cavage-http-signatures-12`) over `(request-target)`, `content-length`, `date`, `digest` and `host`. The key is one that the server publishes in its discovery document.',
  },
};

/** The body of every refusal of this door. */
export const MeshRefusal = z
  .object({
    message: z.string().meta({ description: 'One sentence.' }),
    validationErrors: z
      .array(z.object({ name: z.string(), message: z.enum(['REQUIRED', 'INVALID', 'UNSUPPORTED', 'UNKNOWN']) }))
      .meta({ description: 'Everything that is wrong with the fields of the message.' }),
  })
  .meta({
    id: 'MeshRefusal',
    description: 'A refusal in the form of Open Cloud Mesh.',
    examples: [
      {
        message: 'Some fields are missing or cannot be used.',
        validationErrors: [{ name: 'shareWith', message: 'REQUIRED' }],
      },
    ],
  });

/** An answer in JSON. */
export function told(description: string, schema: z.ZodType, headers?: Answer['headers']): Answer {
  return { description, content: { 'application/json': { schema } }, ...(headers === undefined ? {} : { headers }) };
}

/** Refusals by status, each with what it means. */
export function meshRefusals(meanings: Readonly<Record<number, string>>): AnswersByStatus {
  return Object.fromEntries(
    Object.entries(meanings).map(([status, meaning]) => [
      status,
      told(meaning, MeshRefusal, status === '429' || status === '503' ? RETRY_AFTER : undefined),
    ]),
  );
}

/** A message that a server posts. */
export function serverMessage(
  operationId: string,
  fields: z.ZodType,
  answers: AnswersByStatus,
  more: Pick<Operation, 'description' | 'body'> = {},
): Operation {
  return {
    operationId,
    tag: MESH,
    proofs: [SERVER_SIGNATURE],
    isProofOptional: true,
    body: { required: true, content: { 'application/json': { schema: fields } } },
    ...more,
    answers: {
      ...meshRefusals({
        400: 'Fields are missing or cannot be used, or nobody is there whom it could reach.',
        401: 'Its signature does not hold, or it has none and needs one.',
        403: 'It comes from a server with which this cloud does not share.',
        408: 'The body took too long.',
        413: 'The message is too long.',
        415: 'The message is no JSON.',
        421: 'The request is meant for another host.',
        429: 'That was too often.',
        500: 'A defect of this cloud.',
        503: 'This cloud is resting, or could not ask the sender for its keys.',
      }),
      ...answers,
    },
  };
}
