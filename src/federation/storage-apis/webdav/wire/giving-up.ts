import { Failure, isFailure } from '../../../../kernel/index.js';

/** The `Failure` for what ended a request: the asker left, or there is a defect of ours. */
export function toFailure(error: unknown, signal: AbortSignal | undefined): Failure {
  if (isFailure(error)) return error;
  if (signal?.aborted === true) return new Failure('unavailable', 'The request was given up.', { cause: error });
  return new Failure('internal', 'Something went wrong here.', { cause: error, detail: String(error) });
}
