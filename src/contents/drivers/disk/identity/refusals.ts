import { Failure } from '../../../../kernel/index.js';
import { errorCode } from '../calls/disk-calls.js';
import type { Mismatch } from './verdict.js';

const TAKE_OVER = 'To take it over for this database all the same: footbridge serve --adopt-storage.';
const SETTINGS = 'FOOTBRIDGE_DATA_DIR, FOOTBRIDGE_DATABASE_URL and FOOTBRIDGE_STORAGE_URL';

const WHY: Readonly<Record<Mismatch, (folder: string) => string>> = {
  unmounted: (folder) =>
    `The storage folder ${folder} is not what this database knows: the file that marks it is missing. ` +
    `Mount its disk, or restore the folder, and start again. If it is lost for good: footbridge serve --adopt-storage.`,
  stranger: (folder) =>
    `The storage folder ${folder} belongs to a database, and this one does not know it: it is another, or older than the ` +
    `storage. Check ${SETTINGS}. ${TAKE_OVER}`,
  unknown: (folder) =>
    `The storage folder ${folder} holds contents that this database does not name. Check ${SETTINGS}. ${TAKE_OVER}`,
  foreign: (folder) =>
    `The storage folder ${folder} belongs to another database: two clouds must not share one. Check ${SETTINGS}. ` +
    TAKE_OVER,
  newer: (folder) =>
    `The storage folder ${folder} is newer than this database: files were stored since. Was an older database restored? ` +
    `Start with the newer one. To go on with this one: footbridge serve --adopt-storage; what it does not name is kept.`,
  unreadable: (folder) =>
    `The file that marks the storage folder ${folder} cannot be understood. Restore it, or check ${SETTINGS}. ${TAKE_OVER}`,
};

/** The refusal of a start with a folder that does not belong to the database; nothing was changed. */
export function mismatched(why: Mismatch, folder: string): Failure {
  return new Failure('unavailable', WHY[why](folder));
}

/** The refusal of a start with a folder that cannot be read or written. */
export function unusable(error: unknown, folder: string): Failure {
  const code = errorCode(error) || 'unknown error';
  const message =
    `The storage folder ${folder} cannot be used (${code}). Mount its disk for writing, and let the user that runs ` +
    `Footbridge read and write it.`;
  return new Failure('unavailable', message, { cause: error });
}
