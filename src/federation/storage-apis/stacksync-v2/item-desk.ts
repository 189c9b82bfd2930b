import type { Readable } from 'node:stream';
import { apiRequest, jsonText, type ApiCall } from '../../../client/index.js';
import {
  compactTime,
  type Comment,
  type CommentDraft,
  type CommentRef,
  type ItemDesk,
  type Lock,
  type LockClaim,
  type LockHolder,
  type Lookup,
} from '../../../desk/index.js';
import { Failure, invalid, isFailure } from '../../../kernel/index.js';
import type { NodeKey } from '../../../files/index.js';
import { isConfirmed, readComment, readComments, readLock } from './desk-wire.js';
import { trouble } from '../../peer-call/foreign-answers.js';
import type { PeerTransport } from './transport.js';

/**
 * The comments and the lock of an item at the cloud that holds it, asked with the share's grant and therefore as its
 * recipient.
 */
export class StacksyncItemDesk implements ItemDesk {
  readonly #transport: PeerTransport;
  readonly #base: URL;
  readonly #key: NodeKey;

  /** `key`: a checked id of the other cloud. */
  constructor(transport: PeerTransport, base: URL, key: NodeKey) {
    this.#transport = transport;
    this.#base = base;
    this.#key = key;
  }

  async comments(lookup: Lookup): Promise<readonly Comment[]> {
    // The limit of bytes is that of a list of versions.
    const answer = await this.#ask({ method: 'GET', path: this.#looking('comment', lookup), answer: 'versions' });
    return readComments(answer) ?? junk('comments that cannot be read');
  }

  async comment(draft: CommentDraft): Promise<Comment> {
    const answer = await this.#send('POST', 'comment', { ...draft });
    return readComment(answer) ?? junk('a comment that cannot be read');
  }

  async withdraw({ user, cloud, createdAt }: CommentRef): Promise<Comment> {
    const path = `comment/${this.#key}/${segment(user)}/${segment(cloud)}/${compactTime(createdAt)}`;
    const answer = await this.#change({ method: 'DELETE', path }, 'There is no such comment of yours.');
    return readComment(answer) ?? junk('a comment that cannot be read');
  }

  async lock(lookup: Lookup): Promise<Lock | undefined> {
    const answer = await this.#ask({ method: 'GET', path: this.#looking('lockFile', lookup) });
    const found = readLock(answer);
    return found === 'unreadable' ? junk('a lock that cannot be read') : found;
  }

  async acquire({ minutes, ...holder }: LockClaim): Promise<void> {
    const answer = await this.#send('POST', 'lockFile', { ...holder, timelimit: String(minutes) }, HELD);
    // Some servers refuse with a 200.
    if (!isConfirmed(answer, 'lockFile')) throw invalid(HELD);
  }

  async refresh(holder: LockHolder): Promise<void> {
    const answer = await this.#send('PUT', 'updateTime', { ...holder }, NOT_HELD);
    if (!isConfirmed(answer, 'updateFile')) throw invalid(NOT_HELD);
  }

  async release(holder: LockHolder): Promise<void> {
    const answer = await this.#send('PUT', 'unLockFile', { ...holder }, NOT_HELD);
    if (!isConfirmed(answer, 'unLockFile')) throw invalid(NOT_HELD);
  }

  #looking(what: string, { cloud, everywhere }: Lookup): string {
    return `${what}/${this.#key}/${segment(cloud)}${everywhere ? '/true' : ''}`;
  }

  /** Sends JSON, so that texts of people keep every character (stacksync-api-v2.md 8). */
  #send(method: 'POST' | 'PUT', path: string, fields: Record<string, string>, refusal?: string): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    return this.#change({ method, path, headers, body: jsonText({ id: this.#key, ...fields }) }, refusal);
  }

  /** Of a refusal only the status is taken from the other cloud; the sentence is our own. */
  async #change(call: ApiCall<Readable>, refusal?: string): Promise<unknown> {
    return this.#ask(call).catch((error: unknown) => {
      throw refusal !== undefined && isFailure(error, 'invalid') ? invalid(refusal) : error;
    });
  }

  #ask(call: ApiCall<Readable>): Promise<unknown> {
    return this.#transport.ask(apiRequest(this.#base, call));
  }
}

const HELD = 'Somebody else has this file open.';
const NOT_HELD = 'You do not have this file open.';

/**
 * Encodes a path segment; refuses dot segments, which would lead to another path even when encoded (threat model
 * PXY-01).
 */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..') throw invalid('A user or cloud cannot be called that.');
  return encodeURIComponent(text);
}

function junk(detail: string): never {
  const failure: Failure = trouble({ headers: {} }, `the other cloud sent ${detail}`);
  throw failure;
}
