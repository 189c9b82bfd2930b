import { Failure } from '../kernel/index.js';

const FULL = /SQLITE_FULL|ENOSPC|53100/;
const AWAY = /SQLITE_BUSY|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|^57P0|^08|KnexTimeoutError|Connection terminated/;

/**
 * What an error of the database or of a disk means to whoever asked: `quota` when there is no room, `unavailable` while
 * the database is away (reliability.md PG-01); undefined when it is neither, and so a defect of ours.
 */
export function troubleOf(error: unknown): Failure | undefined {
  const told = describe(error);
  const detail = `${told.name} ${told.code} ${told.message}`;
  if (FULL.test(told.code)) return new Failure('quota', 'This cloud has no room left.', { cause: error, detail });
  if (!Object.values(told).some((text) => AWAY.test(text))) return undefined;
  const options = { cause: error, detail, retryAfter: 1 };
  return new Failure('unavailable', 'The database does not answer; try again soon.', options);
}

function describe(error: unknown): { readonly code: string; readonly name: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: '', name: '', message: String(error) };
  return { code: 'code' in error ? String(error.code) : '', name: error.name, message: error.message };
}
