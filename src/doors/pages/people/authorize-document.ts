import { z } from 'zod';
import { ACCESS } from '../../callers/access-chapter.js';
import type { Answer, AnswersByStatus, Operation, Parameter } from '../../door/operation.js';
import { AWAY, RETRY_AFTER } from '../../door/refusal.js';

const TOKEN: Parameter = {
  in: 'query',
  name: 'oauth_token',
  required: true,
  example: 'tok7Qd0sVn',
  description: 'Of the temporary credentials.',
  schema: z.string(),
};

const PAGE = { 'text/html': { schema: z.string() } };

/** What a refused page is told to programs. */
const PageRefusal = z
  .object({ error: z.string(), message: z.string(), requestId: z.string().optional() })
  .meta({ id: 'PageRefusal', examples: [{ error: 'forbidden', message: 'This form is not valid any more.' }] });

/** A page for browsers, bare words for apps. */
const refused = (description: string, sentences: readonly string[]): Answer => ({
  description,
  content: {
    ...PAGE,
    'text/plain': { schema: z.string(), examples: sentences },
    'application/json': { schema: PageRefusal },
  },
});

const REFUSALS: AnswersByStatus = {
  400: refused('The token is missing, unknown, decided or late.', ['Missing oauth token', 'Invalid oauth token']),
  500: refused('A defect of this cloud.', []),
  503: refused('This cloud is resting, or the browser only thinks of opening this address.', [
    'This page opens only when somebody asks for it.',
    AWAY,
  ]),
};

const Decision = z
  .object({
    permission: z.enum(['allow', 'deny']),
    email: z.string().optional().meta({ description: 'Of whoever is not signed in.' }),
    password: z.string().optional().meta({ description: 'Of whoever is not signed in.' }),
    token: z
      .string()
      .optional()
      .meta({ description: 'Of the form that was shown; only apps of the house do without.' }),
  })
  .meta({
    id: 'Decision',
    examples: [{ permission: 'allow', email: 'ana@alder.example', password: 'a long password' }],
  });

const Verifier = z.object({
  token: z.string(),
  verifier: z.string(),
  oauth_token: z.string(),
  oauth_verifier: z.string(),
});

/** What the API document says of the page on which a person lets an app in. */
export const authorization = {
  question: {
    operationId: 'askPerson',
    tag: ACCESS,
    description: 'For browsers: a page that names the app and asks. It asks every time.',
    parameters: [TOKEN],
    proofs: [],
    answers: { 200: { description: 'The page.', content: PAGE }, ...REFUSALS },
  },
  decision: {
    operationId: 'answerApp',
    tag: ACCESS,
    description:
      'The form of that page. An app of the house whose callback is `oob` may send it by itself, with the password that it took, and gets a form back.',
    parameters: [TOKEN],
    proofs: [],
    body: { required: true, content: { 'application/x-www-form-urlencoded': { schema: Decision } } },
    answers: {
      200: {
        description: 'The verifier, the news that the person refused, or the page once more after a wrong password.',
        content: {
          'application/x-www-form-urlencoded': { schema: Verifier },
          'text/plain': { schema: z.string(), examples: ['Authorization rejected by user'] },
          ...PAGE,
        },
      },
      302: {
        description: 'Allowed: the browser goes back to the app, with the verifier in the query.',
        headers: {
          Location: {
            description: 'The callback with `oauth_token`, `oauth_verifier`, `token` and `verifier`.',
            required: true,
            example: 'https://desktop.example/back?oauth_token=tok7Qd0sVn&oauth_verifier=b1Kd9',
          },
        },
        content: { ...PAGE, 'text/plain': { schema: z.string() } },
      },
      ...REFUSALS,
      403: refused('The form is not from this page, or no longer valid.', [
        'This form is not valid any more. Go back, load the page again and repeat what you did.',
      ]),
      413: refused('The form is too long.', []),
      415: refused('The body is no form.', ['Send application/x-www-form-urlencoded.']),
      429: { ...refused('Too many wrong passwords.', []), headers: RETRY_AFTER },
    },
  },
} satisfies Record<string, Operation>;
