import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { JoiningStore } from '../../../src/contents/index.js';
import { Sweeper, Uploads, type Content, type Opened } from '../../../src/files/index.js';
import { DAY, HOUR } from '../../../src/kernel/index.js';
import { createLog, systemRandom, type Database } from '../../../src/platform/index.js';
import { joiningContents } from '../../support/joining-contents.js';
import { createHandClock } from '../../support/seeds.js';
import { openFilesBench, type FilesBench } from '../files-bench.js';

/** A tree whose files may come in pieces, over a folder of the test's own. */
export interface UploadsBench extends FilesBench {
  readonly contents: JoiningStore;
  readonly folder: string;
  readonly uploads: Uploads;
  readonly sweeper: Sweeper;
  /** The same uploads as another process has them. */
  elsewhere(): Uploads;
  /** The paths of all stored contents. */
  blobs(): Promise<string[]>;
  /** Everything that nothing names goes to the quarantine, and out of it. */
  sweep(): Promise<void>;
  /** What is reserved of somebody's quota. */
  reserved(accountId: string): Promise<number>;
}

/** Bytes of one piece here. */
export const PIECE = 1_000;

/** Opens the bench over a new folder. */
export async function openUploadsBench(database: Database, quota?: number): Promise<UploadsBench> {
  const folder = await mkdtemp(join(tmpdir(), 'footbridge-uploads-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const contents = await joiningContents({ folder, database, clock: createHandClock() });
  const files = await openFilesBench(database, { contents, defaultQuota: quota });
  const { clock, tree } = files;
  const elsewhere = (): Uploads =>
    new Uploads({
      database,
      contents,
      clock,
      random: systemRandom,
      pieceSize: PIECE,
      writing: (principal, id) => tree.writing(principal, id),
    });
  const sweeper = new Sweeper({ database, contents, clock, log: createLog('silent') });
  const blobs = async (): Promise<string[]> => {
    const entries = await readdir(join(folder, 'blobs'), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  };
  return {
    ...files,
    contents,
    folder,
    sweeper,
    uploads: elsewhere(),
    elsewhere,
    blobs,
    async sweep() {
      for (const path of await blobs()) await utimes(path, 0, 0);
      for (const days of [2, 9]) {
        clock.advance(days * DAY + HOUR);
        await sweeper.sweepContents({ all: false, erase: false });
      }
    },
    async reserved(accountId) {
      const row = await database.read('accounts').where({ id: accountId }).first<{ upload_bytes: number }>();
      return row.upload_bytes;
    },
  };
}

/** Bytes as they come from a client. */
export function coming(bytes: Buffer, chunk = 400): Content {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunk) chunks.push(bytes.subarray(at, at + chunk));
  return { body: Readable.from(chunks, { objectMode: false }) };
}

/** Bytes that break off after all of them have come. */
export function breaking(bytes: Buffer): Content {
  const generate = async function* (): AsyncGenerator<Buffer> {
    yield* [bytes.subarray(0, 10), bytes.subarray(10)];
    await new Promise(setImmediate);
    throw new Error('the connection broke');
  };
  return { body: Readable.from(generate(), { objectMode: false }) };
}

/** All bytes of what was opened. */
export async function bytesOf(opened: Opened | Promise<Opened>): Promise<Buffer> {
  const found = await opened;
  if (found.outcome !== 'content') throw new Error('not modified');
  return buffer(found.body);
}

/** Hex. */
export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The bytes of an upload that are the same whoever asks: `size` of them from `start`. */
export function bytesAt(id: string, start: number, size: number): Buffer {
  const block = createHash('sha512').update(id).digest();
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 1) bytes[at] = (block[(start + at) % 61] ?? 0) ^ ((start + at) >> 8);
  return bytes;
}
