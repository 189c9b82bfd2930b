import {
  Failure,
  itemIdOf,
  notFound,
  ROOT_ID,
  type AccountId,
  type Clock,
  type GrantPrincipal,
  type ItemId,
  type MountPrincipal,
  type Permission,
  type PersonPrincipal,
  type Principal,
} from '../../kernel/index.js';
import { rowsOf, type Queries } from '../../platform/index.js';
import type { Node, NodeKey } from '../space/file-space.js';
import type { ItemRow, Scope } from '../records/item-rows.js';
import { isErased, Lineage, WITH_LINEAGE, withDeletions } from '../records/lineage.js';
import { isOver, mountOf, type Mount, type MountRow } from '../records/mounts.js';
import type { Verb } from './access-check.js';

/** Reads what a grant allows now; undefined once it has ended. The room `grants` provides it. */
export type AskGrantTerms = (
  q: Queries,
  principal: GrantPrincipal,
) => Promise<{ readonly permission: Permission; readonly expiresAt: number | undefined } | undefined>;

/** What an id names for one asker: an item of a local owner's tree, or one behind a mount. */
export type Reached = ReachedHere | ReachedAbroad;

/** An item on this cloud. */
export interface ReachedHere {
  readonly kind: 'local';
  readonly permission: Permission;
  /** The part of the owner's tree through which the asker has access. */
  readonly scope: Scope;
  /** What the asker calls the top of the scope; undefined: its own name. */
  readonly topName: string | undefined;
  /** The asker's own folder in which the top of the scope appears to them; null: their root. */
  readonly topParentId: ItemId | null;
  /** True when received items may appear in it (`records/root-listing.ts`). */
  readonly holdsReceived: boolean;
  /** Only for grants: what the top shows to the other cloud. */
  readonly shared: Node['shared'];
  readonly lineage: Lineage;
}

/** An item in another cloud. */
export interface ReachedAbroad {
  readonly kind: 'mount';
  readonly permission: Permission;
  readonly mount: Mount;
  readonly key: NodeKey;
}

/**
 * The one answer to "may this principal do this verb on this item now" (threat model G11). Asked when a request comes
 * in, and again inside the transaction that writes a change. Nothing is cached here.
 */
export class Access {
  readonly #clock: Clock;
  readonly #grantTerms: AskGrantTerms;

  constructor(inputs: { clock: Clock; grantTerms: AskGrantTerms }) {
    this.#clock = inputs.clock;
    this.#grantTerms = inputs.grantTerms;
  }

  /**
   * Finds what the id names. Throws `unauthenticated` when the asker has no access at all any more, `not-found` for an
   * item that they must not learn of, `forbidden` for a change of an item that they may only read.
   */
  async ask(q: Queries, principal: Principal, id: ItemId, verb: Verb): Promise<Reached> {
    const reached = await this.#reached(q, principal, id);
    if (reached === undefined) throw notFound();
    if (verb === 'write') requireWritable(reached);
    return reached;
  }

  async #reached(q: Queries, principal: Principal, id: ItemId): Promise<Reached | undefined> {
    switch (principal.kind) {
      case 'person':
        return this.#byPerson(q, principal, id);
      case 'grant':
        return this.#byGrant(q, principal, id);
      case 'mount':
        return this.#byMount(q, principal, id);
    }
  }

  async #byGrant(q: Queries, principal: GrantPrincipal, id: ItemId): Promise<Reached | undefined> {
    const shared = await this.#grantTerms(q, principal);
    if (shared === undefined) throw unauthorized();
    const lineage = await Lineage.withState(q, id);
    const top = lineage?.find(principal.folderId);
    if (lineage === undefined || top?.deleted_at !== null || top.owner_id !== principal.ownerId) return undefined;
    const scope = { ownerId: principal.ownerId, topId: principal.folderId };
    return {
      kind: 'local',
      permission: shared.permission,
      scope,
      topName: undefined,
      topParentId: null,
      holdsReceived: false,
      shared,
      lineage,
    };
  }

  async #byPerson(q: Queries, { accountId }: PersonPrincipal, id: ItemId): Promise<Reached | undefined> {
    const rows = await this.#linesOf(q, accountId, id);
    if (rows[0] === undefined || rows[0].account_disabled_at !== null) throw unauthorized();
    if (id === ROOT_ID) return own(accountId, Lineage.root, true);
    // Somebody else's id costs the same statements as an unknown one (threat model G8).
    return this.#here(withDeletions(rows.filter(hasItem)), accountId) ?? (await this.#abroad(q, accountId, id));
  }

  /** What the id names for the person, restricted to the one mounted folder that this token opens. */
  async #byMount(q: Queries, { accountId, mountId }: MountPrincipal, id: ItemId): Promise<Reached | undefined> {
    const reached = await this.#byPerson(q, { kind: 'person', accountId }, id);
    return reached?.kind === 'mount' && reached.mount.id === mountId ? reached : undefined;
  }

  /**
   * The item and its ancestors, one row each, joined with the asker's account and with the asker's membership of that
   * folder, if any.
   */
  async #linesOf(q: Queries, accountId: AccountId, id: ItemId): Promise<LineageRow[]> {
    return rowsOf<LineageRow>(q, LINES_OF, [id, accountId]);
  }

  #here(rows: readonly ItemLineageRow[], accountId: AccountId): Reached | undefined {
    const [item] = rows;
    if (item === undefined || isErased(item)) return undefined;
    const lineage = new Lineage(rows);
    if (item.owner_id === accountId) return own(accountId, lineage, Boolean(item.holds_received));
    const now = this.#clock.now();
    const top = widest(rows.filter(isMembership).filter((row) => isInEffect(row, now)));
    if (top === undefined) return undefined;
    const scope = { ownerId: item.owner_id, topId: itemIdOf(top.id) };
    return {
      kind: 'local',
      permission: top.member_permission,
      scope,
      topName: top.member_name,
      topParentId: top.member_parent_id === null ? null : itemIdOf(top.member_parent_id),
      holdsReceived: false,
      shared: undefined,
      lineage,
    };
  }

  async #abroad(q: Queries, accountId: AccountId, id: ItemId): Promise<Reached | undefined> {
    const [row] = await rowsOf<MountRow & { key: NodeKey | null }>(q, MOUNT_OF, [id, accountId, id, id]);
    if (row === undefined) return undefined;
    const mount = mountOf(row);
    if (isOver(mount, this.#clock.now())) return undefined;
    return { kind: 'mount', permission: mount.permission, mount, key: row.key ?? mount.rootKey };
  }
}

const LINES_OF = `${WITH_LINEAGE}
  select i.*, a.disabled_at as account_disabled_at, m.permission as member_permission, m.name as member_name, m.parent_id as member_parent_id,
    m.expires_at as member_expires_at,
    case when lineage.depth = 0 then exists (select 1 from mounts as g where g.parent_id = i.id and g.account_id = a.id)
      or exists (select 1 from members as g where g.parent_id = i.id and g.account_id = a.id) else false end as holds_received
  from accounts as a
  left join lineage on true
  left join items as i on i.id = lineage.id
  left join members as m on m.folder_id = i.id and m.account_id = a.id
  where a.id = ?
  order by lineage.depth`;

const MOUNT_OF = `select m.*, f.key from mounts as m
  left join foreign_items as f on f.mount_id = m.id and f.id = ?
  where m.account_id = ? and (m.id = ? or f.id = ?)`;

/** The item or one of its ancestors; the columns of `items` are null when there is no such item. */
interface LineageRow extends Partial<ItemRow> {
  readonly account_disabled_at: number | null;
  /** Set on the item itself: a received item of the asker appears in it. */
  readonly holds_received: boolean | number;
  readonly member_permission: Permission | null;
  readonly member_name: string | null;
  readonly member_parent_id: number | string | null;
  readonly member_expires_at: number | null;
}

type ItemLineageRow = LineageRow & ItemRow;

/** An ancestor that is a folder shared with the asker. */
type MembershipRow = ItemLineageRow & { readonly member_permission: Permission; readonly member_name: string };

function hasItem(row: LineageRow): row is ItemLineageRow {
  return (row.id ?? null) !== null;
}

function isMembership(row: ItemLineageRow): row is MembershipRow {
  return row.member_permission !== null;
}

function isInEffect(row: MembershipRow, now: number): boolean {
  return row.deleted_at === null && (row.member_expires_at === null || row.member_expires_at > now);
}

function own(accountId: AccountId, lineage: Lineage, holdsReceived: boolean): ReachedHere {
  const scope = { ownerId: accountId, topId: null };
  return {
    kind: 'local',
    permission: 'read-write',
    scope,
    topName: undefined,
    topParentId: null,
    holdsReceived,
    shared: undefined,
    lineage,
  };
}

/** Of nested shared folders: the one with the most permission, and of equals the outermost. */
function widest(memberships: readonly MembershipRow[]): MembershipRow | undefined {
  return memberships.findLast((row) => row.member_permission === 'read-write') ?? memberships.at(-1);
}

/** Throws `forbidden` where somebody may only read. */
export function requireWritable({ permission }: Reached): void {
  if (permission === 'read-only') throw new Failure('forbidden', 'This folder is shared for reading only.');
}

/** The refusal of an asker who has no access at all, or no longer. */
export function unauthorized(): Failure {
  return new Failure('unauthenticated', 'Could not authorize request');
}
