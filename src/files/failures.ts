import { Failure, isFailure } from '../kernel/index.js';
import { troubleOf } from '../platform/index.js';

/** Runs `work`; whatever it throws becomes a {@link Failure}, as every file space promises. */
export async function failing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFailure(error);
  }
}

/** {@link failing} for what is read piece by piece. */
export async function* failingEach<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    throw toFailure(error);
  }
}

/** What an error means to whoever asked: no room, a database that is away, a request given up, or a defect of ours. */
function toFailure(error: unknown): Failure {
  if (isFailure(error)) return error;
  const trouble = troubleOf(error);
  if (trouble !== undefined) return trouble;
  if (error instanceof Error && error.name === 'AbortError') {
    return new Failure('unavailable', 'The request was given up.', { cause: error });
  }
  return new Failure('internal', 'Something went wrong here.', { cause: error, detail: String(error) });
}
