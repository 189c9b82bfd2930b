import { describe, expect, it } from 'vitest';
import { openDelivery } from '../../src/deliveries/row.js';
import { DAY, HOUR, MINUTE } from '../../src/kernel/index.js';
import type { ProbeFinding } from '../../src/shares/index.js';
import { eachDatabase } from '../support/each-database.js';
import { START } from '../support/seeds.js';
import { openHouse, proposalFor, type House } from './support.js';

/** What a probe finds: the folder, with these terms. */
const opened = (permission: 'read-only' | 'read-write'): ProbeFinding => ({
  kind: 'open',
  rootKey: '7',
  permission,
  expiresAt: undefined,
  keepsDesk: false,
});

/** A folder of the peer that Bo has accepted and that stands among his files. */
async function mounted(house: House): Promise<string> {
  const {
    agreements: { proposals },
    shares: { incoming, receiving, mounting },
    base: { database },
  } = house.services;
  const { id } = await proposals.receive(house.peer, proposalFor(house, 'one'));
  const share = await incoming.byId(database.read, id);
  await proposals.decide(house.bo.id, id, share?.digest ?? '', true);
  await receiving.grant(house.peer, {
    shareId: 'one',
    credentials: { kind: 'oauth1', token: 'token', secret: 'secret' },
  });
  await database.write((trx) => mounting.found(trx, id, opened('read-only')));
  return id;
}

/** The kinds of letters that wait to be mailed to somebody. */
async function lettersTo({ services }: House, email: string): Promise<string[]> {
  const rows = await services.base.database
    .read('deliveries')
    .where({ kind: 'mail' })
    .orderBy('id')
    .select<{ id: number }[]>();
  return rows
    .map((row) => openDelivery(services.base.sealer, row as never).payload)
    .filter(({ to }) => to === email)
    .map(({ letter }) => String(letter));
}

describe('new terms', () => {
  eachDatabase((bench) => {
    it('AUT-03 hold for the grant with the commit, for permission and last moment, and are logged', async () => {
      const house = await openHouse(bench);
      const {
        agreements: { changing },
        shares: { grants, events },
        base: { database },
      } = house.services;
      const share = await house.offer(await house.makeFolder('Plans'));
      await house.decide(await house.choose(share), true);
      const expiresAt = START + HOUR;
      await changing.change(house.ana.id, share.id, { permission: 'read-only', expiresAt });
      expect(await grants.ofShare(database.read, share.id)).toMatchObject({ permission: 'read-only', expiresAt });
      expect(await house.now(share)).toMatchObject({ permission: 'read-only', expiresAt, state: 'accepted' });
      await changing.change(house.ana.id, share.id, { expiresAt: null });
      expect((await grants.ofShare(database.read, share.id))?.expiresAt).toBeUndefined();
      const log = (await events.of(database.read, share.id)).filter(({ event }) => event === 'change');
      expect(log.map(({ note }) => note)).toEqual([
        'read-write to read-only, last moment none to 2026-11-02T10:00:00.000Z',
        'last moment 2026-11-02T10:00:00.000Z to none',
      ]);
    });

    it('CNV-01 do not bring back a share whose last moment has passed, ended by the clock or not yet', async () => {
      const house = await openHouse(bench);
      const {
        agreements: { changing },
        shares: { endings },
      } = house.services;
      const share = await house.offer(await house.makeFolder('Plans'));
      await house.decide(await house.choose(share), true);
      await changing.change(house.ana.id, share.id, { expiresAt: START + HOUR });
      house.clock.advance(HOUR);
      const later = changing.change(house.ana.id, share.id, { expiresAt: START + DAY });
      await expect(later).rejects.toMatchObject({ code: 'conflict' });
      await endings.timeIsUp();
      expect((await house.now(share)).state).toBe('expired');
    });

    it('hold for a member of this cloud, who is told; what is so already is no change', async () => {
      const house = await openHouse(bench);
      const { changing, sharing } = house.services.agreements;
      const folder = await house.makeFolder('Plans');
      await sharing.share(house.ana.id, folder.id, { addresses: [house.bo.email], permission: 'read-write' });
      await changing.changeMember(house.ana.id, folder.id, house.bo.id, { permission: 'read-only' });
      await changing.changeMember(house.ana.id, folder.id, house.bo.id, { permission: 'read-only' });
      const members = await sharing.members({ kind: 'person', accountId: house.bo.id }, folder.id);
      expect(members.map(({ permission }) => permission)).toEqual(['read-write', 'read-only']);
      expect(await lettersTo(house, house.bo.email)).toEqual(['share-active', 'share-changed']);
    });

    it('are not told at an address that their recipient has given up', async () => {
      const house = await openHouse(bench);
      const {
        shares: { mounting },
        base: { database },
      } = house.services;
      const id = await mounted(house);
      const other = { account_id: house.bo.id, email: 'bo@new.example', folded: 'bo@new.example' };
      await database.write(async (trx) => {
        await trx('addresses').where({ account_id: house.bo.id }).delete();
        await trx('addresses').insert({ ...other, is_primary: true, proven_at: START, created_at: START });
        await mounting.found(trx, id, opened('read-write'));
      });
      expect(await lettersTo(house, house.bo.email)).toEqual(['share-active']);
      expect(await lettersTo(house, 'bo@new.example')).toEqual(['share-changed']);
    });

    it('are learnt by a probe, which a doubt lets come sooner, but a minute after the last', async () => {
      const house = await openHouse(bench);
      const {
        shares: { mounting, incoming },
        deliveries: { outbox },
        base: { database },
      } = house.services;
      const id = await mounted(house);
      const waiting = async () =>
        (await outbox.pending(`incoming:${id}`)).map(({ runAt }) => runAt - house.clock.now());
      const [daily = 0] = (await waiting()).slice(-1);
      expect(daily).toBeGreaterThan(DAY - 5 * HOUR);
      await mounting.doubted(id);
      expect(Math.max(...(await waiting()))).toBe(MINUTE);
      await database.write((trx) => mounting.found(trx, id, opened('read-write')));
      expect((await incoming.byId(database.read, id))?.permission).toBe('read-write');
      expect(await lettersTo(house, house.bo.email)).toEqual(['share-active', 'share-changed']);
    });
  });
});
