import { describe, expect, it } from 'vitest';
import { AccessTokens, Clients, DelegatedTokens } from '../../src/clients/index.js';
import { addMount, removeMount, type Mount } from '../../src/files/index.js';
import type { AccountId } from '../../src/kernel/index.js';
import { createSealer, type Database } from '../../src/platform/index.js';
import { eachDatabase, type Bench } from '../support/each-database.js';
import { createHandClock, createSeededRandom, START } from '../support/seeds.js';

const BO = 'bo' as AccountId;

async function mountOf(database: Database, incomingId: string): Promise<Mount> {
  const place = { accountId: BO, incomingId, name: 'Abroad', permission: 'read-write', rootKey: '1' } as const;
  return database.write((trx) => addMount(trx, { ...place, expiresAt: undefined, createdAt: START }));
}

async function open(bench: Bench) {
  const database = await bench.open();
  const clock = createHandClock();
  const parts = { database, clock, random: createSeededRandom(), sealer: createSealer(Buffer.alloc(32, 7)) };
  await database.write((trx) => trx('accounts').insert({ id: BO, name: 'Bo', created_at: START }));
  const clients = new Clients(parts);
  const tokens = new AccessTokens({ ...parts, clients, onChange: () => Promise.resolve() });
  const desktop = await clients.add('Desktop', { delegated: true });
  await tokens.add(BO, 'Desktop');
  const [access] = await tokens.list(BO);
  if (access === undefined) throw new Error('no access');
  const mount = await mountOf(database, 'one');
  return { database, clients, tokens, desktop, access, mount, delegated: new DelegatedTokens(parts) };
}

eachDatabase((bench) => {
  describe('a token of one foreign folder', () => {
    it('AUT-10 is the same each time, opens that folder alone and is nobody else’s', async () => {
      const { database, clients, delegated, desktop, access, mount } = await open(bench);
      const other = await mountOf(database, 'two');
      const [issued, again, second] = await Promise.all([
        delegated.of(access.id, mount.id),
        delegated.of(access.id, mount.id),
        delegated.of(access.id, other.id),
      ]);
      expect(issued.token).toMatch(/^[A-Za-z0-9]{30,64}$/);
      expect(again).toEqual(issued);
      expect(await delegated.of(access.id, mount.id)).toEqual(issued);
      expect(second.token).not.toBe(issued.token);
      expect(await delegated.find(desktop.id, issued.token)).toEqual({
        id: expect.any(String) as string,
        accountId: BO,
        accessId: access.id,
        mountId: mount.id,
        secret: issued.tokenSecret,
      });
      const { id: stranger } = await clients.add('Stranger');
      expect(await delegated.find(stranger, issued.token)).toBeUndefined();
    });

    it('SEC-01 lies sealed in the database', async () => {
      const { database, delegated, access, mount } = await open(bench);
      const { tokenSecret } = await delegated.of(access.id, mount.id);
      const rows: { secret: string }[] = await database.read('delegated_tokens').select('secret');
      expect(rows).toHaveLength(1);
      expect(rows[0]?.secret).not.toContain(tokenSecret);
    });

    it.each(['the access', 'the app', 'the mount', 'the account'] as const)('ends with %s', async (what) => {
      const { database, clients, tokens, delegated, desktop, access, mount } = await open(bench);
      const { token } = await delegated.of(access.id, mount.id);
      if (what === 'the access') await tokens.remove(access.id, BO);
      if (what === 'the app') await clients.remove('Desktop');
      if (what === 'the mount') await database.write((trx) => removeMount(trx, 'one', 0));
      if (what === 'the account')
        await database.write((trx) => trx('accounts').where({ id: BO }).update({ disabled_at: START }));
      expect(await delegated.find(desktop.id, token)).toBeUndefined();
    });
  });
});
