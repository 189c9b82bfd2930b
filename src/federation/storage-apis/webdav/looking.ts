import {
  eachOf,
  listingGivenUp,
  unusableCount,
  type Fact,
  type Listing,
  type MountFacts,
  type Node,
  type NodeKey,
} from '../../../files/index.js';
import { isFailure, notFound } from '../../../kernel/index.js';
import { longWork, type Log } from '../../../platform/index.js';
import type { Refusal } from '../../peer-call/foreign-answers.js';
import type { LastRoom } from './wire/last-room.js';
import { DavIntake, type Placed } from './listing.js';
import { nameOf, nodeOf, sightOf, type DavResource } from './nodes.js';
import { namesOf, parentOf, ROOT, type ServerRoot } from './wire/paths.js';
import { junk } from './wire/propfind.js';
import type { DavTransport } from './wire/transport.js';

/** What looking needs. */
export interface LookingInputs {
  readonly root: ServerRoot;
  readonly transport: DavTransport;
  readonly facts: MountFacts;
  /** Is told what each answer about a folder says of the room there. */
  readonly room: LastRoom;
  readonly log: Pick<Log, 'warn'>;
  /** When the share ends as far as we know, milliseconds; WebDAV does not tell. */
  readonly expiresAt: number | undefined;
}

/** A resource as it was found, and the node that it is. */
export interface Found {
  readonly resource: DavResource;
  readonly node: Node;
}

/** Most files of a listing that are asked for their size one by one. */
const MOST_SIZES_ASKED = 32;

/** Nodes whose facts are looked up together. */
const BATCH = 400;

/** True for answers that mean that nothing is there; Apache answers 400 for an address below a file. */
function isMissing({ status }: Refusal, key: NodeKey): boolean {
  return [404, 409, 410].includes(status) || (status === 400 && key !== ROOT);
}

/** Answers that may come from a web page, or for a folder that has to be asked with a slash (DC-35). */
const isNoAnswer = (status: number): boolean =>
  status !== 207 && (status < 300 || [301, 302, 307, 308, 405].includes(status));

/** Reads what is on a server. */
export class Looking {
  readonly #in: LookingInputs;

  constructor(inputs: LookingInputs) {
    this.#in = inputs;
  }

  /** What a key names; undefined where nothing does. */
  async find(key: NodeKey, signal?: AbortSignal): Promise<Found | undefined> {
    const resource = await this.resource(key, signal);
    if (resource === undefined) return undefined;
    const [fact] = await this.#in.facts.meet([sightOf(resource)]);
    return { resource, node: this.#node(resource, fact) };
  }

  /** {@link find} for what must be there: `not-found` else, or that the share has ended. */
  async get(key: NodeKey, signal?: AbortSignal): Promise<Found> {
    if (namesOf(key) === undefined) throw notFound();
    const found = await this.find(key, signal);
    if (found !== undefined) return found;
    throw (await this.#in.transport.endOrUndefined()) ?? notFound();
  }

  /** What a server says of a key, without looking up facts; undefined when nothing is there. */
  async resource(key: NodeKey, signal?: AbortSignal): Promise<DavResource | undefined> {
    const kind = await this.#in.facts.kindOf(key);
    const first = await this.#asked(key, kind, signal);
    if (first.self !== undefined) return this.#whole(first.self, signal);
    // Asks as the other kind: the item may have become a folder or a file, and some servers answer a folder without its
    // slash with a page.
    const other = kind === 'folder' ? 'file' : 'folder';
    const mayBeOther = kind !== undefined || isNoAnswer(first.answer.status);
    const second = mayBeOther ? await this.#asked(key, other, signal) : first;
    if (second.self !== undefined) return this.#whole(second.self, signal);
    if (second.answer.status === 207 || isMissing(second.answer, key)) return undefined;
    throw await this.#in.transport.failure(second.answer, 'read');
  }

  /** The shared item itself, asked once, with whatever the server answers. */
  async root(): Promise<{ readonly answer: Refusal; readonly found: Found | undefined }> {
    const { answer, self } = await this.#asked('/', undefined, undefined);
    const resource = self === undefined ? undefined : await this.#sized(self);
    if (resource === undefined) return { answer, found: undefined };
    const [fact] = await this.#in.facts.meet([sightOf(resource)]);
    return { answer, found: { resource, node: this.#node(resource, fact) } };
  }

  /** A folder and what is in it; a file and nothing. */
  async list(key: NodeKey, signal?: () => AbortSignal | undefined): Promise<Listing & { readonly folder: Node }> {
    if (namesOf(key) === undefined) throw notFound();
    if ((await this.#in.facts.kindOf(key)) === 'file') return this.#alone(key, signal?.());
    const intake = new DavIntake(this.#in.root, key);
    const url = this.#in.root.urlOf(key, 'folder');
    const answer = await this.#in.transport
      .propfind(url, 1, (said) => intake.take(said), signal?.())
      .catch((error: unknown) => {
        throw intake.isGivenUp && isFailure(error) ? listingGivenUp(error, intake.dropped) : error;
      });
    if (answer.status === 207 && intake.self?.kind === 'folder') return this.#listing(intake, key);
    if (answer.status === 207 || isMissing(answer, key)) return this.#alone(key, signal?.());
    throw await this.#in.transport.failure(answer, 'read');
  }

  async #listing(intake: DavIntake, key: NodeKey): Promise<Listing> {
    const self = intake.self === undefined ? undefined : await this.#sized(intake.self);
    if (self === undefined) throw junk('a listing without its folder');
    const children = await this.#allSized(intake);
    const [fact] = await this.#in.facts.meet([sightOf(self)]);
    const { dropped } = intake;
    if (unusableCount(dropped) > 0) {
      this.#in.log.warn({ dropped, folder: key }, 'the other cloud listed entries that cannot be used');
    }
    return { folder: this.#node(self, fact), children: this.#nodes(children), unusable: dropped };
  }

  async *#nodes(children: readonly DavResource[]): AsyncGenerator<Node> {
    for (let start = 0; start < children.length; start += BATCH) {
      const batch = children.slice(start, start + BATCH);
      const facts = await this.#in.facts.meet(batch.map(sightOf));
      for (const [index, resource] of batch.entries()) yield this.#node(resource, facts[index]);
    }
  }

  /** The listing of a file: the file, and no members. */
  async #alone(key: NodeKey, signal: AbortSignal | undefined): Promise<Listing> {
    const { node } = await this.get(key, signal);
    if (node.kind === 'folder') throw junk('a folder that is none when it is listed');
    return { folder: node, children: eachOf([]) };
  }

  async #asked(
    key: NodeKey,
    kind: Node['kind'] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly answer: Refusal; readonly self: Placed | undefined }> {
    const intake = new DavIntake(this.#in.root, key);
    const url = this.#in.root.urlOf(key, kind);
    const answer = await this.#in.transport.propfind(url, 0, (said) => intake.take(said), signal);
    return { answer, self: answer.status === 207 ? intake.self : undefined };
  }

  async #whole(placed: Placed, signal: AbortSignal | undefined): Promise<DavResource> {
    const resource = await this.#sized(placed, signal);
    if (resource === undefined) throw junk('a file of which nobody knows how long it is');
    return resource;
  }

  async #allSized(intake: DavIntake): Promise<DavResource[]> {
    const resources: DavResource[] = [];
    let asked = 0;
    for (const placed of intake.children) {
      if (placed.size === undefined) asked += 1;
      const resource = asked > MOST_SIZES_ASKED && placed.size === undefined ? undefined : await this.#sized(placed);
      if (resource === undefined) intake.drop('size');
      else resources.push(resource);
      const pause = longWork.rest();
      if (pause !== undefined) await pause;
    }
    return resources;
  }

  /**
   * A resource with its size, which is asked for by HEAD when the listing has none; undefined when the server does not
   * tell it either.
   */
  async #sized(placed: Placed, signal?: AbortSignal): Promise<DavResource | undefined> {
    const name = placed.key === '/' ? nameOf(placed.key, this.#in.root.name) : placed.name.normalize('NFC');
    if (placed.size !== undefined) return { ...placed, name, size: placed.size };
    const url = this.#in.root.urlOf(placed.key, 'file');
    const { status, headers, body } = await this.#in.transport.send({ method: 'HEAD', url, signal });
    body.resume();
    const length = headers['content-length'];
    const isSaid = status === 200 && typeof length === 'string' && /^\d{1,15}$/.test(length);
    return isSaid ? { ...placed, name, size: Number(length) } : undefined;
  }

  /** Makes a node. The shared item itself carries the permission and the end of the share. */
  #node(resource: DavResource, fact: Fact | undefined): Node {
    if (fact === undefined) throw new Error('a resource without facts');
    if (resource.kind === 'folder') this.#in.room.note(resource.room ?? this.#in.room.room);
    const node = nodeOf(resource, fact);
    if (parentOf(resource.key) !== null || resource.permission === undefined) return node;
    const { permission, expiresAt: told = this.#in.expiresAt } = resource;
    return { ...node, shared: { permission, expiresAt: told ?? undefined } };
  }
}
