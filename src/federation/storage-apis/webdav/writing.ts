import type { ContentStore } from '../../../contents/index.js';
import {
  checkChange,
  refusal,
  type ChangeOptions,
  type Content,
  type MountFacts,
  type NewFact,
  type Node,
  type NodeKey,
} from '../../../files/index.js';
import { Failure, notFound, SECOND } from '../../../kernel/index.js';
import type { Refusal } from '../../peer-call/foreign-answers.js';
import { keepsConditions, type TryingInputs } from './conditions.js';
import type { Locking } from './locking.js';
import type { Found, Looking } from './looking.js';
import { nodeOf, sightOf } from './nodes.js';
import type { OneAtATime } from './one-at-a-time.js';
import { flowing, spooled, type Source } from './sources.js';
import { showing } from './wire/locks.js';
import { parentOf, ROOT } from './wire/paths.js';
import { junk } from './wire/propfind.js';
import type { ServerRequest } from './wire/transport.js';

/** What writing contents needs. */
export interface WritingInputs extends TryingInputs {
  readonly looking: Looking;
  readonly locking: Locking;
  readonly facts: MountFacts;
  /** Stores uploads that cannot be sent on as they arrive. */
  readonly contents: ContentStore;
  /** One change of a path at a time. */
  readonly turns: OneAtATime;
}

/** Statuses that do not tell the reason: it is found by looking what is there now. */
const UNCLEAR: readonly number[] = [403, 404, 405, 409, 412, 500];

/** Whether a file must not exist, must exist, or may. */
type Wish = 'make' | 'replace' | 'either';

interface Upload {
  readonly key: NodeKey;
  readonly content: Content;
  readonly options: ChangeOptions;
  readonly wish: Wish;
}

/** Uploads contents, bound to what is there as far as the server can do that (webdav.md 2). */
export class Writing {
  readonly #in: WritingInputs;

  constructor(inputs: WritingInputs) {
    this.#in = inputs;
  }

  /** Answers the node as it then is. `key`: of the file, or of the one that is to be made. */
  async upload(upload: Upload): Promise<Node> {
    const source = await this.#source(upload);
    try {
      return await this.#in.turns.take(upload.key, () => this.#put(upload, source));
    } finally {
      await source.end();
    }
  }

  /** Sends an upload on as it arrives if the server takes all of it or nothing, which those do that obey conditions. */
  async #source(upload: Upload): Promise<Source> {
    const { content, options, key } = upload;
    const { length, ...bytes } = content;
    if (length !== undefined && (await this.#isBound(key))) return flowing({ ...bytes, length }, options.signal);
    // What will be refused is not read.
    await this.#before(upload, false);
    return spooled(this.#in.contents, content, options.signal);
  }

  /** In a share of a single file there is no folder to try it in. */
  async #isBound(key: NodeKey): Promise<boolean> {
    if (key !== ROOT) return keepsConditions(this.#in);
    return (await this.#in.manners.all()).keepsConditions === true;
  }

  async #put(upload: Upload, source: Source): Promise<Node> {
    const isBound = this.#in.manners.now.keepsConditions === true;
    const before = await this.#before(upload, isBound);
    const { url, headers } = this.#request(upload, before, isBound);
    const type = { 'content-length': String(source.length), 'content-type': 'application/octet-stream' };
    const { signal } = upload.options;
    const put = { method: 'PUT', url, signal, headers: { ...headers, ...type }, body: source.body } as const;
    const answer = await this.#sent(upload.key, put, isBound ? undefined : source.again);
    if (![200, 201, 204].includes(answer.status)) throw await this.#refused(upload, answer);
    return this.#after(upload, before, source);
  }

  /**
   * Sends a content, and shows our lock on the file. A server that knows no conditions says by a 412 that it has dropped that
   * lock, since it understands no list that always holds: such a content is sent once more, without it.
   */
  async #sent(key: NodeKey, put: ServerRequest, again: Source['again']): Promise<Refusal> {
    const { transport, locking } = this.#in;
    const locks = await locking.shownFor(key);
    const answer = await transport.change({ ...put, headers: { ...put.headers, ...showing(locks) } });
    if (answer.status !== 412 || locks.length === 0 || again === undefined) return answer;
    await locking.ended(locks);
    return transport.change({ ...put, body: await again() });
  }

  /** What has the name now. It is not asked for if the server itself refuses to replace a file. */
  async #before({ key, options, wish }: Upload, isBound: boolean): Promise<Found | undefined> {
    if (wish === 'make' && isBound && options.conditions === undefined) return undefined;
    const found = await this.#in.looking.find(key, options.signal);
    if (wish === 'replace' && found?.node.kind !== 'file') throw notFound();
    checkChange(options.conditions, found?.node);
    if (found?.node.kind === 'folder' || (wish === 'make' && found !== undefined)) throw refusal('name-taken');
    return found;
  }

  #request({ key, options }: Upload, before: Found | undefined, isBound: boolean) {
    const { contentAt } = options;
    const { tag, isStrong = false } = before?.resource ?? {};
    const bound: Record<string, string> =
      before === undefined ? { 'if-none-match': '*' } : isStrong && tag !== undefined ? { 'if-match': tag } : {};
    const dated: Record<string, string> =
      contentAt === undefined ? {} : { 'x-oc-mtime': String(Math.floor(contentAt / SECOND)) };
    return {
      url: this.#in.root.urlOf(key, key === ROOT ? undefined : 'file'),
      headers: { ...(isBound ? bound : {}), ...dated },
    };
  }

  /** Why an upload was refused: by what is there now, else by the status. */
  async #refused(upload: Upload, answer: Refusal): Promise<Failure> {
    const { key, options, wish } = upload;
    if (!UNCLEAR.includes(answer.status)) return this.#in.transport.failure(answer, 'write');
    const found = await this.#in.looking.find(key);
    if (found !== undefined) {
      checkChange(options.conditions, found.node);
      if (wish === 'make' || found.node.kind === 'folder') return refusal('name-taken');
      return this.#in.transport.failure({ ...answer, status: answer.status === 405 ? 409 : answer.status }, 'write');
    }
    const parent = parentOf(key);
    const holder = parent === null ? undefined : await this.#in.looking.find(parent);
    if (holder === undefined) return refusal('parent-missing');
    return holder.node.kind === 'file' ? refusal('parent-wrong') : this.#in.transport.failure(answer, 'write');
  }

  /** Checks what is there after an upload: if it is not what was sent, the upload has failed. */
  async #after(upload: Upload, before: Found | undefined, source: Source): Promise<Node> {
    const { key, options } = upload;
    const resource = await this.#in.looking.resource(key);
    if (resource === undefined) throw junk('no sign of what was just written');
    if (resource.size !== source.length) {
      throw junk(`${String(resource.size)} bytes of a file of ${String(source.length)}`);
    }
    const fact: NewFact = {
      version: (before?.node.version ?? 0) + 1,
      status: before === undefined ? 'NEW' : 'CHANGED',
      checksum: source.checksum(),
      contentAt: options.contentAt,
    };
    return nodeOf(resource, await this.#in.facts.keep(sightOf(resource), fact));
  }
}
