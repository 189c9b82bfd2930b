import { z } from 'zod';
import { ConfirmMessage, IssuedPair, JoinRequestMessage, RotationMessage, TakenKeys } from '../../peers/index.js';
import type { AnswersByStatus, Operation } from '../door/operation.js';
import { AWAY, refused } from '../door/refusal.js';
import { CLOUDS, DEFECT, ELSEWHERE, message, ok, PAGE, refusals } from './document-parts.js';

/** The answer to a request to join, the same in every case. */
export const Joining = z.object({ status: z.literal('RECEIVED') });

/** An unsigned message of a cloud that is no peer yet. */
const unsigned = (
  operationId: string,
  fields: z.ZodType,
  answers: AnswersByStatus,
  description: string,
): Operation => ({
  operationId,
  tag: CLOUDS,
  proofs: [],
  description,
  body: { required: true, content: { 'application/json': { schema: fields } } },
  answers: {
    ...answers,
    ...refusals({
      400: ['join_id is missing or wrong', 'The body is not JSON.'],
      408: ['The body did not arrive in time.'],
      413: ['The body may have at most 8192 bytes.'],
      415: ['Send application/json.'],
      421: [ELSEWHERE],
      429: ['Too many attempts. Try again in 60 seconds.'],
      500: [DEFECT],
      503: [AWAY],
    }),
  },
});

const wrongCode = refused('Unknown request, wrong code, or too late: always in the same words.', [
  'This code does not fit.',
]);

/** What the API document says of becoming peers. */
export const operations = {
  askToJoin: unsigned(
    'askToJoin',
    JoinRequestMessage,
    { 202: ok('Received. The answer is the same whether it is shown to anybody or not.', Joining) },
    'A cloud that is no peer yet asks to become one. Only what this cloud reads at the well-known address itself is believed, and an administrator has to approve it.',
  ),
  confirmJoin: unsigned(
    'confirmJoin',
    ConfirmMessage,
    {
      200: ok('They are peers. This is the pair with which the sender signs from now on.', IssuedPair),
      403: { ...wrongCode, content: { ...wrongCode.content, 'text/html': PAGE } },
    },
    'The cloud that was asked brings the one-time code. The same content again is answered alike for 15 minutes; after five that do not fit the request is void.',
  ),
  rotateKeys: message(
    'rotateKeys',
    RotationMessage,
    {
      200: ok('Taken: this cloud signs with it from now on.', TakenKeys),
      ...refusals({ 400: ['consumer_secret is missing or wrong', 'Send the keys in the body, not in the address.'] }),
    },
    'The pair that the sender now issues to this cloud. The pair before it works until the new one is first used, for at most seven days.',
  ),
} satisfies Record<string, Operation>;
