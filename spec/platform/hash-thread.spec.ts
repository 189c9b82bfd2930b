import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFailure } from '../../src/kernel/index.js';
import { HashThread, InlineHash, type PieceHash } from '../../src/platform/index.js';
import { until } from '../support/until.js';

let thread: HashThread;
beforeEach(() => (thread = new HashThread(0)));
afterEach(() => thread.close());

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function shared(bytes: Buffer): Buffer {
  const buffer = Buffer.from(new SharedArrayBuffer(bytes.length));
  bytes.copy(buffer);
  return buffer;
}

function begun(): PieceHash {
  const hash = thread.begin();
  if (hash === undefined) throw new Error('the thread takes no more');
  return hash;
}

describe('the thread that makes hashes', () => {
  it('makes those of many contents at once, as the event loop would', async () => {
    const contents = Array.from({ length: 20 }, (_, index) => randomBytes(100_000 + index));
    const made = contents.map(async (bytes, index) => {
      const hash = index % 5 === 4 ? new InlineHash() : begun();
      const buffer = shared(bytes);
      for (let at = 0; at < bytes.length; at += 30_000 + index)
        void hash.update(buffer.subarray(at, at + 30_000 + index));
      return hash.digest();
    });
    expect(await Promise.all(made)).toEqual(contents.map(sha256));
    expect(await begun().digest()).toBe(sha256(Buffer.alloc(0)));
  });

  it('lets go of a piece once it has been taken: the memory may hold the next one then', async () => {
    const bytes = randomBytes(1_000_000);
    const [hash, buffer] = [begun(), shared(bytes.subarray(0, 1_000))];
    for (let at = 0; at < bytes.length; at += 1_000) {
      bytes.copy(buffer, 0, at, at + 1_000);
      await hash.update(buffer);
    }
    expect(await hash.digest()).toBe(sha256(bytes));
  });

  it('begins when it is needed and ends when nobody needs it', async () => {
    expect(thread.isUp).toBe(false);
    const [one, two] = [begun(), begun()];
    expect(await one.digest()).toBe(sha256(Buffer.alloc(0)));
    expect(thread.isUp).toBe(true);
    two.drop();
    await until('the thread to end', () => Promise.resolve(!thread.isUp));
    expect(await begun().digest()).toBe(sha256(Buffer.alloc(0)));
  });

  it('ends with the cloud: what it has not done fails, and nothing new is begun', async () => {
    const hash = begun();
    const failed = hash.digest().catch((error: unknown) => isFailure(error, 'internal'));
    await thread.close();
    expect(await failed).toBe(true);
    await expect(hash.update(shared(Buffer.from('late')))).rejects.toThrow('could not be stored or read');
    expect(thread.begin()).toBeUndefined();
    expect(thread.isUp).toBe(false);
  });

  it('takes a bounded number at once, and more when some are done or dropped', () => {
    const many = Array.from({ length: 1_024 }, begun);
    expect(thread.begin()).toBeUndefined();
    many[7]?.drop();
    expect(thread.begin()).toBeDefined();
  });
});
