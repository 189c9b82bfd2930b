import { DiskDriver, DrivenContentStore, JoinedContentStore, type JoiningStore } from '../../src/contents/index.js';
import { namedContents } from '../../src/files/index.js';
import type { Clock } from '../../src/kernel/index.js';
import { systemRandom, type Database } from '../../src/platform/index.js';

/** Contents in a folder that can be joined, without the small ones and the cache of a cloud. */
export async function joiningContents(inputs: {
  readonly folder: string;
  readonly database: Database;
  readonly clock: Clock;
}): Promise<JoiningStore> {
  const { folder, database, clock } = inputs;
  const inner = new DrivenContentStore({
    driver: await DiskDriver.open({ folder, random: systemRandom }),
    random: systemRandom,
  });
  const named = (keys: readonly string[]) => namedContents(database.read, keys);
  return new JoinedContentStore({ inner, database, clock, named, random: systemRandom });
}
