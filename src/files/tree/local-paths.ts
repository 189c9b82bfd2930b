import { itemIdOf, ROOT_ID, type ItemId } from '../../kernel/index.js';
import type { Queries } from '../../platform/index.js';
import type { ItemRow, Scope } from '../records/item-rows.js';

/** Ids asked about in one statement. */
const BATCH = 400;

/** Far more than MAX_DEPTH: a damaged tree must not keep anybody for ever. */
const LIMIT = 200;

/** Finds where items are below the top of a scope, many at a time; each row is read once. */
export class LocalPaths {
  readonly #q: Queries;
  readonly #scope: Scope;
  readonly #rows = new Map<ItemId, ItemRow | undefined>();
  /** Those that were looked at with all that is around them. */
  readonly #read = new Set<ItemId>();

  constructor(q: Queries, scope: Scope) {
    this.#q = q;
    this.#scope = scope;
  }

  /** Takes over rows that were read already. */
  know(rows: readonly ItemRow[]): void {
    for (const row of rows) this.#rows.set(itemIdOf(row.id), row);
  }

  /** Reads items of the scope's owner, and the folders around them. */
  async read(ids: Iterable<ItemId>): Promise<void> {
    let level = this.#unread(ids);
    while (level.length > 0) {
      const missing = level.filter((id) => !this.#rows.has(id));
      for (let start = 0; start < missing.length; start += BATCH) await this.#load(missing.slice(start, start + BATCH));
      for (const id of level) this.#read.add(id);
      level = this.#unread(level.flatMap((id) => this.#around(id) ?? []));
    }
  }

  /** True for an item that the scope's owner has, deleted or not. */
  knows(id: ItemId): boolean {
    return this.#rows.get(id) !== undefined;
  }

  /** The row of a live item that was read and lies in the scope, and the names that lead there from the top; of the top: none. */
  at(id: ItemId): { readonly row: ItemRow; readonly names: readonly string[] } | undefined {
    const row = this.#rows.get(id);
    const names = this.namesTo(id);
    return row === undefined || names === undefined ? undefined : { row, names };
  }

  /** The names that lead to a folder that was read; undefined when it is not in the scope, or not live. */
  namesTo(id: ItemId | null): readonly string[] | undefined {
    const names: string[] = [];
    for (let at = id ?? ROOT_ID; names.length < LIMIT;) {
      if (at === (this.#scope.topId ?? ROOT_ID)) return names;
      const row = this.#rows.get(at);
      if (row === undefined || row.deleted_at !== null || row.staged_at !== null) return undefined;
      names.unshift(row.name);
      at = itemIdOf(row.parent_id ?? ROOT_ID);
    }
    return undefined;
  }

  #unread(ids: Iterable<ItemId>): ItemId[] {
    return [...new Set(ids)].filter((id) => id !== ROOT_ID && !this.#read.has(id));
  }

  #around(id: ItemId): ItemId | undefined {
    const parentId = this.#rows.get(id)?.parent_id ?? null;
    return parentId === null || id === this.#scope.topId ? undefined : itemIdOf(parentId);
  }

  async #load(ids: readonly ItemId[]): Promise<void> {
    const rows = await this.#q<ItemRow>('items').whereIn('id', ids).where({ owner_id: this.#scope.ownerId });
    for (const id of ids) this.#rows.set(id, undefined);
    this.know(rows);
  }
}
