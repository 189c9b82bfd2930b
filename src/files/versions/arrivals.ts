import { itemIdOf, type ItemId } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import type { Scope } from '../records/item-rows.js';
import type { Lineage } from '../records/lineage.js';

interface ArrivalRow {
  item_id: number | string;
  folder_id: number | string;
  at: number;
}

/**
 * Notes, for an item that is moved, since when it lies below each ancestor of its new place. Below a new ancestor:
 * since now. Below one that it had before: since it came there, by itself or inside another folder.
 */
export async function noteMove(trx: Transaction, from: Lineage, parent: Lineage, now: number): Promise<void> {
  const { id } = from;
  if (id === null) return;
  const known = sinceWhen(from, await arrivalsOf(trx, from));
  const rows = parent.rows.flatMap((row): ArrivalRow[] => {
    const folderId = itemIdOf(row.id);
    const at = from.find(folderId) === undefined ? now : known.get(folderId);
    return at === undefined ? [] : [{ item_id: id, folder_id: folderId, at }];
  });
  await trx('arrivals').where({ item_id: id }).delete();
  if (rows.length > 0) await trx('arrivals').insert(rows);
}

/**
 * Since when the item of a lineage lies below the top of a scope; undefined: since it exists, or the scope is the
 * owner's whole tree. An asker with access through that scope may see the version that was current then and later ones,
 * but nothing earlier (threat model AUT-11). `around` ignores moves of the item itself.
 */
export async function arrivalIn(
  q: Queries,
  scope: Scope,
  lineage: Lineage,
  options: { readonly around?: boolean } = {},
): Promise<number | undefined> {
  const { topId } = scope;
  if (topId === null || lineage.id === topId) return undefined;
  const counted = options.around === true ? lineage.parent : lineage;
  return sinceWhen(counted, await arrivalsOf(q, counted)).get(topId);
}

/** The first version of an item that an asker may see who may see nothing from before `since`. */
export async function firstVisible(q: Queries, itemId: ItemId, since: number | undefined): Promise<number> {
  if (since === undefined) return 0;
  const found: { version?: number | null } | undefined = await q('item_versions')
    .where({ item_id: itemId })
    .where('modified_at', '<=', since)
    .max({ version: 'version' })
    .first();
  return found?.version ?? 0;
}

async function arrivalsOf(q: Queries, lineage: Lineage): Promise<ArrivalRow[]> {
  const ids = lineage.rows.map((row) => row.id);
  return q<ArrivalRow>('arrivals').whereIn('item_id', ids);
}

/**
 * Since when the item of a lineage lies below each of its ancestors, where that is known. The move of a folder in
 * between counts only if the item lay in that folder at the time: earlier moves of the folder did not move the item.
 */
function sinceWhen(lineage: Lineage, arrivals: readonly ArrivalRow[]): ReadonlyMap<ItemId, number> {
  const times = new Map(arrivals.map((row) => [`${itemIdOf(row.item_id)} ${itemIdOf(row.folder_id)}`, row.at]));
  const ids = lineage.rows.map((row) => itemIdOf(row.id));
  const since = new Map<ItemId, number>();
  for (const [index, folderId] of ids.entries()) {
    const counted = ids.slice(0, index).flatMap((id) => {
      const at = times.get(`${id} ${folderId}`);
      return at === undefined || at < (since.get(id) ?? 0) ? [] : [at];
    });
    if (counted.length > 0) since.set(folderId, Math.max(...counted));
  }
  return since;
}
