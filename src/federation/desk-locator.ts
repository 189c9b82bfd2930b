import type { ItemDesk, Party, DeskLocation, DeskLocations } from '../desk/index.js';
import { lockTree, type Access, type Mount, type NodeKey, type Reached, type Tree } from '../files/index.js';
import {
  actorOf,
  notFound,
  type AccountId,
  type GrantPrincipal,
  type ItemId,
  type Principal,
} from '../kernel/index.js';
import type { Database, Queries, Transaction } from '../platform/index.js';

/** What {@link DeskLocator} needs. */
interface DeskLocatorInputs {
  readonly database: Database;
  readonly tree: Pick<Tree, 'access' | 'stat'>;
  /** The desk of an item behind a mount whose cloud keeps it. */
  readonly deskAbroad: (mount: Mount, key: NodeKey) => Promise<ItemDesk>;
  /** The name of the cloud that a grant was given to. */
  readonly cloudOf: (q: Queries, grant: GrantPrincipal) => Promise<string | undefined>;
}

/**
 * Finds where comments and locks of an item are kept. Who may read an item may read them too: the same access check
 * decides (threat model AUT-02, G11).
 */
export class DeskLocator implements DeskLocations {
  readonly #in: DeskLocatorInputs;
  readonly #access: Access;

  constructor(inputs: DeskLocatorInputs) {
    this.#in = inputs;
    this.#access = inputs.tree.access;
  }

  async find(principal: Principal, id: ItemId, verb: 'read' | 'write'): Promise<DeskLocation> {
    const reached = await this.#access.ask(this.#in.database.read, principal, id, verb);
    if (reached.kind === 'local') return { kind: 'here', mountId: requireLive(reached) };
    const { mount, key } = reached;
    if (mount.keepsDesk) return { kind: 'abroad', desk: await this.#in.deskAbroad(mount, key) };
    // Only the other cloud knows whether the item still exists.
    if ((await this.#in.tree.stat(principal, id)).status === 'DELETED') throw notFound();
    return { kind: 'here', mountId: mount.id };
  }

  async mayWrite(trx: Transaction, principal: Principal, id: ItemId): Promise<{ owns: boolean }> {
    const before = await this.#access.ask(trx, principal, id, 'write');
    await lockTree(trx, ownerOf(before));
    const reached = await this.#access.ask(trx, principal, id, 'write');
    if (reached.kind === 'local') requireLive(reached);
    return {
      owns: principal.kind === 'person' && reached.kind === 'local' && ownerOf(reached) === principal.accountId,
    };
  }

  async partyOf(q: Queries, principal: Principal): Promise<Party> {
    const actor = actorOf(principal);
    if (principal.kind !== 'grant') return { actor, home: undefined };
    return { actor, home: (await this.#in.cloudOf(q, principal)) ?? 'another cloud' };
  }
}

/** The owner of the tree in which access to an item is decided. */
function ownerOf(reached: Reached): AccountId {
  return reached.kind === 'local' ? reached.scope.ownerId : reached.mount.accountId;
}

/** The root and deleted items have no comments and locks. */
function requireLive(reached: Reached & { kind: 'local' }): undefined {
  if (reached.lineage.item?.deleted_at !== null) throw notFound();
}
