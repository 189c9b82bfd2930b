import { z } from 'zod';
import { ACCESS } from '../callers/access-chapter.js';
import type { Answer, AnswersByStatus, Operation, Proof } from '../door/operation.js';
import { AWAY, RETRY_AFTER } from '../door/refusal.js';

const FORM = 'application/x-www-form-urlencoded';

const proof = (name: string, what: string): Proof => ({
  name,
  scheme: {
    type: 'http',
    scheme: 'OAuth',
    description: `OAuth 1.0a (RFC 5849), signed ${what}. Methods: \`HMAC-SHA256\`, \`HMAC-SHA1\`, \`RSA-SHA256\` and \`RSA-SHA1\` for apps that registered a public key, and \`PLAINTEXT\` over https. Header, query or form.`,
  },
});

const APP = proof('appSignature', 'by the app alone, without a token');
const TEMPORARY = proof('temporarySignature', 'with the secrets of the app and of its temporary credentials');

/** Temporary credentials as they are answered. */
const Temporary = z.object({
  oauth_token: z.string(),
  oauth_token_secret: z.string(),
  oauth_callback_confirmed: z.literal('true'),
});

/** An access token as it is answered. */
const Access = z.object({
  oauth_token: z.string(),
  oauth_token_secret: z.string(),
});

const Fault = z
  .object({
    error: z.enum(['invalid_request', 'temporarily_unavailable', 'server_error']),
    error_description: z.string(),
  })
  .meta({
    id: 'TokenRefusal',
    description: 'Why a token call was refused, as a form.',
    examples: [{ error: 'invalid_request', error_description: 'A parameter is missing.' }],
  });

const fault = (description: string, sentences: readonly string[], error = 'invalid_request'): Answer => ({
  description,
  content: {
    [FORM]: { schema: Fault, examples: sentences.map((error_description) => ({ error, error_description })) },
  },
});

const REFUSALS: AnswersByStatus = {
  401: {
    description: 'Nothing proves who asks, or not rightly. Always the same empty answer.',
    headers: { 'WWW-Authenticate': { description: 'Always `OAuth`.', required: true } },
  },
  408: fault('The body took too long.', ['The body did not arrive in time.']),
  413: fault('The body is too long.', ['The body may have at most 16384 bytes.']),
  415: fault('The body is no form.', [`Send ${FORM}.`]),
  421: fault('The request is meant for another host.', ['This is not the address of this cloud.']),
  429: { ...fault('The app asks too often.', ['Too many requests.'], 'temporarily_unavailable'), headers: RETRY_AFTER },
  503: { ...fault('This cloud is resting.', [AWAY], 'temporarily_unavailable'), headers: RETRY_AFTER },
  500: fault('A defect of this cloud.', ['Something went wrong on our side. Please try again.'], 'server_error'),
};

const description = (words: string): string =>
  `${words} It stands among the parameters of the signature: in the header, the query or the form.`;

/** What the API document says of the token calls, by method: their operations differ in name alone. */
export const tokenCalls = (method: 'GET' | 'POST'): { request: Operation; access: Operation } => ({
  request: {
    operationId: method === 'GET' ? 'requestToken' : 'requestTokenByPost',
    tag: ACCESS,
    description: description('`oauth_callback` is `oob` or the address that the app registered.'),
    proofs: [APP],
    answers: {
      200: { description: 'Temporary credentials, good for ten minutes.', content: { [FORM]: { schema: Temporary } } },
      400: fault('A parameter is missing or malformed.', [
        'A parameter is missing.',
        'oauth_callback is missing.',
        'oauth_timestamp is too far from our clock.',
      ]),
      ...REFUSALS,
    },
  },
  access: {
    operationId: method === 'GET' ? 'accessToken' : 'accessTokenByPost',
    tag: ACCESS,
    description: description('`oauth_verifier` is the word that came back with the decision.'),
    proofs: [TEMPORARY],
    answers: {
      200: {
        description: 'An access token. The temporary credentials are spent.',
        content: { [FORM]: { schema: Access } },
      },
      400: fault('A parameter is missing or malformed.', ['A parameter is missing.', 'oauth_verifier is missing.']),
      ...REFUSALS,
    },
  },
});
