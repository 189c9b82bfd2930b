import {
  actorOf,
  Failure,
  notFound,
  ROOT_ID,
  type AccountId,
  type Clock,
  type ItemId,
  type Principal,
} from '../../kernel/index.js';
import type { Database } from '../../platform/index.js';
import type { Access, Reached, ReachedHere } from '../access/access.js';
import { LockGuard } from '../locks/guard.js';
import { validators } from '../records/content-columns.js';
import { redateItem } from '../records/items.js';
import { lockTree, lockUsage } from '../records/owner.js';
import type { ChangeOptions } from '../space/file-space.js';
import { checkChange } from '../space/preconditions.js';
import type { Property, PropertyStep } from './property.js';
import { propertiesOf, propertiesOfAll, writeProperties } from './rows.js';

/** What {@link Properties} needs. */
export interface PropertiesInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly access: Access;
}

/**
 * Properties that programs store on files and folders of this cloud (RFC 4918 4, dead properties), for everybody who
 * sees the item. They stay with the item when it gets new content, another name or another folder, and are deleted with
 * it. Every method throws `Failure` only: `not-found` for items that the asker must not learn of, `forbidden` for items
 * that they may not change, for items in another cloud and for the root.
 */
export class Properties {
  readonly #in: PropertiesInputs;
  readonly #guard: LockGuard;

  constructor(inputs: PropertiesInputs) {
    this.#in = inputs;
    this.#guard = new LockGuard(inputs);
  }

  /** The properties of an item; none for the root and for items in another cloud. */
  async of(principal: Principal, id: ItemId): Promise<Property[]> {
    const { database, access } = this.#in;
    const reached = await access.ask(database.read, principal, id, 'read');
    if (id === ROOT_ID) return [];
    if (reached.kind === 'mount') return propertiesOf(database.read, id, { mountId: reached.mount.id });
    requireLive(reached);
    return propertiesOf(database.read, id);
  }

  /** {@link of} many items that the asker has just been shown, by their ids; those of which nothing is kept are left out. */
  async among(ids: readonly ItemId[], where: 'here' | 'abroad'): Promise<ReadonlyMap<ItemId, readonly Property[]>> {
    return propertiesOfAll(this.#in.database.read, ids, where);
  }

  /**
   * Takes all steps in their order, or none; `contentAt`, of a file of this cloud, says in the same step when its content was made:
   * version + 1. Throws `precondition-failed` when it is not what the conditions are about, `locked` under the same rule as for new content of the item, and
   * `quota` when the item would have more than 100 properties, one of more than 8 KiB, or more than 64 KiB together.
   */
  async change(
    principal: Principal,
    id: ItemId,
    steps: readonly PropertyStep[],
    { lockTokens: tokens, conditions, contentAt }: Pick<ChangeOptions, 'lockTokens' | 'conditions' | 'contentAt'> = {},
  ): Promise<void> {
    const { database, access } = this.#in;
    const reached = await access.ask(database.read, principal, id, 'write');
    if (reached.kind === 'mount') {
      await this.#changeAbroad(principal, id, steps, reached.mount.accountId);
      return;
    }
    const { ownerId: tree } = here(reached, id).scope;
    await database.write(async (trx) => {
      const { lockedUntil } = await lockUsage(trx, tree, undefined);
      const { lineage, scope } = requireLive(here(await access.ask(trx, principal, id, 'write'), id));
      const asker = { actor: actorOf(principal), tokens };
      await this.#guard.refuse(trx, { tree, lockedUntil, asker, places: [lineage.ids], topId: scope.topId });
      checkChange(conditions, lineage.item && validators(lineage.item));
      await writeProperties(trx, id, steps);
      if (contentAt !== undefined) await redateItem(trx, lineage, { contentAt, now: this.#in.clock.now() });
    }, tree);
  }

  /** For items in another cloud: kept for the person who sees them here, and sent nowhere. */
  async #changeAbroad(
    principal: Principal,
    id: ItemId,
    steps: readonly PropertyStep[],
    tree: AccountId,
  ): Promise<void> {
    const { database, access } = this.#in;
    await database.write(async (trx) => {
      await lockTree(trx, tree);
      const reached = await access.ask(trx, principal, id, 'write');
      if (reached.kind !== 'mount') throw notFound();
      await writeProperties(trx, id, steps, { mountId: reached.mount.id });
    }, tree);
  }
}

function here(reached: Reached, id: ItemId): ReachedHere {
  if (reached.kind === 'mount' || id === ROOT_ID) {
    throw new Failure('forbidden', 'Nothing can be kept about this here.');
  }
  return reached;
}

function requireLive(reached: ReachedHere): ReachedHere {
  if (reached.lineage.item?.deleted_at !== null) throw notFound();
  return reached;
}
