import { describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../src/kernel/index.js';
import {
  createJoinWire,
  JoinRequests,
  Joins,
  PeerEvents,
  PeerKeys,
  Peers,
  Probes,
  wellKnown,
  type ConfirmMessage,
  type Peer,
} from '../../src/peers/index.js';
import { createLimiter, createLog, createSealer, type OutboundCall } from '../../src/platform/index.js';
import { eachDatabase, type Bench } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';
import { noMesh } from './no-mesh.js';

const BIRCH = 'https://birch.example';
const ALDER = 'https://alder.example';
const KEYS = { consumer_key: 'K'.repeat(32), consumer_secret: 'S'.repeat(43) };

/** Alder's and Birch's parts in one process over one network; `confirm` is where Birch's message arrives. */
async function open(bench: Bench) {
  const [alder, birch] = [await openOne(bench, 'Alder', ALDER), await openOne(bench, 'Birch', BIRCH)];
  const at: Readonly<Record<string, typeof alder>> = { [ALDER]: alder, [BIRCH]: birch };
  const deliver = async ({ url, method, body }: OutboundCall) => {
    const { origin, pathname } = new URL(url);
    const there = at[origin];
    const say = (status: number, value: object) => ({ status, headers: {}, body: Buffer.from(JSON.stringify(value)) });
    if (there === undefined) return say(404, {});
    if (method === 'GET') return say(200, there.document);
    const message: unknown = JSON.parse(String(body));
    if (pathname === '/interop/join') {
      await there.requests.receive(message as never, '192.0.2.1');
      return say(202, {});
    }
    const issued = await there.joins.confirm(message as ConfirmMessage);
    return issued === 'refused' ? say(403, {}) : say(200, { consumer_key: issued.key, consumer_secret: issued.secret });
  };
  for (const each of [alder, birch]) each.network.call = deliver;
  return { alder, birch };
}

async function openOne(bench: Bench, name: string, origin: string) {
  const database = await bench.open();
  const clock = createHandClock();
  const network = { call: (_call: OutboundCall): Promise<never> => Promise.reject(new Error('not yet')) };
  const outbound = { call: (call: OutboundCall) => network.call(call) };
  const parts = {
    database,
    clock,
    random: createSeededRandom(name),
    sealer: createSealer(Buffer.alloc(32, 7)),
    outbound,
  };
  const hooks = { onBlocked: async () => 0, onRemoved: async () => 0, onMoved: async () => 0 };
  const peers = new Peers({ ...parts, allowInsecure: false, hooks, logos: { keep: async () => false } });
  const base = { ...parts, limiter: createLimiter(database, clock, parts.sealer), log: createLog('silent'), peers };
  const keys = new PeerKeys(base);
  const probes = new Probes({
    ...base,
    askOcm: noMesh,
    ping: async () => ({ status: 200, headers: {}, body: Buffer.from('{"name":"x"}') }),
  });
  const joining = { ...base, keys, probes, events: new PeerEvents(clock), wire: createJoinWire(outbound) };
  const more = { webOrigin: origin, onJoined: () => undefined };
  return {
    database,
    clock,
    network: network as { call: (call: OutboundCall) => Promise<unknown> },
    peers,
    keys,
    probes,
    joins: new Joins({ ...joining, ...more, askOcm: noMesh, allowInsecure: false, cloudName: name }),
    requests: new JoinRequests({ ...joining, ...more }),
    document: wellKnown({ name, publicUrl: origin, apiPrefix: '/v1/', joins: true }),
  };
}

const need = (peer: Peer | undefined): Peer => peer ?? expect.fail('no such peer');

eachDatabase((bench) => {
  describe('a join', () => {
    it('gives both clouds both pairs', async () => {
      const { alder, birch } = await open(bench);
      const { code } = await alder.joins.start(BIRCH, 'ada');
      await birch.requests.readWaiting();
      const { id } = await birch.requests.find('Alder');
      expect(await birch.requests.approve(id, code, 'bea')).toMatchObject({ outcome: 'well' });
      const [atAlder, atBirch] = [need(await alder.peers.byName('Birch')), need(await birch.peers.byName('Alder'))];
      expect([atAlder.outbound, atBirch.outbound]).toEqual([atBirch.inbound, atAlder.inbound]);
    });

    it('is confirmed once by many at once, and five wrong codes at once end it', async () => {
      const { alder } = await open(bench);
      const { id, code } = await alder.joins.start(BIRCH, 'ada');
      const right = { join_id: id, code, ...KEYS };
      const answers = await Promise.all(Array.from({ length: 6 }, () => alder.joins.confirm(right)));
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(answers[0]).not.toBe('refused');
      const wrong = { ...right, code: '0000000000' };
      await Promise.all(Array.from({ length: 5 }, () => alder.joins.confirm(wrong)));
      expect(await alder.joins.confirm(right)).toBe('refused');
      expect(await alder.peers.list()).toHaveLength(1);
    });

    it('leaves nothing behind but the peer', async () => {
      const { alder } = await open(bench);
      const { id, code } = await alder.joins.start(BIRCH, 'ada');
      await alder.joins.confirm({ join_id: id, code, ...KEYS });
      alder.clock.advance(15 * MINUTE);
      await alder.joins.sweep();
      expect(await alder.database.read('joins')).toEqual([]);
      expect(await alder.peers.list()).toHaveLength(1);
    });
  });

  describe('the pairs of a peer', () => {
    it('follow each other: told again until used, taken back, ended by use or by time', async () => {
      const { alder } = await open(bench);
      const { peer } = await alder.peers.add({ name: 'Birch', shareUrl: `${BIRCH}/s`, credentialsUrl: `${BIRCH}/c` });
      const first = await alder.keys.issue(peer.id);
      expect(await alder.keys.issue(peer.id)).toEqual({ pair: first.pair, isFresh: false });
      await alder.keys.takeBack(peer.id, first.pair.key);
      expect(await alder.peers.byName('Birch')).toMatchObject({ inbound: peer.inbound, previousInbound: undefined });
      const second = await alder.keys.issue(peer.id);
      const both = need(await alder.peers.byName('Birch'));
      expect(await alder.peers.byInboundKey(peer.inbound.key)).toEqual(both);
      await alder.keys.used(both, peer.inbound.key);
      expect(need(await alder.peers.byName('Birch')).previousInbound?.key).toBe(peer.inbound.key);
      await alder.keys.used(both, second.pair.key);
      expect(await alder.peers.byInboundKey(peer.inbound.key)).toBeUndefined();
      const third = await alder.keys.issue(peer.id);
      await alder.keys.taken(peer.id, third.pair.key);
      alder.clock.advance(7 * DAY);
      await alder.keys.sweep();
      expect(need(await alder.peers.byName('Birch'))).toMatchObject({
        inbound: third.pair,
        previousInbound: undefined,
      });
    });
  });

  describe('a probe', () => {
    it('keeps what it found, and when all was last well', async () => {
      const { alder } = await open(bench);
      const draft = { name: 'Birch', shareUrl: `${BIRCH}/s`, credentialsUrl: `${BIRCH}/c` };
      const { peer } = await alder.peers.add({ ...draft, outbound: { key: 'k', secret: 's' } });
      expect(peer.probe).toBeUndefined();
      const at = alder.clock.now();
      expect(await alder.probes.probe(peer.id)).toBe('well');
      alder.clock.advance(MINUTE);
      await alder.database.write((trx) => alder.probes.expect(trx, peer.id));
      expect(need(await alder.peers.byName('Birch')).probe).toEqual({
        outcome: 'awaited',
        at: at + MINUTE,
        wellAt: at,
      });
    });
  });
});
