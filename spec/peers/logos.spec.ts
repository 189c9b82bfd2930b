import { describe, expect, it } from 'vitest';
import { Failure, type PeerId } from '../../src/kernel/index.js';
import { Logos, Peers } from '../../src/peers/index.js';
import { createLog, createSealer, type OutboundAnswer, type OutboundCall } from '../../src/platform/index.js';
import { eachDatabase, type Bench } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const DRAFT = {
  name: 'Birch',
  shareUrl: 'https://birch.example/share',
  credentialsUrl: 'https://birch.example/credentials',
  logoUrl: 'https://birch.example/logo.png',
};

type Answer = () => Promise<OutboundAnswer>;

const bytes =
  (body: Buffer, status = 200): Answer =>
  () =>
    Promise.resolve({ status, headers: {}, body });

/** A registry whose way out answers by `answer`. */
async function open(bench: Bench, answer: Answer) {
  const database = await bench.open();
  const calls: OutboundCall[] = [];
  const call = (request: OutboundCall): Promise<OutboundAnswer> => {
    calls.push(request);
    return answer();
  };
  const logos = new Logos({ database, outbound: { call }, log: createLog('silent') });
  const hooks = { onBlocked: async () => 0, onRemoved: async () => 0, onMoved: async () => 0 };
  const [clock, random, sealer] = [createHandClock(), createSeededRandom(), createSealer(Buffer.alloc(32, 7))];
  const peers = new Peers({ database, clock, random, sealer, allowInsecure: false, hooks, logos });
  return { logos, peers, calls };
}

eachDatabase((bench) => {
  describe('the logo of a peer', () => {
    it('is copied when the peer is recorded, and shown from the copy', async () => {
      const { logos, peers, calls } = await open(bench, bytes(PNG));
      const { peer } = await peers.add(DRAFT);
      expect(calls).toMatchObject([{ method: 'GET', url: DRAFT.logoUrl, maxBytes: 65_536 }]);
      const logo = await logos.of(peer.id);
      expect(logo?.type).toBe('image/png');
      expect(logo?.bytes.equals(PNG)).toBe(true);
      expect([...(await logos.known([peer.id, 'another']))]).toEqual([peer.id]);
    });

    it('is fetched again only when its address changes, and goes with it', async () => {
      const { logos, peers, calls } = await open(bench, bytes(PNG));
      const { peer } = await peers.add(DRAFT);
      await peers.set('Birch', { description: 'Files of the Birch' });
      expect(calls).toHaveLength(1);
      await peers.set('Birch', { logoUrl: null });
      expect(await logos.of(peer.id)).toBeUndefined();
    });

    it.each([
      ['a picture that can act', bytes(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'))],
      ['something that only calls itself a picture', bytes(Buffer.from('<!doctype html><title>x</title>'))],
      ['a redirect', bytes(PNG, 302)],
      ['a cloud that does not answer', () => Promise.reject(new Failure('peer-failed', 'no'))],
    ])('CNT-02 %s leaves the peer without a logo', async (_what, answer: Answer) => {
      const { logos, peers } = await open(bench, answer);
      const { peer } = await peers.add(DRAFT);
      expect(await logos.of(peer.id)).toBeUndefined();
    });

    it('is gone with a removed peer', async () => {
      const { logos, peers } = await open(bench, bytes(PNG));
      const { peer } = await peers.add(DRAFT);
      await peers.remove('Birch');
      expect(await logos.of(peer.id)).toBeUndefined();
      expect(await logos.of('nobody' as PeerId)).toBeUndefined();
    });
  });

  describe('the limits of a peer', () => {
    it('are kept, and refused when they are no numbers', async () => {
      const { peers } = await open(bench, bytes(PNG));
      const { peer } = await peers.add({ ...DRAFT, limits: { proposals: 5 } });
      expect(peer.limits).toEqual({ proposals: 5, messages: undefined });
      expect((await peers.set('Birch', { limits: { messages: 7 } })).limits).toEqual({ proposals: 5, messages: 7 });
      for (const proposals of [0, -1, 1.5, Number.NaN, 1e9]) {
        await expect(peers.set('Birch', { limits: { proposals } })).rejects.toMatchObject({ code: 'invalid' });
      }
    });
  });
});
