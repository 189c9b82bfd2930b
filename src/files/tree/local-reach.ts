import { itemIdOf, ROOT_ID, type AccountId, type ItemId, type Permission } from '../../kernel/index.js';
import { viewedAs, type PageWish } from '../../platform/index.js';
import type { ReachedHere } from '../access/access.js';
import type { FileSpace, Listing, ListOptions, Node, NodeKey } from '../space/file-space.js';
import { listAlong } from '../space/along.js';
import { itemOf, type Item, type TrailStep } from '../space/item.js';
import { nodeOf, type ItemRow } from '../records/item-rows.js';
import type { MemberFolder } from '../records/members.js';
import { nearestIn } from '../space/order.js';
import type { ItemStretch, Reach } from './reach.js';
import type { Verb } from '../access/access-check.js';

/** An item of this cloud: its id is its key, so nothing needs to be looked up. */
export class LocalReach implements Reach {
  readonly key: NodeKey;
  readonly home: string;
  readonly mountId = undefined;
  readonly isTop: boolean;
  readonly holdsReceived: boolean;
  readonly #reached: ReachedHere;
  readonly #space: FileSpace;

  constructor(reached: ReachedHere, space: FileSpace) {
    this.#space = space;
    this.key = reached.lineage.id ?? ROOT_ID;
    this.home = `local ${reached.scope.ownerId} ${space.rootKey}`;
    this.isTop = this.key === space.rootKey;
    this.holdsReceived = reached.holdsReceived;
    this.#reached = reached;
  }

  async stat(): Promise<Item> {
    return this.#item(await this.#space.stat(this.key));
  }

  glance(): Promise<Item> {
    return this.stat();
  }

  /** All of it was read when the item was reached. */
  async trail(): Promise<TrailStep[]> {
    const { scope, topName, topParentId, lineage } = this.#reached;
    const steps: TrailStep[] = [];
    for (const row of lineage.rows) {
      const [id, name] = [itemIdOf(row.id), row.name];
      if (id === scope.topId) return [...steps, { id, name: topName ?? name, parentId: topParentId }];
      steps.push({ id, name, parentId: row.parent_id === null ? null : itemIdOf(row.parent_id) });
    }
    return steps;
  }

  async call<T>(_verb: Verb, work: (space: FileSpace, key: NodeKey) => Promise<T>): Promise<T> {
    return work(this.#space, this.key);
  }

  async items(nodes: readonly Node[]): Promise<Item[]> {
    return nodes.map((node) => this.#item(node));
  }

  async *stream(nodes: AsyncIterable<Node>): AsyncGenerator<Item> {
    for await (const node of nodes) yield this.#item(node);
  }

  listed(options: ListOptions): Promise<Listing> {
    return this.#space.list(this.key, options);
  }

  async hides(): Promise<boolean> {
    return false;
  }

  listedAlong(names: readonly string[], options: ListOptions): Promise<Listing | undefined> {
    return listAlong(this.#space, this.key, names, options);
  }

  async nearest(wish: PageWish): Promise<ItemStretch> {
    const { folder, rows } = await nearestIn(this.#space, this.key, wish);
    return { folder: this.#item(folder), rows: viewedAs(rows, (node) => this.#item(node)), unusable: {} };
  }

  async noted(): Promise<void> {
    // Nothing to store: what a folder of this cloud contains is in its rows.
  }

  async moved(): Promise<void> {
    // Keys here are ids and never change.
  }

  async removed(): Promise<void> {
    // An id here is never given again.
  }

  #item(node: Node): Item {
    const { permission, scope, topName, topParentId } = this.#reached;
    return localItem(node, { permission, ownerId: scope.ownerId, topName, topParentId });
  }
}

/** An item that lies in something that an asker has reached, as it appears to them there. */
export function itemWithin(row: ItemRow, { permission, scope, topName, topParentId }: ReachedHere): Item {
  return localItem(nodeOf(row, scope), { permission, ownerId: scope.ownerId, topName, topParentId });
}

/** A folder that somebody here shares with a person, as it appears in that person's tree. */
export function memberItem({ row, member }: MemberFolder): Item {
  const node = nodeOf(row, { ownerId: row.owner_id, topId: member.folderId });
  const { permission, name: topName, parentId: topParentId } = member;
  return localItem(node, { permission, ownerId: row.owner_id, topName, topParentId });
}

interface AskersView {
  readonly permission: Permission;
  readonly ownerId: AccountId;
  readonly topName: string | undefined;
  readonly topParentId: ItemId | null;
}

function localItem(node: Node, how: AskersView): Item {
  const { key, parentKey } = node;
  const isRoot = key === ROOT_ID;
  const isShareTop = parentKey === null && !isRoot;
  const item = itemOf(node, {
    name: isShareTop ? (how.topName ?? node.name) : node.name,
    id: key as ItemId,
    parentId: isShareTop ? how.topParentId : parentKey === ROOT_ID ? null : (parentKey as ItemId | null),
    permission: how.permission,
    place: isRoot ? 'root' : isShareTop ? 'member' : 'own',
    isShareTop,
    ownerId: how.ownerId,
    incomingId: undefined,
  });
  return node.shared === undefined ? item : { ...item, shared: node.shared };
}
