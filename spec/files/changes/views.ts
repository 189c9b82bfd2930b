import { changesSince, cursorOf, lastChangeIn, type Item } from '../../../src/files/index.js';
import { ROOT_ID, type AccountId, type ItemId, type PersonPrincipal } from '../../../src/kernel/index.js';
import { childrenOf, type FilesBench } from '../files-bench.js';

/** What a person sees in the own tree: every own item, and the tops of what others share, by id. */
export interface View {
  readonly items: ReadonlyMap<ItemId, Seen>;
  /** The number of the last change at the root (`0`) and at each own folder. */
  readonly numbers: ReadonlyMap<ItemId, number>;
}

interface Seen {
  /** What this tree shows of the item, as one text: when the text changes, the tree must have noted a change. */
  readonly here: string;
  /** The same for the tree of its owner, when it is a folder that somebody of this cloud shares. */
  readonly there: { readonly ownerId: AccountId; readonly text: string } | undefined;
  readonly parentId: ItemId;
}

/** Looks at a whole tree. */
export async function viewOf({ tree, database }: FilesBench, person: PersonPrincipal): Promise<View> {
  const items = new Map<ItemId, Seen>();
  const folders: ItemId[] = [ROOT_ID];
  const numbers = new Map<ItemId, number>();
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    const topId = at === ROOT_ID ? null : at;
    numbers.set(at, await lastChangeIn(database.read, { ownerId: person.accountId, topId }));
    for (const item of await childrenOf(tree.list(person, at))) {
      items.set(item.id, seen(item));
      if (item.kind === 'folder' && !item.isShareTop) folders.push(item.id);
    }
  }
  return { items, numbers };
}

function seen(item: Item): Seen {
  const { id: _id, name, parentId, permission, ...known } = item;
  // A folder has the date and the bytes of what is in it, and that is what the changes tell of.
  const rest = item.kind === 'folder' ? { ...known, contentAt: 0, bytesBelow: 0 } : known;
  const isMember = item.place === 'member' && item.ownerId !== undefined;
  const place = { name, parentId, permission };
  return {
    here: JSON.stringify(isMember ? place : { ...place, ...rest }),
    there: isMember ? { ownerId: item.ownerId, text: JSON.stringify(rest) } : undefined,
    parentId: parentId ?? ROOT_ID,
  };
}

/** The items of a person's view that are not as they were, by the tree in whose changes that must stand. */
export function differences(person: PersonPrincipal, before: View, after: View): { tree: AccountId; id: ItemId }[] {
  const ids = [...new Set([...before.items.keys(), ...after.items.keys()])];
  return ids.flatMap((id) => {
    const [was, is] = [before.items.get(id), after.items.get(id)];
    const here = was?.here === is?.here ? [] : [{ tree: person.accountId, id }];
    // What comes or goes is a change here; what is not as it was while it stands here is one there.
    const isOther = was?.there !== undefined && is?.there !== undefined && was.there.text !== is.there.text;
    return isOther ? [...here, { tree: is.there.ownerId, id }] : here;
  });
}

/** Own folders, the root included, in or below which something is not as it was, although their number is. */
export function unmoved(before: View, after: View, changed: ReadonlySet<ItemId>): ItemId[] {
  const around = new Set<ItemId>();
  for (const { items } of [before, after]) {
    for (const id of changed) {
      for (let at = items.get(id)?.parentId; at !== undefined; at = items.get(at)?.parentId) around.add(at);
    }
  }
  return [...around].filter((id) => before.numbers.has(id) && before.numbers.get(id) === after.numbers.get(id));
}

/** Told: the ids of the items that changed in somebody's tree since the last time. */
export function newsOf({ database }: FilesBench, tree: AccountId): () => Promise<ReadonlySet<ItemId>> {
  let cursor: string | undefined;
  return async () => {
    cursor ??= await cursorOf(database.read, tree);
    const told = new Set<ItemId>();
    for (let hasMore = true; hasMore;) {
      const since = await changesSince(database.read, { ownerId: tree, topId: null }, cursor, 7);
      if (since.outcome === 'too-old') throw new Error('too old');
      ({ cursor, hasMore } = since);
      for (const { itemId } of since.changes) told.add(itemId);
    }
    return told;
  };
}

/** Everything that was told, with what lies below it: of a folder that goes or comes back one change tells all. */
export function withContents(told: ReadonlySet<ItemId>, views: readonly View[]): ReadonlySet<ItemId> {
  const all = new Set(told);
  for (const { items } of views) {
    for (const id of items.keys()) {
      for (let at: ItemId | undefined = id; at !== undefined; at = items.get(at)?.parentId)
        if (told.has(at)) all.add(id);
    }
  }
  return all;
}
