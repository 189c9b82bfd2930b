import { Failure, isFailure } from '../kernel/index.js';

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

const FULL = /SQLITE_FULL|ENOSPC|53100/;
const AWAY = /SQLITE_BUSY|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|^57P0|^08|KnexTimeoutError|Connection terminated/;

/** What a database or disk error means to whoever asked: full, resting, or a defect of ours. */
export function toFailure(error: unknown): Failure {
  if (isFailure(error)) return error;
  const { code, name, message } = describe(error);
  const detail = `${name} ${code} ${message}`;
  if (FULL.test(code)) return new Failure('quota', 'This cloud has no room left.', { cause: error, detail });
  if ([code, name, message].some((text) => AWAY.test(text))) {
    return new Failure('unavailable', 'The database does not answer; try again soon.', { cause: error, detail });
  }
  if (name === 'AbortError') return new Failure('unavailable', 'The request was given up.', { cause: error, detail });
  return new Failure('internal', 'Something went wrong here.', { cause: error, detail });
}

function describe(error: unknown): { code: string; name: string; message: string } {
  if (!(error instanceof Error)) return { code: '', name: '', message: String(error) };
  return { code: 'code' in error ? String(error.code) : '', name: error.name, message: error.message };
}
