import { expect, it } from 'vitest';
import { Peers, Probes } from '../../src/peers/index.js';
import { createLog, createSealer, type OutboundAnswer } from '../../src/platform/index.js';
import { sqliteBench } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';
import { noMesh } from './no-mesh.js';

const bench = sqliteBench();

/** Peers that answer when they are let; how often their turn came. */
async function open() {
  const parts = { database: await bench.open(), clock: createHandClock(), random: createSeededRandom() };
  const hooks = { onBlocked: async () => 0, onRemoved: async () => 0, onMoved: async () => 0 };
  const sealer = createSealer(Buffer.alloc(32, 7));
  const peers = new Peers({ ...parts, sealer, allowInsecure: false, hooks, logos: { keep: async () => false } });
  const turns: string[] = [];
  const limiter = { spend: async (key: string) => void turns.push(key) };
  const answers: (() => void)[] = [];
  const ping = (): Promise<OutboundAnswer> =>
    new Promise((resolve) => {
      answers.push(() => {
        resolve({ status: 200, headers: {}, body: Buffer.from('{"name":"x"}') });
      });
    });
  const probes = new Probes({ ...parts, peers, limiter, log: createLog('silent'), ping, askOcm: noMesh });
  const add = async (name: string) => {
    const at = `https://${name}.example/`;
    const outbound = { key: 'theirs', secret: 'theirs' };
    return (await peers.add({ name, shareUrl: `${at}share`, credentialsUrl: `${at}credentials`, outbound })).peer.id;
  };
  return { probes, add, turns, answers };
}

it('G10 a peer that gives a thousand reasons to be asked is asked once more, and holds nobody else up', async () => {
  const { probes, add, turns, answers } = await open();
  const [birch, elm] = [await add('birch'), await add('elm')];
  probes.soon(birch);
  await expect.poll(() => answers.length).toBe(1);
  for (let count = 0; count < 1_000; count += 1) probes.soon(birch);
  probes.soon(elm);
  for (const turn of [0, 1, 2]) {
    await expect.poll(() => answers.length).toBe(turn + 1);
    answers[turn]?.();
  }
  await probes.settled();
  expect(turns).toEqual([`probe:${birch}`, `probe:${birch}`, `probe:${elm}`]);
});
