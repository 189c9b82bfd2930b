import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flow } from '../../src/platform/index.js';
import { createOutbound, type Outbound } from '../../src/platform/outbound/outbound.js';
import { Holding, turns } from '../support/holding.js';
import { httpPeer, httpsPeer, PEER_CERT, type ScriptedPeer } from './outbound-peers.js';

const bytes = randomBytes(6_000_001);

/** The content whole at `/whole`, without a length at `/chunked`, in parts of odd sizes at `/odd`; else a few words. */
const peerOf: RequestListener = ({ url }, response) => {
  if (url === '/whole') response.writeHead(200, { 'Content-Length': bytes.length }).end(bytes);
  else if (url === '/chunked') response.write(bytes, () => response.end());
  else if (url === '/odd') void inParts(response);
  else response.end(`said at ${String(url)}`);
};

async function inParts(response: Parameters<RequestListener>[1]): Promise<void> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = ((size * 7) % 99_991) + 1) {
    response.write(bytes.subarray(at, at + size));
    await new Promise(setImmediate);
  }
  response.end();
}

let plain: ScriptedPeer;
let encrypted: ScriptedPeer;
let outbound: Outbound;
beforeEach(async () => {
  [plain, encrypted] = await Promise.all([httpPeer(peerOf), httpsPeer(peerOf)]);
  outbound = createOutbound({ allowInsecure: true, exceptions: [], extraCa: PEER_CERT });
});
afterEach(async () => {
  await Promise.all([plain.stop(), encrypted.stop()]);
  await outbound.close();
});

/** Sends what a peer answers on to a target that is in no hurry; answers the target. */
async function passOn(url: string, pace: number, end?: (target: Holding, client: AbortController) => void) {
  const client = new AbortController();
  const { body } = await outbound.transfer({ method: 'GET', url, signal: client.signal });
  const target = new Holding(bytes, turns(pace));
  const sending = flow(body, target).catch(() => undefined);
  if (end !== undefined) {
    await turns(3 + pace)();
    end(target, client);
  }
  await sending;
  // What was cut may still be looked at by what it was lent to.
  await turns(24)();
  return target;
}

describe('contents of another cloud that are lent to what sends them on', () => {
  it('come through a handful of buffers', async () => {
    const target = await passOn(`${plain.url}/whole`, 3);
    expect([target.received, target.wrong]).toEqual([bytes.length, 0]);
    // Reads that were cut by the head of the answer, or short, went through others.
    expect(target.buffers.size).toBeLessThan(bytes.length / 65_536 / 2);
  });

  it('FLW-03 are never overwritten while they are on their way, whoever else reads, leaves or is cut', async () => {
    const paths = ['/whole', '/chunked', '/odd', '/whole'];
    const wholes = Array.from({ length: 24 }, (_, index) =>
      passOn(`${(index % 3 === 2 ? encrypted : plain).url}${paths[index % 4] ?? ''}`, 1 + (index % 7)),
    );
    const cut = Array.from({ length: 24 }, (_, index) =>
      passOn(`${plain.url}/whole`, 1 + (index % 5), (target, client) => {
        if (index % 2 === 0) client.abort();
        else target.destroy();
      }),
    );
    for (const { received, wrong } of await Promise.all(wholes)) {
      expect([received, wrong]).toEqual([bytes.length, 0]);
    }
    for (const { wrong } of await Promise.all(cut)) expect(wrong).toBe(0);
  });

  it('stay whoever reads them as a stream’s own', async () => {
    const kept = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const [{ body }] = [await outbound.transfer({ method: 'GET', url: `${plain.url}/whole` })];
        const [chunks] = await Promise.all([body.toArray(), passOn(`${plain.url}/whole`, 3)]);
        return Buffer.concat(chunks as Buffer[]);
      }),
    );
    expect(kept.every((each) => each.equals(bytes))).toBe(true);
  });

  it('leave the answers around them as they are, on the same connection', async () => {
    for (const word of ['one', 'two', 'three']) {
      expect((await outbound.call({ method: 'GET', url: `${plain.url}/${word}` })).body.toString()).toBe(
        `said at /${word}`,
      );
      const { body } = await outbound.transfer({ method: 'GET', url: `${plain.url}/${word}` });
      const target = new Holding(Buffer.from(`said at /${word}`), turns(3));
      await flow(body, target);
      expect([target.received, target.wrong]).toEqual([`said at /${word}`.length, 0]);
      expect((await passOn(`${plain.url}/whole`, 2)).received).toBe(bytes.length);
    }
    expect(plain.connections).toBe(2);
  });

  it('F-82 are drawn no further than a few reads ahead of a target that takes nothing', async () => {
    const { body } = await outbound.transfer({ method: 'GET', url: `${plain.url}/whole` });
    const target = new Holding(bytes, () => new Promise(() => undefined));
    const sending = flow(body, target);
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
    expect(target.writableLength + body.readableLength).toBeLessThanOrEqual(4 * 65_536);
    target.destroy();
    await expect(sending).rejects.toThrow('The reader left.');
  });
});
