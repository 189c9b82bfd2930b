import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DrivenContentStore, StoredContent } from '../../../src/contents/index.js';
import { flow, HashThread, systemRandom } from '../../../src/platform/index.js';
import { Holding, turns } from '../../support/holding.js';
import { diskContents } from '../../support/disk-contents.js';

const SIZE = 5_000_001;

let folder: string;
let thread: HashThread;
let store: DrivenContentStore;
let bytes: Buffer;
let stored: StoredContent;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footbridge-lending-'));
  thread = new HashThread();
  store = await diskContents({ folder, random: systemRandom, thread });
  bytes = randomBytes(SIZE);
  stored = await store.put(pieces(bytes));
});
afterEach(async () => {
  await thread.close();
  await rm(folder, { recursive: true });
});

describe('contents that are lent to what sends them', () => {
  it('arrive byte for byte, at every size and in every range, through two buffers of a reader', async () => {
    for (const size of [0, 1, 192 * 1024, 192 * 1024 + 1, 3_000_000]) {
      const part = bytes.subarray(0, size);
      const target = new Holding(part, turns(3));
      await flow(await store.open(await store.put(pieces(part))), target);
      expect([target.received, target.wrong]).toEqual([size, 0]);
    }
    const target = new Holding(bytes.subarray(1_000), turns(3));
    await flow(await store.open(stored, { start: 1_000, end: SIZE - 1 }), target);
    expect([target.received, target.wrong]).toEqual([SIZE - 1_000, 0]);
    expect(target.buffers.size).toBe(2);
  });

  it('F-82 are drawn no further than two buffers ahead of a target that takes nothing', async () => {
    const target = new Holding(bytes, () => new Promise(() => undefined));
    const sending = flow(await store.open(stored), target);
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
    expect(target.writableLength).toBeLessThanOrEqual(2 * 192 * 1024);
    target.destroy();
    await expect(sending).rejects.toThrow('The reader left.');
  });

  it('FLW-03 are never overwritten while they are on their way, whoever else reads, leaves or is cut', async () => {
    const readers = Array.from({ length: 40 }, async (_, index) => {
      const client = new AbortController();
      const target = new Holding(bytes, turns(1 + (index % 8)));
      const isCut = index % 2 === 1;
      const body = await store.open(stored, undefined, client.signal);
      const sending = flow(body, target).catch(() => undefined);
      if (isCut) {
        await turns(7 + index)();
        if (index % 4 === 1) client.abort();
        else target.destroy();
      }
      await sending;
      // A target that was cut may still read the piece that was lent to it: it gets some more turns of the event loop.
      await turns(24)();
      return { isCut, received: target.received, wrong: target.wrong };
    });
    const ended = await Promise.all(readers);
    expect(ended.filter(({ wrong }) => wrong > 0)).toEqual([]);
    expect(ended.filter(({ isCut, received }) => !isCut && received !== SIZE)).toEqual([]);
  });

  it('FLW-03 arrive byte for byte over connections of every pace, some of which break', async () => {
    const server = createServer((_request, response) => {
      response.setHeader('Content-Length', SIZE);
      const leaving = new AbortController();
      response.once('close', () => leaving.abort());
      void store.open(stored, undefined, leaving.signal).then((body) => flow(body, response).catch(() => undefined));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const whole = Array.from({ length: 24 }, (_, index) => received(url, index % 3 === 2 ? index * 100_000 : SIZE));
    for (const [index, got] of (await Promise.all(whole)).entries()) {
      if (index % 3 !== 2) expect(got.length).toBe(SIZE);
      expect(got.equals(bytes.subarray(0, got.length))).toBe(true);
    }
    server.close();
  });

  it('DUR-05 of damaged bytes the end is never lent, and the answer breaks', async () => {
    const file = await open(join(folder, 'blobs', stored.key.slice(0, 2), stored.key), 'r+');
    await file.write(Buffer.from('damage'), 0, 6, 2_500_000);
    await file.close();
    const target = new Holding(bytes, turns(2));
    await expect(flow(await store.open(stored), target)).rejects.toThrow('could not be stored or read');
    expect(target.received).toBeLessThan(SIZE);
    expect(target.destroyed && !target.writableFinished).toBe(true);
  });

  it('DUR-05 break when the thread that hashes them ends, and the next are hashed again', async () => {
    const target = new Holding(bytes, async () => {
      await thread.close();
    });
    await expect(flow(await store.open(stored), target)).rejects.toThrow('could not be stored or read');
    expect(target.received).toBeLessThan(SIZE);
    const another = new Holding(bytes, turns(2));
    await flow(await store.open(stored), another);
    expect([another.received, another.wrong]).toEqual([SIZE, 0]);
  });
});

/** Reads at a pace of its own, and leaves after so many bytes. */
async function received(url: string, most: number): Promise<Buffer> {
  const pause = turns(1 + (most % 7));
  const asked = get(url, { agent: false });
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  // Of an answer that nobody waits for any more.
  asked.on('error', () => undefined);
  const got: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    got.push(chunk);
    size += chunk.length;
    await pause();
    if (size >= most) break;
  }
  return Buffer.concat(got);
}

async function* pieces(of: Buffer): AsyncGenerator<Buffer> {
  await Promise.resolve();
  for (let at = 0; at < of.length; at += 65_536) yield of.subarray(at, at + 65_536);
}
