import { errors } from 'undici';
import { Failure, invalid } from '../../kernel/index.js';

/** A refusal of the guard: an address, a scheme or an origin that must not be reached. */
export class OutboundRefusal extends Error {}

/** A limit of PEER-01 passed; the message names the phase. */
export class OutboundTimeout extends Error {}

const UNREACHABLE = 'The other cloud could not be reached.';
const SILENT = 'The other cloud did not answer in time.';
const BROKEN = 'The other cloud answered in a way that cannot be used.';

const cutBeforeAnswer = new WeakSet<Error>();

/**
 * True when the connection was lost before any answer: the peer may have closed an idle pooled socket just as it was
 * reused (reliability.md 7). A GET may then be signed afresh and sent once more; nothing is ever repeated in here.
 */
export function wasCutBeforeAnswer(error: unknown): boolean {
  return error instanceof Error && cutBeforeAnswer.has(error);
}

/** One generic text whether the guard refused, a port is closed or a name unknown (SSR-05); the reason is for the log. */
export function refused(reason: string): Failure {
  const failure = new Failure('peer-failed', UNREACHABLE, { detail: `refused: ${reason}` });
  unasked.add(failure);
  return failure;
}

const unasked = new WeakSet<Error>();

/** True when our own guard refused: nothing was sent, so the error says nothing about the peer (ruling F-14). */
export function wasNeverAsked(error: unknown): boolean {
  return error instanceof Error && unasked.has(error);
}

/** The failure for an answer that the contract or our limits do not allow. */
export function unusable(reason: string): Failure {
  return new Failure('peer-failed', BROKEN, { detail: reason });
}

/** The failure when our own queue was too long: nothing was sent, and nothing is known of the peer (F-63). */
export function noConnection(): Failure {
  return new Failure('unavailable', 'Too much is under way with that cloud at the moment. Try again in a moment.', {
    detail: 'no free connection of ours',
    retryAfter: 5,
  });
}

/** Turns whatever broke an exchange into a {@link Failure}. `answered`: the status line had already been read. */
export function peerFailure(error: unknown, answered: boolean): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof OutboundRefusal) return refused(error.message);
  if (isTimeout(error)) return new Failure('peer-timeout', SILENT, { detail: reasonOf(error), cause: error });
  if (error instanceof errors.InvalidArgumentError) return invalid('The request cannot be sent to the other cloud.');
  if (error instanceof errors.RequestContentLengthMismatchError) return invalid('The body does not fit its length.');
  const failure = new Failure('peer-failed', answered ? BROKEN : UNREACHABLE, {
    detail: reasonOf(error),
    cause: error,
  });
  if (!answered && isLostConnection(error)) cutBeforeAnswer.add(failure);
  return failure;
}

function isTimeout(error: unknown): boolean {
  return (
    error instanceof OutboundTimeout ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    codeOf(error) === 'ETIMEDOUT'
  );
}

function isLostConnection(error: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return [codeOf(error), text].filter((part) => part !== '').join(': ');
}
