import { openStorage, type JoiningStore, type StorageInputs } from '../../contents/index.js';
import { namedContents, someContents } from '../../files/index.js';
import type { DiskReserve } from '../../platform/index.js';

/** What the contents of a cloud are opened with. */
export interface ContentsInputs extends Omit<StorageInputs, 'sample' | 'named' | 'requireSpace' | 'onTrouble'> {
  /** The reserve on the disk of the database, which contents must not fill. */
  readonly reserve: DiskReserve | undefined;
}

/** Opens the contents; throws `unavailable` with a sentence for the operator when the storage must not, or cannot, be used. */
export function openContents({ reserve, ...inputs }: ContentsInputs): Promise<JoiningStore> {
  const { database, log } = inputs;
  return openStorage({
    sample: someContents,
    named: (keys) => namedContents(database.read, keys),
    requireSpace: () => reserve?.requireSpace(),
    onTrouble: (trouble) => {
      log.error(trouble, 'trouble with stored contents');
    },
    ...inputs,
  });
}
