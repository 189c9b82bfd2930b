import { ROOT_ID, type AccountId, type ItemId, type Permission } from '../kernel/index.js';
import type { ReachedHere } from './access.js';
import type { FileSpace, Node, NodeKey } from './file-space.js';
import type { Item } from './item.js';
import { nodeOf } from './item-rows.js';
import type { MemberFolder } from './members.js';
import type { Reach } from './reach.js';
import type { Verb } from './standing.js';

/** An item of this cloud: its id is its key, so nothing needs to be looked up. */
export class LocalReach implements Reach {
  readonly space: FileSpace;
  readonly key: NodeKey;
  readonly home: string;
  readonly isTop: boolean;
  readonly #reached: ReachedHere;

  constructor(reached: ReachedHere, space: FileSpace) {
    this.space = space;
    this.key = reached.line.id ?? ROOT_ID;
    this.home = `local ${reached.scope.ownerId} ${space.rootKey}`;
    this.isTop = this.key === space.rootKey;
    this.#reached = reached;
  }

  async stat(): Promise<Item> {
    return this.#item(await this.space.stat(this.key));
  }

  glance(): Promise<Item> {
    return this.stat();
  }

  async call<T>(_verb: Verb, work: (space: FileSpace, key: NodeKey) => Promise<T>): Promise<T> {
    return work(this.space, this.key);
  }

  async items(nodes: readonly Node[]): Promise<Item[]> {
    return nodes.map((node) => this.#item(node));
  }

  async *stream(nodes: AsyncIterable<Node>): AsyncGenerator<Item> {
    for await (const node of nodes) yield this.#item(node);
  }

  async noted(): Promise<void> {
    // The rows of this cloud know already.
  }

  async moved(): Promise<void> {
    // Keys here are ids and never change.
  }

  async removed(): Promise<void> {
    // An id here is never given again.
  }

  #item(node: Node): Item {
    const { permission, scope, topName } = this.#reached;
    return localItem(node, { permission, ownerId: scope.ownerId, topName });
  }
}

/** A folder that is shared with a person, as it stands in their root. */
export function memberItem({ row, member }: MemberFolder): Item {
  const node = nodeOf(row, { ownerId: row.owner_id, topId: member.folderId });
  return localItem(node, { permission: member.permission, ownerId: row.owner_id, topName: member.name });
}

function localItem(node: Node, how: { permission: Permission; ownerId: AccountId; topName: string | undefined }): Item {
  const { key, parentKey, ...rest } = node;
  const isRoot = key === ROOT_ID;
  const isShareTop = parentKey === null && !isRoot;
  return {
    ...rest,
    name: isShareTop ? (how.topName ?? rest.name) : rest.name,
    id: key as ItemId,
    parentId: parentKey === ROOT_ID ? null : (parentKey as ItemId | null),
    permission: how.permission,
    place: isRoot ? 'root' : isShareTop ? 'member' : 'own',
    isShareTop,
    ownerId: how.ownerId,
    incomingId: undefined,
  };
}
