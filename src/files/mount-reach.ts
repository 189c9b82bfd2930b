import { isFailure, notFound, type ItemId } from '../kernel/index.js';
import type { Database } from '../platform/index.js';
import type { ReachedAbroad } from './access.js';
import { failing, failingEach } from './failures.js';
import type { FileSpace, Node, NodeKey } from './file-space.js';
import type { ForeignIds } from './foreign-ids.js';
import type { Glance, Item } from './item.js';
import { noteMountTop, type Mount } from './mounts.js';
import type { Reach } from './reach.js';
import type { Verb } from './standing.js';

/** Nodes of a foreign listing that are given their ids together. */
const BATCH = 200;

/** Refusals that say nothing about what is shared: the other cloud is in trouble, or cannot be asked. */
const TROUBLE = ['peer-failed', 'peer-timeout', 'unavailable'] as const;

/** Called when the space of a mount says `unauthenticated`: the other cloud has ended our grant for good. */
export type OnMountRefused = (mount: Mount) => void;

/** What the items behind mounts work with. */
export interface MountInputs {
  readonly database: Database;
  readonly ids: ForeignIds;
  readonly openMount: (mount: Mount) => FileSpace;
  readonly onMountRefused: OnMountRefused | undefined;
}

/** An item of another cloud: keys are translated by the id map of its mount. */
export class MountReach implements Reach {
  readonly space: FileSpace;
  readonly key: NodeKey;
  readonly home: string;
  readonly isTop: boolean;
  readonly #mount: Mount;
  readonly #inputs: MountInputs;

  constructor({ mount, key }: ReachedAbroad, inputs: MountInputs) {
    this.space = inputs.openMount(mount);
    this.key = key;
    this.home = `mount ${mount.id}`;
    this.isTop = key === mount.rootKey;
    this.#mount = mount;
    this.#inputs = inputs;
  }

  /** A folder at the top is answered from its own row: it is polled often, and its listing brings the news. */
  async stat(): Promise<Item> {
    if (!this.isTop) return this.#asked();
    return this.#mount.top.kind === 'folder' ? mountItem(this.#mount) : this.#topFile();
  }

  /** Asks the other cloud what has become of the top, and keeps it. */
  async refresh(): Promise<void> {
    await this.#asked();
  }

  /** Whether it is still there only the other cloud knows: desktops ask for the members of every sub-folder. */
  async glance(): Promise<Glance> {
    if (this.isTop) return mountItem(this.#mount);
    const kind = await this.call('read', async (space, key) => space.seen?.(key));
    if (kind === undefined) return this.stat();
    const { incomingId, top } = this.#mount;
    const { modifiedAt } = top;
    return { kind, place: 'own', status: 'NEW', ownerId: undefined, incomingId, isShareTop: false, modifiedAt };
  }

  async call<T>(verb: Verb, work: (space: FileSpace, key: NodeKey) => Promise<T>): Promise<T> {
    try {
      return await failing(() => work(this.space, this.key));
    } catch (error) {
      throw this.#seen(error, verb);
    }
  }

  async items(nodes: readonly Node[]): Promise<Item[]> {
    const ids = await this.#inputs.ids.idsOf(this.#mount.id, this.#keysOf(nodes));
    const idOf = (key: NodeKey): ItemId => (key === this.#mount.rootKey ? this.#mount.id : ids.get(key)) ?? unmapped();
    return nodes.map((node) => foreignItem(node, this.#mount, idOf));
  }

  async *stream(nodes: AsyncIterable<Node>): AsyncGenerator<Item> {
    let batch: Node[] = [];
    for await (const node of this.#translated(nodes)) {
      batch.push(node);
      if (batch.length < BATCH) continue;
      yield* await this.items(batch);
      batch = [];
    }
    yield* await this.items(batch);
  }

  async noted(node: Node): Promise<void> {
    if (this.isTop) await noteMountTop(this.#inputs.database, this.#mount, node);
  }

  async moved(node: Node): Promise<void> {
    if (this.space.abilities.keysArePaths) await this.#inputs.ids.rename(this.#mount.id, this.key, node.key);
  }

  async removed(): Promise<void> {
    if (this.space.abilities.keysArePaths) await this.#inputs.ids.forget(this.#mount.id, this.key);
  }

  async #asked(): Promise<Item> {
    const node = await this.call('read', (space, key) => space.stat(key));
    await this.noted(node);
    return this.#item(node);
  }

  /** Nobody lists a file, so it is asked about; a cloud in trouble must not hide it (PEER-03). */
  async #topFile(): Promise<Item> {
    try {
      return await this.#asked();
    } catch (error) {
      if (TROUBLE.some((code) => isFailure(error, code))) return mountItem(this.#mount);
      throw error;
    }
  }

  async #item(node: Node): Promise<Item> {
    const [item] = await this.items([node]);
    return item ?? unmapped();
  }

  async *#translated(nodes: AsyncIterable<Node>): AsyncGenerator<Node> {
    try {
      yield* failingEach(nodes);
    } catch (error) {
      throw this.#seen(error, 'read');
    }
  }

  /** Keys that need an id: the top has its own. */
  #keysOf(nodes: readonly Node[]): NodeKey[] {
    const keys = nodes.flatMap((node) => (node.parentKey === null ? [node.key] : [node.key, node.parentKey]));
    return keys.filter((key) => key !== this.#mount.rootKey);
  }

  /**
   * A refusal of the other cloud as the asker may see it: its 401 and its 403 to a read say something about our grant,
   * nothing about the asker (cloudspaces-interop.md 10.3).
   */
  #seen(error: unknown, verb: Verb): unknown {
    if (isFailure(error, 'unauthenticated')) {
      this.#inputs.onMountRefused?.(this.#mount);
      return notFound();
    }
    return verb === 'read' && isFailure(error, 'forbidden') ? notFound() : error;
  }
}

/** The top of a mount as it stands in its owner's root, from our own row. */
export function mountItem(mount: Mount): Item {
  const { rootKey: key, name, top } = mount;
  return foreignItem({ ...top, key, parentKey: null, name }, mount, () => mount.id);
}

function foreignItem(node: Node, mount: Mount, idOf: (key: NodeKey) => ItemId): Item {
  const { key, parentKey, shared: _ours, ...rest } = node;
  const isShareTop = key === mount.rootKey;
  return {
    ...rest,
    name: isShareTop ? mount.name : rest.name,
    id: idOf(key),
    parentId: isShareTop || parentKey === null ? null : idOf(parentKey),
    permission: mount.permission,
    place: isShareTop ? 'mount' : 'own',
    isShareTop,
    ownerId: undefined,
    incomingId: mount.incomingId,
  };
}

function unmapped(): never {
  throw new Error('a foreign key has no id');
}
