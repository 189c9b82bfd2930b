import { ROOT_ID, type Clock } from '../../kernel/index.js';
import { viewedAs, type Database, type PageWish, type ReadRow } from '../../platform/index.js';
import { membersNear, mountsNear } from '../places/in-order.js';
import type { Folder } from '../records/items.js';
import { memberFoldersIn } from '../records/members.js';
import { mountsIn } from '../records/mounts.js';
import { receivedPages, livingOf, mergedById } from '../records/root-listing.js';
import { failingEach } from '../space/failures.js';
import type { Item } from '../space/item.js';
import { memberItem } from './local-reach.js';
import type { MountNews } from './mount-news.js';
import { mountItem } from './mount-reach.js';

/** What {@link ReceivedItems} needs. */
export interface ReceivedItemsInputs {
  readonly database: Database;
  readonly clock: Clock;
  /** Is told of mounts that are about to be listed. */
  readonly news: Pick<MountNews, 'expect'>;
}

/** The received items in a person's folders: folders shared by people here, and mounts. */
export class ReceivedItems {
  readonly #in: ReceivedItemsInputs;

  constructor(inputs: ReceivedItemsInputs) {
    this.#in = inputs;
  }

  /** Adds the received items to the listing of a folder, in the order of ids. */
  among(folder: Item, own: AsyncIterable<Item>): AsyncIterable<Item> {
    const { database, clock, news } = this.#in;
    const place = folderOf(folder);
    if (place === undefined) return own;
    const [q, now] = [database.read, clock.now()];
    const folders = receivedPages(async (after) => (await memberFoldersIn(q, place, after, now)).map(memberItem));
    const mounts = receivedPages(async (after) => {
      const page = await mountsIn(q, place, after, now);
      news.expect(page);
      return page.map(mountItem);
    });
    return mergedById(own, failingEach(mergedById(folders, livingOf(mounts))));
  }

  /** The received items in a folder that a page of it may need, in the order of names. */
  async near(folder: Item, wish: PageWish): Promise<readonly ReadRow<Item>[]> {
    const { database, clock, news } = this.#in;
    const place = folderOf(folder);
    if (place === undefined) return [];
    const [q, now] = [database.read, clock.now()];
    const folders = await membersNear(q, place, wish, now);
    const mounts = await mountsNear(q, place, wish, now);
    news.expect(mounts.flatMap(({ view }) => (view === undefined ? [] : [view])));
    return [...viewedAs(folders, memberItem), ...viewedAs(mounts, mountItem)];
  }
}

function folderOf({ id, ownerId }: Item): Folder | undefined {
  return ownerId === undefined ? undefined : { ownerId, parentId: id === ROOT_ID ? null : id };
}
