import type { ChangeOptions, MountFacts, Node } from '../../../../files/index.js';

/** What of the {@link MountFacts} is used here. */
type Kept = Pick<MountFacts, 'keep' | 'known'>;

/**
 * When contents were made, by the word of whoever brought them here: the storage API knows one time of an item, and sets it
 * itself. Kept for exactly the content that it was said of, by its entity tag (webdav.md 1.6).
 */
export class ContentTimes {
  readonly #facts: Kept | undefined;

  /** Without facts nothing is kept. */
  constructor(facts: Kept | undefined) {
    this.#facts = facts;
  }

  /** The same nodes, with the times that were said of their contents. */
  async of(nodes: readonly Node[]): Promise<readonly Node[]> {
    const files = nodes.filter(({ kind }) => kind === 'file');
    if (this.#facts === undefined || files.length === 0) return nodes;
    const known = await this.#facts.known(files.map(({ key }) => key));
    if (known.size === 0) return nodes;
    return nodes.map((node) => {
      const fact = known.get(node.key);
      const isItsOwn = fact?.tag === node.etag && fact.size === node.size && node.kind === 'file';
      return isItsOwn && fact.contentAt !== undefined ? { ...node, contentAt: fact.contentAt } : node;
    });
  }

  /** The time of one node. */
  async one(node: Node): Promise<Node> {
    return (await this.of([node]))[0] ?? node;
  }

  /** What a change has made of a file, with the time that came with it; without one, with what is known of its content. */
  async said(node: Node, { contentAt }: Pick<ChangeOptions, 'contentAt'>): Promise<Node> {
    if (contentAt === undefined) return this.one(node);
    const { key, kind, etag: tag, size, version, status, checksum } = node;
    if (this.#facts === undefined || kind === 'folder' || tag === '' || status === 'DELETED') return node;
    const sight = { key, kind, fileId: undefined, tag, size, changedAt: node.modifiedAt, checksum };
    await this.#facts.keep(sight, { version, status, checksum, contentAt });
    return this.one(node);
  }
}
