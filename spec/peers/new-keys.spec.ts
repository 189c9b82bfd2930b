import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/kernel/index.js';
import { KeyRotation, PeerEvents, PeerKeys, Peers, type KeyRotationParts } from '../../src/peers/index.js';
import { createSealer } from '../../src/platform/index.js';
import { sqliteBench } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';

const bench = sqliteBench();

async function open() {
  const base = { database: await bench.open(), clock: createHandClock(), random: createSeededRandom() };
  const parts = { ...base, sealer: createSealer(Buffer.alloc(32, 7)) };
  const hooks = { onBlocked: async () => 0, onRemoved: async () => 0, onMoved: async () => 0 };
  const peers = new Peers({ ...parts, allowInsecure: false, hooks, logos: { keep: async () => false } });
  return { ...parts, peers, keys: new PeerKeys({ ...parts, peers }), events: new PeerEvents(base.clock) };
}

const BIRCH = {
  name: 'Birch',
  shareUrl: 'https://birch.example/interop/share',
  credentialsUrl: 'https://birch.example/interop/credentials',
  outbound: { key: 'theirs', secret: 'theirs' },
};

describe('new keys', () => {
  const rotationAt = async (parts: Awaited<ReturnType<typeof open>>, body: (key: string) => string) => {
    const tell: KeyRotationParts['tell'] = async (_peer, _url, fields) => {
      const key = fields.find(([name]) => name === 'consumer_key')?.[1] ?? '';
      return { status: 200, headers: {}, body: Buffer.from(body(key)) };
    };
    return new KeyRotation({ ...parts, tell });
  };

  it('are not taken by a server that answers 200 to everything: its old ones do not run out', async () => {
    const parts = await open();
    const { peer } = await parts.peers.add(BIRCH);
    for (const body of ['<!doctype html>', '', '{}', '{"consumer_key":"another"}']) {
      const rotation = await rotationAt(parts, () => body);
      await expect(rotation.rotate('Birch', 'ada')).rejects.toMatchObject({ code: 'peer-failed' });
    }
    parts.clock.advance(30 * DAY);
    await parts.keys.sweep();
    expect((await parts.peers.byInboundKey(peer.inbound.key))?.name).toBe('Birch');
    await (await rotationAt(parts, (key) => JSON.stringify({ consumer_key: key }))).rotate('Birch', 'ada');
    parts.clock.advance(7 * DAY);
    expect(await parts.peers.byInboundKey(peer.inbound.key)).toBeUndefined();
  });

  it('of a join give the ones before them no more time than they had, and none whose time is up', async () => {
    const parts = await open();
    const { peer } = await parts.peers.add(BIRCH);
    const { pair } = await parts.keys.issue(peer.id);
    await parts.keys.taken(peer.id, pair.key);
    const replace = (key: string): Promise<void> =>
      parts.database.write(async (trx) => {
        const present = await parts.peers.byId(peer.id, trx);
        if (present !== undefined) await parts.keys.replace(trx, present, { key, secret: 'secret' });
      });
    parts.clock.advance(DAY);
    await replace('second');
    expect((await parts.peers.byInboundKey(peer.inbound.key))?.name).toBe('Birch');
    parts.clock.advance(6 * DAY);
    expect(await parts.peers.byInboundKey(peer.inbound.key)).toBeUndefined();
    await replace('third');
    expect(await parts.peers.byInboundKey(peer.inbound.key)).toBeUndefined();
    expect((await parts.peers.byInboundKey('second'))?.name).toBe('Birch');
  });
});
