import { Failure } from '../../kernel/index.js';

/** The refusal of work that needs space on a full disk. */
export function diskFull(cause?: unknown): Failure {
  const message = 'The disk of this cloud is full. You can read files and end shares; nothing can be stored.';
  return new Failure('full', message, { cause, retryAfter: 30 });
}
