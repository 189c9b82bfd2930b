import { ROOT_ID, type ItemId, type PersonPrincipal } from '../../../src/kernel/index.js';
import type { Database } from '../../../src/platform/index.js';
import { childrenOf, type FilesBench } from '../files-bench.js';

interface Row {
  readonly id: number | string;
  readonly parent_id: number | string | null;
  readonly is_folder: boolean | number;
  readonly size: number;
  readonly below_bytes: number;
  readonly staged_at: number | null;
  readonly erased_at: number | null;
}

/** A folder that keeps other bytes than a walk finds below it. */
export interface WrongFolder {
  readonly id: string;
  readonly kept: number;
  readonly found: number;
}

/**
 * Every folder, those in the trash and on their way too, whose kept bytes are not the sum of what lies in it: files that are on
 * their way, or in the trash by themselves, do not count.
 */
export async function wrongFolders({ read }: Database): Promise<WrongFolder[]> {
  const rows = await read('items')
    .whereNull('erased_at')
    .select<Row[]>('id', 'parent_id', 'is_folder', 'size', 'below_bytes', 'staged_at', 'erased_at');
  const entries = new Set((await read('trash').pluck('item_id')).map(String));
  const inside = new Map<string, Row[]>();
  for (const row of rows) {
    const place = String(row.parent_id);
    if (row.staged_at === null && !entries.has(String(row.id))) inside.set(place, [...(inside.get(place) ?? []), row]);
  }
  const walk = (id: string): number =>
    (inside.get(id) ?? []).reduce((sum, row) => sum + (row.is_folder ? walk(String(row.id)) : row.size), 0);
  return rows
    .filter((row) => row.is_folder)
    .map((row) => ({ id: String(row.id), kept: row.below_bytes, found: walk(String(row.id)) }))
    .filter(({ kept, found }) => kept !== found);
}

/** The bytes of a person's own live files, as a walk through what they see finds them. */
export async function seenBytes({ tree }: FilesBench, person: PersonPrincipal, id: ItemId = ROOT_ID): Promise<number> {
  let bytes = 0;
  for (const child of await childrenOf(tree.list(person, id))) {
    if (child.ownerId !== person.accountId || child.isShareTop) continue;
    bytes += child.kind === 'file' ? child.size : await seenBytes({ tree } as FilesBench, person, child.id);
  }
  return bytes;
}
