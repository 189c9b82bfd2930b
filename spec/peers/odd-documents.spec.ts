import { describe, expect, it } from 'vitest';
import { discover, Peers, wellKnown } from '../../src/peers/index.js';
import { createSealer } from '../../src/platform/index.js';
import { sqliteBench } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';

const bench = sqliteBench();

async function openPeers() {
  const base = { database: await bench.open(), clock: createHandClock(), random: createSeededRandom() };
  const parts = { ...base, sealer: createSealer(Buffer.alloc(32, 7)) };
  const hooks = { onBlocked: async () => 0, onRemoved: async () => 0, onMoved: async () => 0 };
  return new Peers({ ...parts, allowInsecure: false, hooks, logos: { keep: async () => false } });
}

/** What a cloud says of itself, as it is read. */
function found(changes: object) {
  const sound = wellKnown({ name: 'Birch', publicUrl: 'https://birch.example', apiPrefix: '/v1/', joins: true });
  const body = Buffer.from(JSON.stringify({ ...sound, ...changes }));
  return discover({ call: async () => ({ status: 200, headers: {}, body }) }, 'https://birch.example');
}

describe('a cloud that describes itself oddly', () => {
  it('can be recorded as it was read, or was not read: nothing is found out only after keys were exchanged', async () => {
    const peers = await openPeers();
    const document = await found({
      email_domains: ['mail.example', '*.mail.example', '', 'bo@mail.example', '@MAIL.example'],
    });
    expect(document.emailDomains).toEqual(['mail.example']);
    await peers.add({ ...document });
    await expect(
      found({ storage_apis: [{ storage_api: 'two words', base: 'https://birch.example/' }] }),
    ).rejects.toThrow('No cloud that this one can talk to');
  });

  it('has one name however its letters are composed', async () => {
    const [composed, decomposed] = [await found({ name: 'Caf\u00e9' }), await found({ name: 'Cafe\u0301' })];
    expect(composed.name).toBe(decomposed.name);
  });
});
