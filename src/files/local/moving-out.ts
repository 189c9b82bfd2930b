import type { ContentRef, JoiningStore } from '../../contents/index.js';
import type { AccountId } from '../../kernel/index.js';
import type { Database, Transaction } from '../../platform/index.js';
import { lockTrees } from '../records/owner.js';
import { namedContents } from './named-contents.js';

/** Contents moved before the next look. */
const AT_ONCE = 100;

/** What {@link moveOutContents} needs. */
export interface MovingOut {
  readonly database: Database;
  readonly contents: JoiningStore;
}

/**
 * Turns every content into bytes under one key in the storage, for a release that knows nothing else: those in parts are copied,
 * and the small ones in the database moved. Answers how many. After a crash, the next call continues.
 */
export async function moveOutContents({ database, contents }: MovingOut): Promise<number> {
  let count = 0;
  for (let after = ''; ;) {
    const page: ContentRef[] = await database
      .read('contents')
      .where('key', '>', after)
      .orderBy('key')
      .limit(AT_ONCE)
      .select('key', 'size', 'sha256');
    for (const joined of page) count += await moveOut({ database, contents }, joined);
    const last = page.at(-1);
    if (last === undefined) return count + (await contents.moveOut());
    after = last.key;
  }
}

/** Copies one content that has parts, and gives its names to the copy. One that nothing names goes. */
async function moveOut({ database, contents }: MovingOut, joined: ContentRef): Promise<number> {
  const isNamed = (await namedContents(database.read, [joined.key])).size > 0;
  if (isNamed) {
    const stored = await contents.put(await contents.open(joined), { expectedSize: joined.size });
    await database.write(async (trx) => {
      await contents.keep(trx, stored);
      await rename(trx, joined.key, stored);
    });
  }
  await contents.remove(joined.key);
  return Number(isNamed);
}

async function rename(trx: Transaction, from: string, { key, sha256 }: ContentRef): Promise<void> {
  const versions = trx('item_versions').where({ content_key: from }).select('item_id');
  const owners = (await trx('items').whereIn('id', versions).distinct().pluck('owner_id')) as AccountId[];
  // Nobody copies a file meanwhile, and with it the old name.
  await lockTrees(trx, owners);
  await trx('items').whereIn('id', versions).where({ content_key: from }).update({ content_key: key, sha256 });
  await trx('item_versions').where({ content_key: from }).update({ content_key: key, sha256 });
}
