import { z } from 'zod';
import { WellKnown } from '../../peers/index.js';
import { INCOMING_STATES } from '../../shares/index.js';
import type { Answer, Operation } from '../door/operation.js';
import { PEER_SIGNATURE, PEER_SIGNATURE_IN_QUERY } from '../callers/proofs.js';
import { AWAY } from '../door/refusal.js';
import { stateWord } from '../door/values.js';
import {
  CLOUDS,
  DEFECT,
  ELSEWHERE,
  inQuery,
  message,
  ok,
  PAGE,
  refusals,
  ShareId,
  text,
  UNPROVEN,
  Version,
} from './document-parts.js';

/** The fields of a proposal (cloudspaces-interop.md 3). */
const Proposal = z
  .looseObject({
    share_id: ShareId,
    resource_url: text('The folder at the storage API of the sender, such as `https://alder.example/v1/folder/31`.'),
    owner_name: text('For people to read.'),
    owner_email: text('The address of the owner.'),
    folder_name: text('For people to read. `resource_name` is the same field.'),
    permission: text('`read-only` or `read-write`, in any letter case.'),
    recipient: text('The address of the person who was invited.'),
    callback: text('Where the browser carries the decision; it names neither `share_id` nor `accepted` itself.'),
    protocol_version: Version,
    expires_at: z.string().optional().meta({ description: 'When the share ends: a UTC time.' }),
  })
  .meta({
    id: 'ProposalMessage',
    examples: [
      {
        share_id: 'k3J0aT7m',
        resource_url: 'https://alder.example/v1/folder/31',
        owner_name: 'Ana Alvarez',
        owner_email: 'ana@alder.example',
        folder_name: 'Plans',
        permission: 'read-write',
        recipient: 'bo@birch.example',
        callback: 'https://alder.example/interop/result/8WjrR1c0',
        protocol_version: '1.0',
      },
    ],
  });

/** The fields that carry a grant (cloudspaces-interop.md 6). */
const Credentials = z
  .looseObject({
    share_id: ShareId,
    auth_protocol: text('`oauth`, in any letter case.'),
    auth_protocol_version: z.enum(['1.0a', '1.0']).meta({ description: 'Usually `1.0a`.' }),
    access_token_key: text('The token. Also taken as `oauth_access_token` or `oauth_token`.'),
    access_token_secret: text('Its secret. Also taken as `oauth_access_token_secret` or `oauth_token_secret`.'),
  })
  .meta({
    id: 'CredentialsMessage',
    examples: [
      {
        share_id: 'k3J0aT7m',
        auth_protocol: 'oauth',
        auth_protocol_version: '1.0a',
        access_token_key: 'JxT4b0Qm',
        access_token_secret: 'Qp7cW2nR',
      },
    ],
  });

/** The fields that end an agreement (cloudspaces-interop.md 7). */
const End = z
  .looseObject({
    share_id: ShareId,
    protocol_version: Version,
    reason: z
      .string()
      .optional()
      .meta({ description: '`revoked`, `left`, `withdrawn`, `expired` or `deleted`; others count as none.' }),
  })
  .meta({ id: 'EndMessage', examples: [{ share_id: 'k3J0aT7m', reason: 'revoked' }] });

/** The answer to a proposal that was taken. */
export const Offered = z.object({
  share_id: ShareId,
  status: z.literal('PENDING'),
  location: text('The page on which the recipient decides.'),
});

/** The answer to credentials that were taken. */
export const Granted = z.object({ share_id: ShareId, status: z.enum(INCOMING_STATES.map(stateWord)) });

/** Says that we know of the end, also where it was known before. */
export const Ended = z.object({ share_id: ShareId });

/** Which decision is recorded, for programs; browsers are shown a page. */
export const Decided = z.object({ accepted: z.boolean() });

/** Says whose signature we took, to a peer that asks whether its keys work here. */
export const Pong = z.object({ name: text('How this cloud calls itself.') });

const OFFERED = ok('Taken. The browser of the invited person goes to the page that `Location` names.', Offered, {
  Location: {
    description: 'The page on which the recipient decides.',
    required: true,
    example: 'https://birch.example/interop/proposals/pQ7d0sVn',
  },
});

const GRANTED = ok('Taken: `ACCEPTED` until they have opened the folder, then `ACTIVE`.', Granted);
const TO_SHARES: Answer = {
  description: 'Taken without a signature; a browser goes on to the shares of the person who is signed in.',
  headers: { Location: { description: 'That page.', required: true, example: '/shares' } },
  content: { 'text/html': PAGE },
};
const OFF_ORIGINS = 'These addresses belong to no cloud that may send without a signature.';
const UNKNOWN_SHARE = 'This share is not known here.';

/** What the API document says of the interop door. */
export const operations = {
  propose: message(
    'propose',
    Proposal,
    {
      303: OFFERED,
      ...refusals({
        400: ['share_id is missing', 'Wrong protocol version. Must be 1.0.', 'folder_name and resource_name differ'],
        403: [OFF_ORIGINS],
        409: ['This share_id has been used before.', 'This share has already ended.'],
      }),
    },
    [
      'The same proposal again, while nobody has decided, is answered alike.',
      'A cloud that is registered with `browser-post` may have the browser of the invited person post the form, the signature among its fields. One that is registered as unable to sign may leave the signature out. Either proposal leaves nothing here before the invited person has decided: `Location` holds all of it, sealed.',
    ].join('\n\n'),
    { isProofOptional: true },
  ),
  proposeByGet: {
    operationId: 'proposeByGet',
    tag: CLOUDS,
    description:
      'Only for clouds that are registered with `browser-get`: the browser of the invited person brings the proposal. It changes nothing here before that person has decided; opening the address again, while its signature is fresh, leads to the same page.',
    parameters: inQuery(Proposal),
    proofs: [PEER_SIGNATURE_IN_QUERY, PEER_SIGNATURE],
    isProofOptional: true,
    answers: {
      303: OFFERED,
      ...refusals({
        400: ['share_id is missing', 'The proposal is too long to be carried by a browser.'],
        401: [UNPROVEN],
        403: [OFF_ORIGINS],
        405: ['Use POST here.'],
        409: ['This share_id has been used before.', 'This share has already ended.'],
        421: [ELSEWHERE],
        500: [DEFECT],
        503: [AWAY],
      }),
    },
  },
  deliverCredentials: message(
    'deliverCredentials',
    Credentials,
    {
      200: GRANTED,
      303: TO_SHARES,
      ...refusals({
        400: [
          'access_token_key is missing',
          'Authentication method not supported',
          'Send the credentials in the body, not in the address.',
        ],
        404: [UNKNOWN_SHARE],
        409: [
          'This share is not waiting for credentials.',
          'Other credentials are already stored for this share.',
          'This share has already ended.',
        ],
      }),
    },
    [
      'Sent once the recipient has accepted. The same credentials again are answered alike.',
      'A cloud that is registered as unable to sign leaves the signature out; whatever is called `oauth_…` is data then, and other credentials take the place of those that have not opened the folder yet.',
    ].join('\n\n'),
    { isProofOptional: true },
  ),
  deliverCredentialsByGet: {
    operationId: 'deliverCredentialsByGet',
    tag: CLOUDS,
    description:
      'Only for clouds that are registered with the dialect `csinterop` and as unable to sign. HEAD is refused, and so is a browser that only prefetches.',
    parameters: inQuery(Credentials),
    proofs: [],
    answers: {
      200: GRANTED,
      303: TO_SHARES,
      ...refusals({
        400: ['access_token_key is missing', 'Authentication method not supported'],
        404: [UNKNOWN_SHARE],
        405: ['Use POST here.'],
        409: ['This share is not waiting for credentials.', 'Other credentials are already stored for this share.'],
        421: [ELSEWHERE],
        429: ['Too many attempts. Try again in 60 seconds.'],
        500: [DEFECT],
        503: ['This page opens only when somebody asks for it.', AWAY],
      }),
    },
  },
  endShare: message(
    'endShare',
    End,
    {
      200: ok('Ended, now or before.', Ended),
      ...refusals({ 400: ['share_id is missing'], 404: [UNKNOWN_SHARE] }),
    },
    'Either side ends an agreement at any time.',
  ),
  decide: {
    operationId: 'decide',
    tag: CLOUDS,
    description: [
      "The one GET that changes something: the recipient's browser carries the decision from their cloud to the owner's. HEAD is refused, and so is a browser that only prefetches. The same decision again is answered as the first time.",
      'A cloud that is registered as unable to sign may leave the signature out: its secret is the path.',
    ].join('\n\n'),
    parameters: [
      {
        in: 'path',
        name: 'token',
        example: '8WjrR1c0',
        description: 'A secret of this one proposal.',
        schema: z.string(),
      },
      {
        in: 'query',
        name: 'share_id',
        description: 'As proposed.',
        schema: ShareId,
        required: true,
        example: 'k3J0aT7m',
      },
      {
        in: 'query',
        name: 'accepted',
        required: true,
        example: 'true',
        description: '`true` or `false`, in any letter case.',
        schema: z.string().regex(/^(?:[tT][rR][uU][eE]|[fF][aA][lL][sS][eE])$/),
      },
    ],
    proofs: [PEER_SIGNATURE_IN_QUERY, PEER_SIGNATURE],
    isProofOptional: true,
    answers: {
      200: {
        description: 'Recorded.',
        content: {
          'text/html': PAGE,
          'application/json': { schema: Decided },
          'text/plain': {
            schema: z.enum(['Proposal was accepted', 'Proposal was denied']),
            examples: ['Proposal was accepted', 'Proposal was denied'],
          },
        },
      },
      303: {
        description: 'Recorded; a browser that accepted goes on to the page that the other cloud registered.',
        headers: { Location: { description: 'That page.', required: true, example: 'https://birch.example/shares' } },
        content: { 'text/html': PAGE },
      },
      ...refusals({
        400: ['share_id is missing', 'accepted must be true or false'],
        401: [UNPROVEN],
        404: ['This address is not known here.'],
        409: ['This share is not waiting for an answer.'],
        421: [ELSEWHERE],
        429: ['Too many attempts. Try again in 60 seconds.'],
        500: [DEFECT],
        503: ['This page opens only when somebody asks for it.', AWAY],
      }),
    },
  },
  ping: {
    operationId: 'ping',
    tag: CLOUDS,
    description: 'Tells a cloud whether the keys that were exchanged with it work.',
    proofs: [PEER_SIGNATURE, PEER_SIGNATURE_IN_QUERY],
    answers: {
      200: ok('They do.', Pong),
      ...refusals({
        400: ['oauth_version must be 1.0.'],
        401: [UNPROVEN],
        421: [ELSEWHERE],
        429: ['Too many requests.'],
        500: [DEFECT],
        503: [AWAY],
      }),
    },
  },
  announce: message(
    'announce',
    z.looseObject({ address: text('The address of the sender, such as `https://alder.example`.') }),
    { 200: ok('Noted for the administrators, who decide.', Pong), ...refusals({ 400: ['address is missing'] }) },
    'A cloud that has a new address says so with the keys that are known. Nothing changes before an administrator of the receiver has confirmed it.',
  ),
  discover: {
    operationId: 'discover',
    tag: CLOUDS,
    description: 'What another cloud needs to know to be registered with this one.',
    proofs: [],
    answers: { 200: ok('The endpoints.', WellKnown) },
  },
} satisfies Record<string, Operation>;
