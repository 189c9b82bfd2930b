import { createCipheriv, createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import type { Content, FileSpace, Node, NodeKey, Opened } from '../../../src/files/index.js';
import { isFailure, type Failure } from '../../../src/kernel/index.js';

/** One adapter under the suite; each test opens one of its own, which is closed when the test ends. */
export interface FileSpaceHarness {
  readonly space: FileSpace;
  /** Moves the clock by which the space dates changes. */
  advance(millis: number): void;
  /** Counts bytes, uploads and contents that are left anywhere, visible or not; absent where that cannot be read. */
  leftovers?(): Promise<number>;
}

/** What an adapter cannot do, each with a reason for the reader of the spec. */
export interface Shortcomings {
  /** No old versions can be listed or read. */
  readonly versions?: string;
  /** Preconditions of changes are not honoured. */
  readonly conditions?: string;
  /** Repeated requests are not recognised. */
  readonly receipts?: string;
  /** Deleted nodes cannot be seen any more. */
  readonly deleted?: string;
  /** The order of names is not kept: the caller lists the folder and sorts it. */
  readonly order?: string;
  /** Content is kept in memory completely, so a slow reader does not slow the source. */
  readonly backPressure?: string;
  /** A put is two requests to another cloud: finding the name, then making or replacing. */
  readonly onePut?: string;
  /** Another cloud knows one time of an item: what somebody says of a content is kept here, and nothing else. */
  readonly contentTimes?: string;
  /** No copy is made without the bytes passing through the caller. */
  readonly copies?: string;
  /** A move cannot replace in one step what stands in its way. */
  readonly overwriting?: string;
  /** How much room there is cannot be said. */
  readonly quota?: string;
  /** Checksums announced by the sender are not compared. */
  readonly checksums?: string;
  /** Entity tags are weak: nothing can be bound to them. */
  readonly strongTags?: string;
  /** A copy has a tag, and times, of its own making. */
  readonly copiedFacts?: string;
}

/** What the suite is told about an adapter. */
export interface FileSpaceAdapter {
  readonly name: string;
  open(): Promise<FileSpaceHarness>;
  readonly cannot?: Shortcomings;
}

/** Text as an upload of known length. */
export function words(words: string): Content {
  return bytes(Buffer.from(words));
}

/** Bytes as an upload of known length that comes in pieces. */
export function bytes(content: Buffer, piece = 65_536): Content {
  return { body: inPieces(content, piece), length: content.length };
}

/** A stream of some bytes in pieces, breaking off after `until` bytes when that is given. */
export function inPieces(content: Buffer, piece = 65_536, until?: number): Readable {
  const pieces = function* (): Generator<Buffer> {
    const end = until ?? content.length;
    for (let start = 0; start < end; start += piece) yield content.subarray(start, Math.min(start + piece, end));
    if (until !== undefined) throw new Error('the sender vanished');
  };
  return Readable.from(pieces(), { objectMode: false });
}

/** The whole text of what was opened. */
export async function textOf(opened: Promise<Opened>): Promise<string> {
  return text(bodyOf(await opened));
}

/** All bytes of what was opened. */
export async function bytesOf(opened: Promise<Opened>): Promise<Buffer> {
  return buffer(bodyOf(await opened));
}

/** The body of what was opened; it must have one. */
export function bodyOf(opened: Opened): Readable {
  if (opened.outcome !== 'content') throw new Error('not modified');
  return opened.body;
}

/** The live children of a folder. */
export async function childrenIn(space: FileSpace, key: NodeKey, includeDeleted = false): Promise<Node[]> {
  const children: Node[] = [];
  for await (const node of (await space.list(key, { includeDeleted })).children) children.push(node);
  return children;
}

/** The names of a folder's live children, sorted. */
export async function namesIn(space: FileSpace, key: NodeKey): Promise<string[]> {
  return (await childrenIn(space, key)).map((node) => node.name).sort();
}

/** The refusal that a promise ends in; anything else fails the test. */
export async function refusalOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw error;
  return error;
}

/** The code of {@link refusalOf}. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await refusalOf(promise)).code;
}

/** SHA-256 in hexadecimal. */
export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Bytes that look random and are the same for the same seed. */
export function noise(size: number, seed = 'noise'): Buffer {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}
