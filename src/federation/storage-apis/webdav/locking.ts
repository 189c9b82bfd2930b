import type { GivenLock, MountFacts, Node, NodeKey, PassedLock } from '../../../files/index.js';
import { workedOnThere, type Refusal } from '../../peer-call/foreign-answers.js';
import type { LearntManners } from './wire/manners.js';
import {
  hasClassTwo,
  LOCK_QUESTION,
  lockBody,
  saysLocked,
  secondsIn,
  showing,
  tokenIn,
  type ShownToken,
} from './wire/locks.js';
import { ROOT, type ServerRoot } from './wire/paths.js';
import type { DavTransport, ServerRequest } from './wire/transport.js';

/** What locking needs. */
export interface LockingInputs {
  readonly root: ServerRoot;
  readonly transport: DavTransport;
  readonly manners: LearntManners;
  readonly facts: MountFacts;
}

/** The answers that mean that somebody else holds a lock. */
const REFUSED: readonly number[] = [409, 423];

/** The answers that mean that a lock of ours does not hold any more. */
const GONE: readonly number[] = [400, 404, 409, 410, 412, 423];

/** Bytes: some servers take no header that is longer than eight kibibytes. */
const LONGEST_HEADER = 4 * 1024;

/** Locks on a server (RFC 4918 9.10, 9.11), and how changes show them. */
export class Locking {
  readonly #in: LockingInputs;

  constructor(inputs: LockingInputs) {
    this.#in = inputs;
  }

  /** See {@link LockingSpace.lock}. */
  async lock(key: NodeKey, lock: PassedLock): Promise<GivenLock | undefined> {
    if (!(await this.#hasLocks(key))) return undefined;
    const headers = { ...timeOf(lock), depth: '0', 'content-type': 'application/xml; charset=utf-8' };
    const answer = await this.#ask({ method: 'LOCK', url: this.#urlOf(key), headers, body: lockBody(lock) });
    if (REFUSED.includes(answer.status)) throw workedOnThere();
    const word = isGiven(answer) ? tokenIn(answer) : undefined;
    if (word !== undefined) return given(answer, word, lock);
    // A Nextcloud whose own app for locks is on has them, takes none by the secret of a share, and refuses changes for them.
    if (answer.status >= 500 && (await this.#isHeldThere(key))) throw workedOnThere();
    return undefined;
  }

  /** See {@link LockingSpace.relock}. */
  async relock(key: NodeKey, word: string, lock: PassedLock): Promise<GivenLock | undefined> {
    const headers = { ...timeOf(lock), if: `(<${word}>)` };
    const answer = await this.#ask({ method: 'LOCK', url: this.#urlOf(key), headers });
    if (isGiven(answer)) return given(answer, word, lock);
    if (GONE.includes(answer.status)) return undefined;
    throw await this.#in.transport.failure(answer, 'write');
  }

  /** See {@link LockingSpace.unlock}. */
  async unlock(key: NodeKey, word: string): Promise<void> {
    const headers = { 'lock-token': `<${word}>` };
    const answer = await this.#ask({ method: 'UNLOCK', url: this.#urlOf(key), headers });
    const isOver = answer.status < 300 || GONE.includes(answer.status) || answer.status === 403;
    if (!isOver) throw await this.#in.transport.failure(answer, 'write');
  }

  /** Our locks on a file, to be shown with new content for it. */
  async shownFor(key: NodeKey): Promise<readonly ShownToken[]> {
    return (await this.#in.facts.locks()).filter((lock) => lock.key === key);
  }

  /**
   * Sends a change by which something leaves its place, with everything in it, and shows our locks there; they end with it (RFC
   * 4918 9.6.1, 9.9). Where showing them does not help they are given back first: servers made with
   * golang.org/x/net/webdav want a lock of both ends of a move, and others take no long headers.
   */
  async leave(key: NodeKey, kind: Node['kind'], request: ServerRequest): Promise<Refusal> {
    const { transport } = this.#in;
    const locks = await this.#within(key, kind);
    if (locks.length === 0) return transport.change(request);
    const shown = showing(locks);
    if ((shown['if'] ?? '').length <= LONGEST_HEADER) {
      const answer = await transport.change({ ...request, headers: { ...request.headers, ...shown } });
      if (answer.status < 300 && answer.status !== 207) await this.ended(locks);
      if (answer.status !== 412 || this.#isAboutContent(request)) return answer;
    }
    for (const lock of locks) await this.unlock(lock.key, lock.word);
    await this.ended(locks);
    return transport.change(request);
  }

  /** Notes that locks do not hold there any more. */
  ended(locks: readonly ShownToken[]): Promise<void> {
    return this.#in.facts.locksEnded(locks);
  }

  /** Whether a 412 can only mean that it has another content than the one that is meant. */
  #isAboutContent({ headers = {} }: ServerRequest): boolean {
    return headers['if-match'] !== undefined && this.#in.manners.now.keepsConditions === true;
  }

  async #within(key: NodeKey, kind: Node['kind']): Promise<readonly ShownToken[]> {
    if (kind === 'file') return this.shownFor(key);
    const inside = (await this.#in.facts.locks()).filter((lock) => lock.key.startsWith(`${key}/`));
    return inside.map((lock) => ({ ...lock, url: this.#urlOf(lock.key) }));
  }

  async #hasLocks(key: NodeKey): Promise<boolean> {
    const { manners } = this.#in;
    if ((await manners.all()).hasLocks === true) return true;
    const answer = await this.#ask({ method: 'OPTIONS', url: this.#urlOf(key) });
    if (answer.status >= 300 || !hasClassTwo(answer)) return false;
    await manners.learn({ hasLocks: true });
    return true;
  }

  async #isHeldThere(key: NodeKey): Promise<boolean> {
    const headers = { depth: '0', 'content-type': 'application/xml; charset=utf-8' };
    return saysLocked(await this.#ask({ method: 'PROPFIND', url: this.#urlOf(key), headers, body: LOCK_QUESTION }));
  }

  #ask(request: ServerRequest): Promise<Refusal> {
    return this.#in.transport.change(request);
  }

  #urlOf(key: NodeKey): URL {
    return this.#in.root.urlOf(key, key === ROOT ? undefined : 'file');
  }
}

function isGiven({ status }: Refusal): boolean {
  return status === 200 || status === 201;
}

async function given(answer: Refusal, word: string, { seconds }: PassedLock): Promise<GivenLock> {
  return { word, seconds: (await secondsIn(answer, word)) ?? seconds };
}

function timeOf({ seconds }: PassedLock): Record<string, string> {
  return { timeout: `Second-${String(seconds)}` };
}
