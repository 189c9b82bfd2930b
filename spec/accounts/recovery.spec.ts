import { describe, expect, it } from 'vitest';
import type { Account, AccountLetter } from '../../src/accounts/index.js';
import { ACCOUNT_PURPOSE } from '../../src/accounts/index.js';
import { DAY, MINUTE, parseEmail, type Email } from '../../src/kernel/index.js';
import { eachDatabase } from '../support/each-database.js';
import { ANA } from '../support/seeds.js';
import { dump, openRoom, type Room } from './support.js';

const PASSWORD = 'three quiet wooden bridges';
const OTHER = 'four loud stone bridges';
const WORK = parseEmail('ana@work.example');
const THIEF = parseEmail('thief@evil.example');
const HOME = { address: '198.51.100.7' };

eachDatabase(({ open }) => {
  /** Ana, whose address is from the beginning, and who has been here for a month. */
  async function story(): Promise<Room & { readonly ana: Account }> {
    const room = openRoom(await open());
    const ana = await room.accounts.add(ANA.email, ANA.name);
    await room.passwords.set(ana.id, PASSWORD);
    room.clock.advance(30 * DAY);
    return { ...room, ana };
  }

  async function add({ addresses, letters }: Room, { id }: Account, email: Email): Promise<void> {
    await addresses.askCode(id, email, ACCOUNT_PURPOSE);
    const code = letters.find((letter) => letter.letter === 'address-code' && letter.to === email);
    const digits = code?.letter === 'address-code' ? code.data.code : '';
    expect(await addresses.prove(id, email, ACCOUNT_PURPOSE, digits)).toBe('proven');
  }

  const noticesIn = (letters: readonly AccountLetter[]) =>
    letters.filter(({ letter }) => letter === 'account-changed' || letter === 'account-notice');

  function tokenOf(letter: AccountLetter | undefined): string {
    return letter?.letter === 'account-changed' ? letter.data.token : '';
  }

  async function emailsOf({ addresses }: Room, { id }: Account): Promise<string[]> {
    return (await addresses.list(id)).map(({ email, isPrimary }) => `${email}${isPrimary ? ' (main)' : ''}`);
  }

  describe('a change of who may come in', () => {
    it('is mailed to the addresses that were there before, each kind of it (F-65)', async () => {
      const room = await story();
      const { ana, addresses, passwords, letters } = room;
      await add(room, ana, WORK);
      room.clock.advance(8 * DAY);
      await addresses.makePrimary(ana.id, WORK);
      await passwords.set(ana.id, OTHER);
      await addresses.remove(ana.id, ANA.email);
      expect(
        noticesIn(letters).map(({ letter, to, data }) => [letter, to, (data as { change: string }).change]),
      ).toEqual([
        ['account-changed', ANA.email, `The address ${WORK} was added.`],
        ['account-changed', ANA.email, `The main address is now ${WORK}.`],
        ['account-changed', WORK, `The main address is now ${WORK}.`],
        ['account-changed', ANA.email, 'The password was changed.'],
        ['account-changed', WORK, 'The password was changed.'],
        ['account-changed', ANA.email, `The address ${ANA.email} was removed.`],
        ['account-changed', WORK, `The address ${ANA.email} was removed.`],
      ]);
    });

    it('is not told of the first password, nor of an address that was never proven (F-65)', async () => {
      const { ana, addresses, letters } = await story();
      await addresses.askCode(ana.id, WORK, ACCOUNT_PURPOSE);
      await addresses.remove(ana.id, WORK);
      expect(noticesIn(letters)).toEqual([]);
    });

    it('gives a way back only to addresses that were proven for more than seven days (F-65)', async () => {
      const room = await story();
      await add(room, room.ana, THIEF);
      room.clock.advance(7 * DAY);
      await room.passwords.set(room.ana.id, OTHER);
      room.clock.advance(1);
      await room.passwords.set(room.ana.id, PASSWORD);
      const toThief = noticesIn(room.letters).filter(({ to }) => to === THIEF);
      expect(toThief.map(({ letter }) => letter)).toEqual(['account-notice', 'account-changed']);
    });
  });

  describe('the way back', () => {
    it('makes the account as it was, whatever the thief changed after it, and in one step (F-65)', async () => {
      const room = await story();
      const { ana, addresses, passwords, recoveries, links, letters, sessions, endedApps } = room;
      const since = room.clock.now();
      await add(room, ana, THIEF);
      const [first] = noticesIn(letters);
      await addresses.makePrimary(ana.id, THIEF);
      await addresses.remove(ana.id, ANA.email);
      await passwords.set(ana.id, OTHER);
      await new Promise((resolve) =>
        sessions.set('thief', { passport: { user: ana.id }, cookie: { originalMaxAge: null } } as never, resolve),
      );
      expect(await emailsOf(room, ana)).toEqual([`${THIEF} (main)`]);

      const token = await recoveries.restore(tokenOf(first));
      expect(await emailsOf(room, ana)).toEqual([`${ANA.email} (main)`]);
      expect(endedApps).toEqual([{ accountId: ana.id, since }]);
      expect(await room.database.read('sessions')).toEqual([]);
      for (const password of [PASSWORD, OTHER]) {
        expect(await passwords.signIn(ANA.email, password, HOME)).toEqual({ kind: 'refused' });
      }
      expect(await links.redeem(token ?? '', 'five old iron bridges')).toMatchObject({ kind: 'ok' });
      expect(await passwords.signIn(ANA.email, 'five old iron bridges', HOME)).toMatchObject({ kind: 'ok' });
      // The links that the thief's later changes made are void too.
      for (const letter of noticesIn(letters)) expect(await recoveries.restore(tokenOf(letter))).toBeUndefined();
    });

    it('takes back a removed address from its own mail (F-65)', async () => {
      const room = await story();
      await add(room, room.ana, WORK);
      room.clock.advance(8 * DAY);
      await room.addresses.remove(room.ana.id, WORK);
      const toWork = noticesIn(room.letters).find(({ to }) => to === WORK);
      await room.recoveries.restore(tokenOf(toWork));
      expect(await emailsOf(room, room.ana)).toEqual([`${ANA.email} (main)`, WORK]);
    });

    it('leaves an address with whoever has proven it since (F-65)', async () => {
      const room = await story();
      await add(room, room.ana, WORK);
      room.clock.advance(8 * DAY);
      await room.addresses.remove(room.ana.id, WORK);
      const bo = await room.accounts.add(WORK, 'Bo');
      await room.recoveries.restore(tokenOf(noticesIn(room.letters).find(({ to }) => to === WORK)));
      expect(await emailsOf(room, room.ana)).toEqual([`${ANA.email} (main)`]);
      expect((await room.accounts.byEmail(WORK))?.id).toBe(bo.id);
    });

    it('is open for seven days, to look at without effect, and not to a disabled account (F-65)', async () => {
      const room = await story();
      const { ana, clock, database, passwords, recoveries, letters } = room;
      await passwords.set(ana.id, OTHER);
      const token = tokenOf(noticesIn(letters)[0]);
      const before = await dump(database);
      clock.advance(7 * DAY - 1);
      expect(await recoveries.view(token)).toMatchObject({ name: ANA.name, change: 'The password was changed.' });
      expect(await dump(database)).toBe(before);
      clock.advance(1);
      expect(await recoveries.view(token)).toBeUndefined();
      expect(await recoveries.restore(token)).toBeUndefined();
      expect(await recoveries.restore('made up')).toBeUndefined();
      expect(await dump(database)).toBe(before);
      await passwords.set(ana.id, PASSWORD);
      await room.accounts.disable(ANA.email);
      expect(await recoveries.restore(tokenOf(noticesIn(letters).at(-1)))).toBeUndefined();
    });
  });

  describe('a link to choose a password', () => {
    it('goes to an address that was proven for more than seven days; a younger one is told when (F-65)', async () => {
      const room = await story();
      await add(room, room.ana, WORK);
      room.clock.advance(7 * DAY);
      await room.links.mail(WORK, HOME);
      room.clock.advance(1);
      await room.links.mail(WORK, HOME);
      const mailed = room.letters.filter(({ to, letter }) => to === WORK && letter.startsWith('password-link'));
      expect(mailed.map(({ letter }) => letter)).toEqual(['password-link-early', 'password-link']);
      expect(await room.database.read('password_links')).toHaveLength(1);
    });

    it('goes at once to the address that an account was made with (F-65)', async () => {
      const room = openRoom(await open());
      await room.accounts.add(ANA.email, ANA.name);
      room.clock.advance(MINUTE);
      await room.links.mail(ANA.email, HOME);
      expect(room.letters.map(({ letter }) => letter)).toEqual(['password-link']);
    });
  });
});
