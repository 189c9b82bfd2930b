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
} from '../kernel/index.js';
import { rowsOf, type Queries } from '../platform/index.js';
import type { Node, NodeKey } from './file-space.js';
import type { ItemRow, Scope } from './item-rows.js';
import { Line, WITH_LINE } from './line.js';
import { isOver, mountOf, type Mount, type MountRow } from './mounts.js';
import type { Verb } from './standing.js';

/** What a grant allows right now; undefined once it is dead. The grants room answers it. */
export type GrantStanding = (
  q: Queries,
  principal: GrantPrincipal,
) => Promise<{ readonly permission: Permission; readonly expiresAt: number | undefined } | undefined>;

/** Where an id leads for one asker: a place in a local owner's tree, or behind a mount. */
export type Reached = ReachedHere | ReachedAbroad;

/** A place on this cloud. */
export interface ReachedHere {
  readonly kind: 'local';
  readonly permission: Permission;
  /** The part of the owner's tree that the asker reaches it through. */
  readonly scope: Scope;
  /** What the asker calls the top of the scope; undefined: its own name. */
  readonly topName: string | undefined;
  /** Only for grants: what the top shows to the other cloud. */
  readonly shared: Node['shared'];
  readonly line: Line;
}

/** A place in another cloud. */
export interface ReachedAbroad {
  readonly kind: 'mount';
  readonly permission: Permission;
  readonly mount: Mount;
  readonly key: NodeKey;
}

/**
 * The one answer to "may this principal do this verb on this item now" (threat model G11). Asked once when a request
 * comes in and again, through its transaction, when a change is written: it remembers nothing.
 */
export class Access {
  readonly #clock: Clock;
  readonly #grantStanding: GrantStanding;

  constructor(inputs: { clock: Clock; grantStanding: GrantStanding }) {
    this.#clock = inputs.clock;
    this.#grantStanding = inputs.grantStanding;
  }

  /**
   * Where the id leads. Throws `unauthenticated` when the asker may do nothing at all any more, `not-found` for what is
   * not theirs to know, `forbidden` for a change of what they may only read.
   */
  async ask(q: Queries, principal: Principal, id: ItemId, verb: Verb): Promise<Reached> {
    const reached = await this.#reached(q, principal, id);
    if (reached === undefined) throw notFound();
    if (verb === 'write' && reached.permission === 'read-only') {
      throw new Failure('forbidden', 'This folder is shared for reading only.');
    }
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
    const shared = await this.#grantStanding(q, principal);
    if (shared === undefined) throw unauthorized();
    const line = await Line.of(q, id);
    const top = line?.find(principal.folderId);
    if (line === undefined || top?.deleted_at !== null || top.owner_id !== principal.ownerId) return undefined;
    const scope = { ownerId: principal.ownerId, topId: principal.folderId };
    return { kind: 'local', permission: shared.permission, scope, topName: undefined, shared, line };
  }

  async #byPerson(q: Queries, { accountId }: PersonPrincipal, id: ItemId): Promise<Reached | undefined> {
    const rows = await this.#linesOf(q, accountId, id);
    if (rows[0] === undefined || rows[0].account_disabled_at !== null) throw unauthorized();
    if (id === ROOT_ID) return own(accountId, Line.root);
    // Somebody else's id costs the same statements as an unknown one (threat model G8).
    return this.#here(rows.filter(hasItem), accountId) ?? (await this.#abroad(q, accountId, id));
  }

  /** The person's own answer, as far as it leads into that one foreign folder. */
  async #byMount(q: Queries, { accountId, mountId }: MountPrincipal, id: ItemId): Promise<Reached | undefined> {
    const reached = await this.#byPerson(q, { kind: 'person', accountId }, id);
    return reached?.kind === 'mount' && reached.mount.id === mountId ? reached : undefined;
  }

  /** The asker's account beside the item and everything above it, each with their membership of it. */
  async #linesOf(q: Queries, accountId: AccountId, id: ItemId): Promise<LineRow[]> {
    return rowsOf<LineRow>(q, LINES_OF, [id, accountId]);
  }

  #here(rows: readonly ItemLineRow[], accountId: AccountId): Reached | undefined {
    const [item] = rows;
    if (item === undefined) return undefined;
    const line = new Line(rows);
    if (item.owner_id === accountId) return own(accountId, line);
    const now = this.#clock.now();
    const top = widest(rows.filter(isMembership).filter((row) => isInEffect(row, now)));
    if (top === undefined) return undefined;
    const scope = { ownerId: item.owner_id, topId: itemIdOf(top.id) };
    return {
      kind: 'local',
      permission: top.member_permission,
      scope,
      topName: top.member_name,
      shared: undefined,
      line,
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

const LINES_OF = `${WITH_LINE}
  select i.*, a.disabled_at as account_disabled_at, m.permission as member_permission, m.name as member_name,
    m.expires_at as member_expires_at
  from accounts as a
  left join line on true
  left join items as i on i.id = line.id
  left join members as m on m.folder_id = i.id and m.account_id = a.id
  where a.id = ?
  order by line.depth`;

const MOUNT_OF = `select m.*, f.key from mounts as m
  left join foreign_items as f on f.mount_id = m.id and f.id = ?
  where m.account_id = ? and (m.id = ? or f.id = ?)`;

/** One step of the way up; `items` columns are null when there is no such item. */
interface LineRow extends Partial<ItemRow> {
  readonly account_disabled_at: number | null;
  readonly member_permission: Permission | null;
  readonly member_name: string | null;
  readonly member_expires_at: number | null;
}

type ItemLineRow = LineRow & ItemRow;

/** A step that is a folder shared with the asker. */
type MembershipRow = ItemLineRow & { readonly member_permission: Permission; readonly member_name: string };

function hasItem(row: LineRow): row is ItemLineRow {
  return (row.id ?? null) !== null;
}

function isMembership(row: ItemLineRow): row is MembershipRow {
  return row.member_permission !== null;
}

function isInEffect(row: MembershipRow, now: number): boolean {
  return row.deleted_at === null && (row.member_expires_at === null || row.member_expires_at > now);
}

function own(accountId: AccountId, line: Line): ReachedHere {
  const scope = { ownerId: accountId, topId: null };
  return { kind: 'local', permission: 'read-write', scope, topName: undefined, shared: undefined, line };
}

/** Of nested shared folders the outermost that allows most. */
function widest(memberships: readonly MembershipRow[]): MembershipRow | undefined {
  return memberships.findLast((row) => row.member_permission === 'read-write') ?? memberships.at(-1);
}

/** The refusal of whoever may do nothing at all, or no longer. */
export function unauthorized(): Failure {
  return new Failure('unauthenticated', 'Could not authorize request');
}
