import type { z } from 'zod';
import { Failure, statusOf } from '../../../kernel/index.js';

/** The words in which problems are told, used by the shapes too. Messages of the library are not shown. */
const WORDS = ['REQUIRED', 'INVALID', 'UNSUPPORTED', 'UNKNOWN'] as const;

/** One thing that is wrong with a message: where it stands, and what it is. */
export interface FieldProblem {
  /** The field, with dots between the levels. */
  readonly name: string;
  readonly message: (typeof WORDS)[number];
}

/** A message that cannot be taken, with all that is wrong with it (open-cloud-mesh.md 4.3). */
export class OcmRefusal extends Failure {
  /** 501 for what is well-formed and not offered here. */
  readonly status: 400 | 501;
  readonly problems: readonly FieldProblem[];

  constructor(status: 400 | 501, message: string, problems: readonly FieldProblem[]) {
    super('invalid', message);
    this.status = status;
    this.problems = problems;
  }
}

/** Most problems that are told at once: no server of this protocol writes a message with more. */
const MOST_PROBLEMS = 30;

/** A refusal of a message for what its fields say. */
export function malformed(problems: readonly FieldProblem[]): OcmRefusal {
  return new OcmRefusal(400, 'Some fields are missing or cannot be used.', problems.slice(0, MOST_PROBLEMS));
}

/** A refusal of what this cloud does not offer. */
export function unsupported(name: string, message: string): OcmRefusal {
  return new OcmRefusal(501, message, [{ name, message: 'UNSUPPORTED' }]);
}

/**
 * The problems that a shape found, in the words of this protocol: a missing field is `REQUIRED`, any other `INVALID`,
 * unless the shape says otherwise.
 */
export function problemsOf(error: z.ZodError, body: unknown): FieldProblem[] {
  return error.issues.map(({ path, message }) => {
    const word = WORDS.find((each) => each === message) ?? (valueAt(body, path) === undefined ? 'REQUIRED' : 'INVALID');
    return { name: path.map(String).join('.'), message: word };
  });
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    body,
  );
}

/** What is answered to a refused message: JSON in the form of this protocol (open-cloud-mesh.md 4.3). */
export interface OcmError {
  readonly status: number;
  readonly body: { readonly message: string; readonly validationErrors: readonly FieldProblem[] };
}

/** Any refusal in the form of this protocol, without what is for the log only. */
export function ocmError(failure: Failure): OcmError {
  const isOurs = failure instanceof OcmRefusal;
  const status = isOurs ? failure.status : statusOf(failure.code);
  return { status, body: { message: failure.message, validationErrors: isOurs ? failure.problems : [] } };
}
