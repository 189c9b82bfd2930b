import { Failure } from '../kernel/index.js';

const FULL = /SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC|EDQUOT|53100/;
const AWAY =
  /SQLITE_BUSY|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|^57P0|^57014|^25P0|^53300|^08|KnexTimeoutError|Connection terminated|not queryable|Connection ended|^timeout expired|operation timed out/;
/** PostgreSQL gave up waiting for a row that somebody else is changing, or a transaction lost to others once too often. */
const LOCKED = /^(?:55P03|40001|40P01)$/;

/**
 * The failure for an error of the database or of a disk: `full` when there is no space, `unavailable` while the
 * database cannot be reached (reliability.md PG-01); undefined for any other error, which is a defect of this program.
 */
export function troubleOf(error: unknown): Failure | undefined {
  const told = describe(error);
  const detail = `${told.name} ${told.code} ${told.message}`;
  if (FULL.test(told.code)) return new Failure('full', 'The disk of this cloud is full.', { cause: error, detail });
  if (LOCKED.test(told.code)) {
    const options = { cause: error, detail, retryAfter: 2 };
    return new Failure('unavailable', 'Something else is changing the same things; try again soon.', options);
  }
  if (!Object.values(told).some((text) => AWAY.test(text))) return undefined;
  const options = { cause: error, detail, retryAfter: 1 };
  return new Failure('unavailable', 'The database does not answer; try again soon.', options);
}

function describe(error: unknown): { readonly code: string; readonly name: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: '', name: '', message: String(error) };
  return { code: 'code' in error ? String(error.code) : '', name: error.name, message: error.message };
}

/** True for the error of a database or a disk that has no space left. */
export function isDiskFull(error: unknown): boolean {
  return FULL.test(describe(error).code);
}
