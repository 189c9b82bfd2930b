import { z } from 'zod';
import { statusOf, type Failure } from '../../kernel/index.js';
import type { Answer, AnswerHeader } from './operation.js';

/** A refusal as JSON, for clients that name that type in `Accept` (stacksync-api-v2.md 1). */
export const Refusal = z
  .object({
    error: z.int().meta({ description: 'The status of the answer.' }),
    description: z.string().meta({ description: 'One sentence, the same as in the plain answer.' }),
  })
  .meta({
    id: 'Refusal',
    description: 'A refusal, for clients that name `application/json` in `Accept`.',
    examples: [{ error: 404, description: 'Not found.' }],
  });

/** {@link Refusal} of a failure; `description`: in the words of the door. */
export function refusalOf(failure: Failure, description = failure.message): z.infer<typeof Refusal> {
  return { error: statusOf(failure.code), description };
}

/** The bare sentence, without a line break at its end. */
const Sentence = z.string();

/** Documents a refusal: in plain text one of these sentences or one like them, in JSON the same. */
export function refused(
  description: string,
  sentences: readonly string[],
  headers?: Readonly<Record<string, AnswerHeader>>,
): Answer {
  return {
    description,
    content: { 'text/plain': { schema: Sentence, examples: sentences }, 'application/json': { schema: Refusal } },
    ...(headers === undefined ? {} : { headers }),
  };
}

/** On refusals after which a repeat makes sense. */
export const RETRY_AFTER = { 'Retry-After': { description: 'Seconds after which a repeat makes sense.' } } as const;

/** What any call that asks the database may say with 503. */
export const AWAY = 'The database does not answer; try again soon.';
