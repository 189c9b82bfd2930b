import { describe, expect, it } from 'vitest';
import type { Account } from '../../src/accounts/index.js';
import { HOUR, MINUTE, parseEmail, type Email } from '../../src/kernel/index.js';
import { eachDatabase } from '../support/each-database.js';
import { ANA, BO, CLEO } from '../support/seeds.js';
import { dump, openRoom, type Room } from './support.js';

const OTHER = parseEmail('Ana.Private@mail.example');
const PROPOSAL = 'proposal-1';

interface Story extends Room {
  readonly ana: Account;
  readonly bo: Account;
}

eachDatabase(({ open }) => {
  const story = async (): Promise<Story> => {
    const room = openRoom(await open());
    const ana = await room.accounts.add(ANA.email, ANA.name);
    const bo = await room.accounts.add(BO.email, BO.name);
    return { ...room, ana, bo };
  };

  describe('asking for a code', () => {
    it('mails eight digits to the address and lists it as not proven', async () => {
      const { addresses, ana, letters, clock } = await story();
      await addresses.askCode(ana.id, OTHER, 'account');
      expect(letters).toEqual([
        {
          letter: 'address-code',
          to: OTHER,
          data: { code: expect.stringMatching(/^\d{8}$/) as string, askerName: ANA.name, askerEmail: ANA.email },
        },
      ]);
      expect(await addresses.list(ana.id)).toEqual([
        { email: ANA.email, isPrimary: true, provenAt: clock.now() },
        { email: OTHER, isPrimary: false, provenAt: undefined },
      ]);
    });

    it('SEC-01 keeps the code only as a digest', async () => {
      const { addresses, ana, database, letters } = await story();
      await addresses.askCode(ana.id, OTHER, 'account');
      expect(await dump(database)).not.toContain(codeIn(letters));
    });

    it('WEB-08 refuses a fourth mail within an hour, whatever the address and purpose', async () => {
      const { addresses, ana, bo, clock, letters } = await story();
      await addresses.askCode(ana.id, OTHER, 'account');
      await addresses.askCode(ana.id, OTHER, PROPOSAL);
      await addresses.askCode(ana.id, CLEO.email, 'account');
      await expect(addresses.askCode(ana.id, OTHER, 'account')).rejects.toMatchObject({ code: 'too-many' });
      expect(letters).toHaveLength(3);
      await addresses.askCode(bo.id, OTHER, 'account');
      clock.advance(HOUR);
      await addresses.askCode(ana.id, OTHER, 'account');
      expect(letters).toHaveLength(5);
    });

    it('has nothing to prove about an address that is proven', async () => {
      const { addresses, ana, letters } = await story();
      const shouted = parseEmail('ANA@alder.example');
      await expect(addresses.askCode(ana.id, shouted, 'account')).rejects.toMatchObject({ code: 'conflict' });
      expect(letters).toEqual([]);
    });

    it('stops at twenty addresses', async () => {
      const { addresses, ana, clock } = await story();
      for (let number = 1; number < 20; number += 1) {
        await addresses.askCode(ana.id, parseEmail(`a${String(number)}@mail.example`), 'account');
        clock.advance(HOUR);
      }
      await expect(addresses.askCode(ana.id, OTHER, 'account')).rejects.toMatchObject({ code: 'conflict' });
      await addresses.askCode(ana.id, parseEmail('a1@mail.example'), 'account');
    });

    it('changes nothing when the letter cannot be queued', async () => {
      const { addresses, ana, breakNeighbours, database } = await story();
      const before = await dump(database);
      breakNeighbours();
      await expect(addresses.askCode(ana.id, OTHER, 'account')).rejects.toThrow('broken by the test');
      expect(await dump(database)).toBe(before);
    });
  });

  describe('proving an address', () => {
    it('works once, with the code for this account, address and purpose', async () => {
      const { addresses, ana, database, letters } = await story();
      await addresses.askCode(ana.id, OTHER, PROPOSAL);
      expect(await addresses.isProven(database.read, ana.id, OTHER)).toBe(false);
      expect(await addresses.prove(ana.id, OTHER, PROPOSAL, codeIn(letters))).toBe('proven');
      expect(await addresses.isProven(database.read, ana.id, OTHER)).toBe(true);
      expect(await addresses.provenFolded(database.read, ana.id)).toEqual([
        'ana.private@mail.example',
        'ana@alder.example',
      ]);
      expect(await addresses.prove(ana.id, OTHER, PROPOSAL, codeIn(letters))).toBe('refused');
    });

    it('forgives blanks that were copied along', async () => {
      const { addresses, ana, letters } = await story();
      await addresses.askCode(ana.id, OTHER, 'account');
      const code = codeIn(letters);
      expect(await addresses.prove(ana.id, OTHER, 'account', ` ${code.slice(0, 4)} ${code.slice(4)}\n`)).toBe('proven');
    });

    it('WEB-08 is bound to account, address and purpose', async () => {
      const { addresses, ana, bo, letters } = await story();
      await addresses.askCode(ana.id, OTHER, PROPOSAL);
      const code = codeIn(letters);
      await addresses.askCode(bo.id, OTHER, PROPOSAL);
      await addresses.askCode(ana.id, CLEO.email, PROPOSAL);
      expect(await addresses.prove(bo.id, OTHER, PROPOSAL, code)).toBe('refused');
      expect(await addresses.prove(ana.id, CLEO.email, PROPOSAL, code)).toBe('refused');
      expect(await addresses.prove(ana.id, OTHER, 'account', code)).toBe('refused');
      expect(await addresses.prove(ana.id, OTHER, PROPOSAL, code)).toBe('proven');
    });

    it('WEB-08 ends after five wrong tries, even for the right code', async () => {
      const { addresses, ana, letters } = await story();
      await addresses.askCode(ana.id, OTHER, 'account');
      for (let tries = 0; tries < 5; tries += 1) {
        expect(await addresses.prove(ana.id, OTHER, 'account', wrong(codeIn(letters)))).toBe('refused');
      }
      expect(await addresses.prove(ana.id, OTHER, 'account', codeIn(letters))).toBe('refused');
    });

    it('WEB-08 counts wrong tries at the same moment one by one', async () => {
      const { addresses, ana, database, letters } = await story();
      await addresses.askCode(ana.id, OTHER, 'account');
      const tries = Array.from({ length: 12 }, () => addresses.prove(ana.id, OTHER, 'account', wrong(codeIn(letters))));
      expect(new Set(await Promise.all(tries))).toEqual(new Set(['refused']));
      expect(await database.read('address_codes').select('tries')).toEqual([{ tries: 5 }]);
    });

    it('WEB-08 accepts the fifth try and the last millisecond of ten minutes, not later', async () => {
      const { addresses, ana, clock, letters } = await story();
      await addresses.askCode(ana.id, OTHER, 'account');
      for (let tries = 0; tries < 4; tries += 1) {
        await addresses.prove(ana.id, OTHER, 'account', wrong(codeIn(letters)));
      }
      clock.advance(10 * MINUTE - 1);
      expect(await addresses.prove(ana.id, OTHER, 'account', codeIn(letters))).toBe('proven');

      await addresses.askCode(ana.id, CLEO.email, 'account');
      clock.advance(10 * MINUTE);
      expect(await addresses.prove(ana.id, CLEO.email, 'account', codeIn(letters))).toBe('refused');
    });

    it('a new code voids the one before and has tries of its own', async () => {
      const { addresses, ana, letters } = await story();
      await addresses.askCode(ana.id, OTHER, 'account');
      const first = codeIn(letters);
      for (let tries = 0; tries < 5; tries += 1) await addresses.prove(ana.id, OTHER, 'account', wrong(first));
      await addresses.askCode(ana.id, OTHER, 'account');
      expect(await addresses.prove(ana.id, OTHER, 'account', first)).toBe('refused');
      expect(await addresses.prove(ana.id, OTHER, 'account', codeIn(letters))).toBe('proven');
    });

    it('goes to whoever proves it first; the second is told of a conflict and not of whose', async () => {
      const { addresses, ana, bo, letters } = await story();
      await addresses.askCode(ana.id, OTHER, 'account');
      const anasCode = codeIn(letters);
      await addresses.askCode(bo.id, parseEmail('ANA.private@mail.example'), 'account');
      expect(await addresses.prove(bo.id, OTHER, 'account', codeIn(letters))).toBe('proven');
      const late = addresses.prove(ana.id, OTHER, 'account', anasCode);
      await expect(late).rejects.toMatchObject({
        code: 'conflict',
        message: expect.not.stringContaining('Bo') as string,
      });
      expect(await addresses.list(ana.id)).toMatchObject([{ email: ANA.email }, { email: OTHER, provenAt: undefined }]);
    });
  });

  describe('the list', () => {
    it('WEB-06 an address taken off is proven no more, and its code is void', async () => {
      const { addresses, ana, database, letters } = await story();
      await prove(addresses, ana.id, OTHER, letters);
      await addresses.remove(ana.id, OTHER);
      expect(await addresses.isProven(database.read, ana.id, OTHER)).toBe(false);

      await addresses.askCode(ana.id, OTHER, 'account');
      await addresses.remove(ana.id, OTHER);
      expect(await addresses.prove(ana.id, OTHER, 'account', codeIn(letters))).toBe('refused');
      expect(await addresses.list(ana.id)).toHaveLength(1);
    });

    it('WEB-06 is read inside the transaction that relies on it', async () => {
      const { addresses, ana, database, letters } = await story();
      await prove(addresses, ana.id, OTHER, letters);
      const seen = await database.write(async (trx) => {
        await trx('addresses').where({ account_id: ana.id, is_primary: false }).delete();
        return [await addresses.isProven(trx, ana.id, OTHER), await addresses.isProven(trx, ana.id, ANA.email)];
      });
      expect(seen).toEqual([false, true]);
    });

    it('keeps the primary address, the only one too', async () => {
      const { addresses, ana } = await story();
      await expect(addresses.remove(ana.id, ANA.email)).rejects.toMatchObject({ code: 'conflict' });
      expect(await addresses.list(ana.id)).toHaveLength(1);
    });

    it('makes a proven address the primary one, and only a proven one', async () => {
      const { accounts, addresses, ana, letters } = await story();
      await addresses.askCode(ana.id, OTHER, 'account');
      await expect(addresses.makePrimary(ana.id, OTHER)).rejects.toMatchObject({ code: 'conflict' });
      expect((await accounts.byId(ana.id))?.email).toBe(ANA.email);

      await addresses.prove(ana.id, OTHER, 'account', codeIn(letters));
      await addresses.makePrimary(ana.id, OTHER);
      expect((await accounts.byEmail(ANA.email))?.email).toBe(OTHER);
      await addresses.remove(ana.id, ANA.email);
      expect(await accounts.byEmail(ANA.email)).toBeUndefined();
    });

    it('always has one primary address, also when two are chosen at once', async () => {
      const { addresses, ana, letters } = await story();
      await prove(addresses, ana.id, OTHER, letters);
      await prove(addresses, ana.id, CLEO.email, letters);
      await Promise.all([OTHER, CLEO.email, OTHER, ANA.email].map((email) => addresses.makePrimary(ana.id, email)));
      expect((await addresses.list(ana.id)).filter((address) => address.isPrimary)).toHaveLength(1);
    });

    it("G8 other people's addresses are not found", async () => {
      const { addresses, ana } = await story();
      await expect(addresses.remove(ana.id, BO.email)).rejects.toMatchObject({ code: 'not-found' });
      await expect(addresses.makePrimary(ana.id, BO.email)).rejects.toMatchObject({ code: 'not-found' });
    });
  });
});

function codeIn(letters: Room['letters']): string {
  const last = letters.at(-1);
  return last?.letter === 'address-code' ? last.data.code : '';
}

function wrong(code: string): string {
  return code.replace(/^./, (digit) => String((Number(digit) + 1) % 10));
}

async function prove(addresses: Room['addresses'], id: Account['id'], email: Email, letters: Room['letters']) {
  await addresses.askCode(id, email, 'account');
  expect(await addresses.prove(id, email, 'account', codeIn(letters))).toBe('proven');
}
