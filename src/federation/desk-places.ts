import type { ItemDesk, Party, Place, Places } from '../desk/index.js';
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

/** What tells where comments and locks are. */
interface DeskPlacesInputs {
  readonly database: Database;
  readonly tree: Pick<Tree, 'access' | 'stat'>;
  /** The desk of an item behind a mount whose cloud keeps it. */
  readonly deskAbroad: (mount: Mount, key: NodeKey) => Promise<ItemDesk>;
  /** The name of the cloud that a grant was given to. */
  readonly cloudOf: (q: Queries, grant: GrantPrincipal) => Promise<string | undefined>;
}

/**
 * Comments and locks are for those who reach the item, by the one answer that files are for (threat model AUT-02, G11).
 */
export class DeskPlaces implements Places {
  readonly #in: DeskPlacesInputs;
  readonly #access: Access;

  constructor(inputs: DeskPlacesInputs) {
    this.#in = inputs;
    this.#access = inputs.tree.access;
  }

  async find(principal: Principal, id: ItemId, verb: 'read' | 'write'): Promise<Place> {
    const reached = await this.#access.ask(this.#in.database.read, principal, id, verb);
    if (reached.kind === 'local') return { kind: 'here', mountId: requireLive(reached) };
    const { mount, key } = reached;
    if (mount.keepsDesk) return { kind: 'abroad', desk: await this.#in.deskAbroad(mount, key) };
    // Whether it is still there only the other cloud knows.
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

/** Whose tree decides who reaches a place. */
function ownerOf(reached: Reached): AccountId {
  return reached.kind === 'local' ? reached.scope.ownerId : reached.mount.accountId;
}

/** Nothing is said about the root, nor about what is deleted. */
function requireLive(reached: Reached & { kind: 'local' }): undefined {
  if (reached.line.item?.deleted_at !== null) throw notFound();
}
