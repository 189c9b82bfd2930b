import { describe, expect, it } from 'vitest';
import { foldEmail, parseEmail, type Email } from '../../src/kernel/index.js';
import { eachDatabase } from '../support/each-database.js';
import { ANA, BO, CLEO } from '../support/seeds.js';
import { dump, openRoom, type Room } from './support.js';

const NOBODY = parseEmail('nobody@alder.example');

eachDatabase(({ open }) => {
  const room = async (): Promise<Room> => openRoom(await open());

  describe('adding a person', () => {
    it('answers the account and finds it again by address and id', async () => {
      const { accounts, clock } = await room();
      const ana = await accounts.add(ANA.email, ANA.name, { admin: true });
      expect(ana).toEqual({
        id: expect.stringMatching(/^[A-Za-z0-9]{22}$/) as string,
        name: ANA.name,
        email: ANA.email,
        isAdmin: true,
        disabled: false,
        quota: undefined,
        usedBytes: 0,
        createdAt: clock.now(),
      });
      expect(await accounts.byEmail(ANA.email)).toEqual(ana);
      expect(await accounts.byId(ana.id)).toEqual(ana);
    });

    it('WEB-07 finds an address in any ASCII letter case, but no Unicode look-alike or plus form', async () => {
      const { accounts } = await room();
      const ana = await accounts.add(parseEmail('Ana.K@alder.example'), ANA.name);
      expect((await accounts.byEmail(parseEmail('ANA.k@ALDER.example')))?.id).toBe(ana.id);
      expect(await accounts.byEmail(parseEmail('ana.k+x@alder.example'))).toBeUndefined();
      expect(await accounts.byEmail(parseEmail('anak@alder.example'))).toBeUndefined();
    });

    it('refuses an address that an account has, in whatever letter case, and leaves no half of it', async () => {
      const { accounts, database } = await room();
      await accounts.add(ANA.email, ANA.name);
      const before = await dump(database);
      await expect(accounts.add(parseEmail('ANA@alder.example'), 'Another')).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(await dump(database)).toBe(before);
    });

    it('PRO-08 takes a name of 1 to 100 characters without invisible ones', async () => {
      const { accounts } = await room();
      for (const name of ['', '  ', '\u202e\u200b', 'x'.repeat(101)]) {
        await expect(accounts.add(ANA.email, name)).rejects.toMatchObject({ code: 'invalid' });
      }
      expect((await accounts.add(ANA.email, 'x'.repeat(100))).name).toHaveLength(100);
      expect((await accounts.add(BO.email, ' Bo\u202e Bergman\n')).name).toBe('Bo Bergman');
    });
  });

  describe('changing a person', () => {
    it('changes what is named and leaves the rest', async () => {
      const { accounts } = await room();
      const ana = await accounts.add(ANA.email, ANA.name);
      expect(await accounts.set(ANA.email, { quota: 5_000_000_000 })).toEqual({ ...ana, quota: 5_000_000_000 });
      expect(await accounts.set(ANA.email, { name: 'Ana B.', admin: true })).toMatchObject({
        name: 'Ana B.',
        isAdmin: true,
        quota: 5_000_000_000,
      });
      await accounts.add(BO.email, BO.name, { admin: true });
      expect(await accounts.set(ANA.email, { quota: null, admin: false })).toEqual({ ...ana, name: 'Ana B.' });
    });

    it('refuses a quota that is no number of bytes, an empty name and an unknown address', async () => {
      const { accounts } = await room();
      await accounts.add(ANA.email, ANA.name);
      for (const quota of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
        await expect(accounts.set(ANA.email, { quota })).rejects.toMatchObject({ code: 'invalid' });
      }
      await expect(accounts.set(ANA.email, { name: '' })).rejects.toMatchObject({ code: 'invalid' });
      await expect(accounts.set(NOBODY, {})).rejects.toMatchObject({ code: 'not-found' });
    });

    it('SEC-05 applies no field that is not for operators', async () => {
      const { accounts } = await room();
      const ana = await accounts.add(ANA.email, ANA.name);
      const sneaky = { admin: false, id: 'x', used_bytes: 9, disabled_at: 1, password_hash: 'x' };
      expect(await accounts.set(ANA.email, sneaky)).toEqual(ana);
    });
  });

  it('lists everybody once by address, disabled people too', async () => {
    const { accounts, addresses, letters } = await room();
    await accounts.add(CLEO.email, CLEO.name);
    const ana = await accounts.add(ANA.email, ANA.name);
    await proveSecond({ addresses, letters }, ana.id, BO.email);
    await accounts.disable(CLEO.email);
    const list = await accounts.list();
    expect(list.map((account) => [account.email, account.disabled])).toEqual([
      [ANA.email, false],
      [CLEO.email, true],
    ]);
  });

  it('WEB-06 finds nobody by an address that is claimed but not proven', async () => {
    const { accounts, addresses } = await room();
    const ana = await accounts.add(ANA.email, ANA.name);
    await addresses.askCode(ana.id, BO.email, 'account');
    expect(await accounts.byEmail(BO.email)).toBeUndefined();
    expect((await accounts.add(BO.email, BO.name)).email).toBe(BO.email);
  });

  describe('the last administrator (F-08)', () => {
    const WAYS = {
      disable: (accounts: Room['accounts'], email: Email) => accounts.disable(email),
      remove: (accounts: Room['accounts'], email: Email) => accounts.remove(email),
      role: (accounts: Room['accounts'], email: Email) => accounts.set(email, { admin: false }),
    };
    const SHOUTED = parseEmail(ANA.email.replace(/^[^@]+/, (local) => local.toUpperCase()));

    it.each(['disable', 'remove', 'role'] as const)('cannot be lost by %s, under any spelling', async (way) => {
      const { accounts, database, endings } = await room();
      await accounts.add(ANA.email, ANA.name, { admin: true });
      await accounts.add(BO.email, BO.name);
      await accounts.add(CLEO.email, CLEO.name, { admin: true });
      await accounts.disable(CLEO.email);
      endings.length = 0;
      const before = await dump(database);
      expect(SHOUTED).not.toBe(ANA.email);
      for (const email of [ANA.email, SHOUTED]) {
        await expect(WAYS[way](accounts, email)).rejects.toMatchObject({ code: 'conflict' });
      }
      expect(await dump(database)).toBe(before);
      expect(endings).toEqual([]);
    });

    it.each(['disable', 'remove', 'role'] as const)('remains when two are lost at once by %s', async (way) => {
      const { accounts } = await room();
      await accounts.add(ANA.email, ANA.name, { admin: true });
      await accounts.add(BO.email, BO.name, { admin: true });
      const outcomes = await Promise.allSettled([WAYS[way](accounts, SHOUTED), WAYS[way](accounts, BO.email)]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect((await accounts.list()).filter(({ isAdmin, disabled }) => isAdmin && !disabled)).toHaveLength(1);
    });
  });

  describe('ending', () => {
    it('AUT-05 tells the neighbours in the same transaction, once', async () => {
      const { accounts, endings } = await room();
      const ana = await accounts.add(ANA.email, ANA.name);
      await accounts.disable(ANA.email);
      await accounts.disable(ANA.email);
      expect(endings).toEqual([{ accountId: ana.id, ending: 'disabled' }]);
      expect((await accounts.byId(ana.id))?.disabled).toBe(true);
      await accounts.remove(ANA.email);
      expect(endings.at(-1)).toEqual({ accountId: ana.id, ending: 'removed' });
    });

    it('AUT-05 changes nothing when a neighbour fails', async () => {
      const { accounts, breakNeighbours, database } = await room();
      await accounts.add(ANA.email, ANA.name);
      const before = await dump(database);
      breakNeighbours();
      await expect(accounts.disable(ANA.email)).rejects.toThrow('broken by the test');
      await expect(accounts.remove(ANA.email)).rejects.toThrow('broken by the test');
      expect(await dump(database)).toBe(before);
    });

    it('lets a disabled person in again', async () => {
      const { accounts } = await room();
      const ana = await accounts.add(ANA.email, ANA.name);
      await accounts.disable(ANA.email);
      await accounts.enable(ANA.email);
      expect(await accounts.byEmail(ANA.email)).toEqual(ana);
    });

    it('removes a person and frees the address, while items keep their owner; forgets them with their files', async () => {
      const { accounts, addresses, database, letters, removed } = await room();
      const ana = await accounts.add(ANA.email, ANA.name);
      await proveSecond({ addresses, letters }, ana.id, BO.email);
      await addresses.askCode(ana.id, CLEO.email, 'account');
      await database.write((trx) => trx('items').insert(folderOf(ana.id)));
      await accounts.remove(ANA.email);

      expect(await accounts.list()).toEqual([]);
      expect(await accounts.byId(ana.id)).toBeUndefined();
      expect(await accounts.byEmail(BO.email)).toBeUndefined();
      await removed.forget(ana.id);
      expect(await dump(database)).not.toMatch(/example|Alvarez/);
      expect(await database.read('items').where({ owner_id: ana.id })).toHaveLength(1);
      expect((await accounts.add(ANA.email, 'New Ana')).id).not.toBe(ana.id);
    });

    it('can be taken back for a removed person, but for their sessions, password and role (F-05)', async () => {
      const { accounts, removed, clock, database } = await room();
      const ana = await accounts.add(ANA.email, ANA.name, { admin: true });
      await accounts.add(CLEO.email, CLEO.name, { admin: true });
      await database.write((trx) => trx('accounts').where({ id: ana.id }).update({ password_hash: 'hash' }));
      await accounts.remove(ANA.email);
      expect(await removed.list()).toEqual([{ id: ana.id, name: ANA.name, email: ANA.email, removedAt: clock.now() }]);
      const shouted = parseEmail(ANA.email.replace(/^[^@]+/, (local) => local.toUpperCase()));
      expect(await removed.restore(shouted, ANA.email)).toBe(ana.id);
      expect(await accounts.byEmail(ANA.email)).toEqual({ ...ana, isAdmin: false });
      const row = await database.read('accounts').where({ id: ana.id }).first<Record<string, unknown>>();
      expect(row).toMatchObject({ password_hash: null, removed_at: null, removed_name: null, removed_email: null });
      await expect(removed.restore(ANA.email)).rejects.toMatchObject({ code: 'not-found' });
    });

    it('is refused under an address that belongs to somebody else by now, and changes nothing (F-05)', async () => {
      const { accounts, removed, database } = await room();
      const ana = await accounts.add(ANA.email, ANA.name);
      await accounts.remove(ANA.email);
      await accounts.add(ANA.email, 'New Ana');
      const before = await dump(database);
      await expect(removed.restore(ANA.email)).rejects.toMatchObject({ code: 'conflict' });
      expect(await dump(database)).toBe(before);
      await removed.restore(ANA.email, BO.email);
      expect((await accounts.byEmail(BO.email))?.id).toBe(ana.id);
    });

    it('is told apart from an unknown address', async () => {
      const { accounts } = await room();
      for (const act of [accounts.disable, accounts.enable, accounts.remove]) {
        await expect(act.call(accounts, NOBODY)).rejects.toMatchObject({ code: 'not-found' });
      }
    });
  });
});

async function proveSecond(
  { addresses, letters }: Pick<Room, 'addresses' | 'letters'>,
  id: Parameters<Room['addresses']['list']>[0],
  email: Email,
): Promise<void> {
  await addresses.askCode(id, email, 'account');
  const letter = letters.find(({ to }) => foldEmail(to) === foldEmail(email));
  const code = letter?.letter === 'address-code' ? letter.data.code : '';
  expect(await addresses.prove(id, email, 'account', code)).toBe('proven');
}

function folderOf(ownerId: string) {
  const state = { status: 'NEW', version: 1, modified_at: 0 };
  return { id: 1, owner_id: ownerId, name: 'Plans', is_folder: true, mimetype: 'inode/directory', ...state };
}
