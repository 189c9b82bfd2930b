import { itemIdOf, type ItemId } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import { afterSteps, propertyKey, refuseTooMuch, type Property, type PropertyStep } from './property.js';

/** Where properties are kept: of items of this cloud, or of those behind a mount of one person, with which they go. */
export type KeptWhere = 'here' | { readonly mountId: ItemId };

function tableOf(where: KeptWhere): 'properties' | 'foreign_properties' {
  return where === 'here' ? 'properties' : 'foreign_properties';
}

/** Ids asked about in one statement. */
const BATCH = 400;

/** The properties of an item, by namespace and name. */
export async function propertiesOf(q: Queries, id: ItemId, where: KeptWhere = 'here'): Promise<Property[]> {
  return q<Property & { item_id: ItemId }>(tableOf(where))
    .where({ item_id: id })
    .orderBy(['namespace', 'name'])
    .select('namespace', 'name', 'xml');
}

/** {@link propertiesOf} many items, by their ids; those of which nothing is kept are left out. */
export async function propertiesOfAll(
  q: Queries,
  ids: readonly ItemId[],
  where: 'here' | 'abroad',
): Promise<Map<ItemId, Property[]>> {
  const table = where === 'here' ? 'properties' : 'foreign_properties';
  const found = new Map<ItemId, Property[]>();
  for (let start = 0; start < ids.length; start += BATCH) {
    const rows = await q<Property & { item_id: ItemId | number }>(table)
      .whereIn('item_id', ids.slice(start, start + BATCH))
      .orderBy(['item_id', 'namespace', 'name'])
      .select('item_id', 'namespace', 'name', 'xml');
    for (const { item_id: itemId, ...property } of rows) {
      const id = itemIdOf(itemId);
      found.set(id, [...(found.get(id) ?? []), property]);
    }
  }
  return found;
}

/**
 * Changes the properties of an item: all steps in their order, or none. Throws `quota` when it would have too many.
 * Under the lock of the tree.
 */
export async function writeProperties(
  trx: Transaction,
  id: ItemId,
  steps: readonly PropertyStep[],
  where: KeptWhere = 'here',
): Promise<void> {
  const kept = tableOf(where);
  const before = await propertiesOf(trx, id, where);
  const after = afterSteps(before, steps);
  refuseTooMuch([...after.values()]);
  const named = new Map(before.map((property) => [propertyKey(property), property]));
  for (const [key, { namespace, name }] of named) {
    if (!after.has(key)) await trx(kept).where({ item_id: id, namespace, name }).delete();
  }
  const changed = [...after].filter(([key, { xml }]) => named.get(key)?.xml !== xml);
  const mount = where === 'here' ? {} : { mount_id: where.mountId };
  const rows = changed.map(([, { namespace, name, xml }]) => ({ item_id: id, namespace, name, xml, ...mount }));
  if (rows.length > 0) {
    await trx(kept).insert(rows).onConflict(['item_id', 'namespace', 'name']).merge(['xml']);
  }
}

/** Replaces the properties of one item by those of another, as a copy does (RFC 4918 9.8.2). */
export async function copyProperties(trx: Transaction, from: ItemId, to: ItemId): Promise<void> {
  await trx('properties').where({ item_id: to }).delete();
  const all = trx('properties')
    .where({ item_id: from })
    .select(trx.raw('cast(? as bigint)', [to]), 'namespace', 'name', 'xml');
  await trx(trx.raw('properties (item_id, namespace, name, xml)')).insert(all);
}

/**
 * {@link copyProperties} for new copies of many items: maps the id of each source to that of its copy. Costs one query
 * where the sources have no properties.
 */
export async function copyPropertiesOf(trx: Transaction, copies: ReadonlyMap<ItemId, ItemId>): Promise<void> {
  const ids = [...copies.keys()];
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH);
    const kept = await trx('properties').whereIn('item_id', batch).distinct().pluck<(number | string)[]>('item_id');
    for (const id of kept) {
      const to = copies.get(itemIdOf(id));
      if (to !== undefined) await copyProperties(trx, itemIdOf(id), to);
    }
  }
}

/** Deletes the properties of erased items, also of those whose bare rows remain. */
export async function forgetProperties(trx: Transaction, ids: readonly ItemId[]): Promise<void> {
  if (ids.length > 0) await trx('properties').whereIn('item_id', ids).delete();
}
