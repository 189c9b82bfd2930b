import { Failure, isFailure } from '../../kernel/index.js';
import { troubleOf } from '../../platform/index.js';

/** Runs `work`; whatever it throws becomes a {@link Failure}, as every file space promises. */
export async function failing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFailure(error);
  }
}

/** {@link failing} for an asynchronous iterable. */
export async function* failingEach<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    throw toFailure(error);
  }
}

/**
 * What an error means to the caller: a full disk, an unavailable database, a cancelled request, or a defect of this
 * program.
 */
function toFailure(error: unknown): Failure {
  if (isFailure(error)) return error;
  const trouble = troubleOf(error);
  if (trouble !== undefined) return trouble;
  if (error instanceof Error && error.name === 'AbortError') {
    return new Failure('unavailable', 'The request was given up.', { cause: error });
  }
  return new Failure('internal', 'Something went wrong here.', { cause: error, detail: String(error) });
}

/** Seconds after which a client should repeat its request while a grant is refused. */
const GRANT_IS_TRIED_AGAIN = 30;

/** The refusal of every request behind a mount while the other cloud refuses the grant (ruling F-06). */
export function grantRefused(): Failure {
  return new Failure(
    'unavailable',
    'The cloud that holds this folder refuses our key at the moment. It is asked again by itself; nothing has ended yet.',
    { retryAfter: GRANT_IS_TRIED_AGAIN, reason: 'key-refused' },
  );
}

/** True for {@link grantRefused}. */
export function isGrantRefused(error: unknown): boolean {
  return isFailure(error) && error.reason === 'key-refused';
}
