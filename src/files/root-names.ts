import type { Knex } from 'knex';
import { freeName, type AccountId } from '../kernel/index.js';
import type { Queries } from '../platform/index.js';

/** Characters of a wanted name that decide which names could clash with it or with its numbered forms. */
const STEM = 40;

/**
 * True when a folder shared with this person, or a mount, already stands under this name in their root. Their own items
 * are not asked about.
 */
export async function isGuestName(q: Queries, accountId: AccountId, name: string): Promise<boolean> {
  const found: unknown = await guestNames(q, accountId).where('guests.name', name).first();
  return found !== undefined;
}

/** A name for something new in a person's root: a clash with anything there gets a number (product.md, step 7). */
export async function freeRootName(q: Queries, accountId: AccountId, wanted: string): Promise<string> {
  const stem = `${likeLiteral(wanted.slice(0, STEM).replace(/\.[^.]*$/, ''))}%`;
  const guests: { name: string }[] = await guestNames(q, accountId).whereRaw(`guests.name like ? escape '\\'`, [stem]);
  const own: { name: string }[] = await q('items')
    .where({ owner_id: accountId, parent_id: null, deleted_at: null })
    .whereRaw(`name like ? escape '\\'`, [stem])
    .select('name');
  const taken = new Set([...guests, ...own].map((row) => row.name));
  return freeName(wanted, (name) => taken.has(name));
}

/** Names of live shared folders and mounts in a person's root. */
function guestNames(q: Queries, accountId: AccountId): Knex.QueryBuilder {
  const members = q('members as m')
    .join('items as i', 'i.id', 'm.folder_id')
    .where('m.account_id', accountId)
    .whereNull('i.deleted_at')
    .select('m.name');
  const mounts = q('mounts').where({ account_id: accountId }).select('name');
  return q.from(members.unionAll(mounts).as('guests')).select('guests.name');
}

function likeLiteral(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
