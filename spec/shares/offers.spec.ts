import { describe, expect, it } from 'vitest';
import type { Item } from '../../src/files/index.js';
import { DAY, HOUR, parseEmail, type Permission } from '../../src/kernel/index.js';
import { eachDatabase } from '../support/each-database.js';
import { CLEO } from '../support/seeds.js';
import { openHouse, person, type House } from './support.js';

interface Wish {
  readonly permission?: Permission;
  readonly expiresAt?: number;
  readonly comment?: string;
}

function share({ services, ana }: House, folder: Item, emails: readonly string[], wish: Wish = {}) {
  const terms = { permission: 'read-only' as const, ...wish };
  return services.agreements.sharing.share(ana.id, folder.id, {
    ...terms,
    addresses: emails.map((email) => parseEmail(email)),
  });
}

const refusal = async (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => 'done',
    (error: unknown) => error,
  );

const lettersIn = ({ services }: House): Promise<unknown[]> =>
  services.base.database.read('deliveries').where({ kind: 'mail' }).select('id');

const guests = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `guest${String(from + index)}@birch.example`);

const TOO_MANY = { code: 'too-many' };

describe('invitations', () => {
  eachDatabase((bench) => {
    it('MAI-02 are twenty an hour of one sender, and a refusal says how many are possible (F-10)', async () => {
      const house = await openHouse(bench);
      const folder = await house.makeFolder('Plans');
      await share(house, folder, guests(17));
      const refused = await refusal(share(house, folder, guests(4, 17)));
      expect(refused).toMatchObject(TOO_MANY);
      expect(String(refused)).toContain('3 more are possible now');
      expect(await lettersIn(house)).toHaveLength(17);
      await share(house, folder, guests(3, 17));
      expect(String(await refusal(share(house, folder, guests(1, 20))))).toContain('none is possible now');
      house.clock.advance(HOUR);
      await share(house, folder, guests(1, 20));
    });

    it('MAI-02 are five a day of one sender to one recipient, and nobody else is kept from inviting them (F-10)', async () => {
      const house = await openHouse(bench);
      const { services, bo } = house;
      for (let count = 0; count < 5; count += 1) {
        await share(house, await house.makeFolder(`Plans ${String(count)}`), ['guest@birch.example']);
      }
      const sixth = await house.makeFolder('One more');
      expect(await refusal(share(house, sixth, ['GUEST@birch.example']))).toMatchObject(TOO_MANY);
      const theirs = await services.files.tree.makeFolder(person(bo.id), '0' as never, 'Of Bo');
      const addresses = [parseEmail('guest@birch.example')];
      await services.agreements.sharing.share(bo.id, theirs.id, { addresses, permission: 'read-only' });
      house.clock.advance(DAY);
      await share(house, sixth, ['guest@birch.example']);
    });

    it('MAI-02 are twenty a day to one recipient over all (F-10)', async () => {
      const house = await openHouse(bench);
      const { services, clock } = house;
      const addresses = [parseEmail('guest@birch.example')];
      const inviteAs = async (name: string, count: number): Promise<void> => {
        const { id } = await services.people.accounts.add(parseEmail(`${name}@alder.example`), name);
        for (let turn = 0; turn < count; turn += 1) {
          const folder = await services.files.tree.makeFolder(person(id), '0' as never, `Folder ${String(turn)}`);
          await services.agreements.sharing.share(id, folder.id, { addresses, permission: 'read-only' });
        }
      };
      for (const name of ['one', 'two', 'three', 'four']) await inviteAs(name, 5);
      expect(await refusal(inviteAs('five', 1))).toMatchObject(TOO_MANY);
      clock.advance(DAY);
      await inviteAs('six', 1);
    });

    it('are not spent by local members, by those who have one, by repeats, or by what is refused (F-10)', async () => {
      const house = await openHouse(bench);
      const { services, ana, bo, clock } = house;
      const folder = await house.makeFolder('Plans');
      for (let turn = 0; turn < 30; turn += 1) {
        await share(house, folder, [bo.email, 'guest@birch.example']);
        await refusal(share(house, folder, guests(21)));
        await refusal(share(house, folder, guests(2), { expiresAt: clock.now() - 1 }));
        await refusal(
          services.agreements.sharing.share(bo.id, folder.id, { addresses: [ana.email], permission: 'read-only' }),
        );
      }
      const { proposals } = await share(house, folder, guests(19));
      expect(proposals).toHaveLength(19);
      expect(await refusal(share(house, folder, guests(1, 19)))).toMatchObject(TOO_MANY);
    });
  });
});

describe('sharing with somebody of this cloud', () => {
  eachDatabase((bench) => {
    it('mails them the letter that recipients abroad get, once (F-24)', async () => {
      const house = await openHouse(bench);
      const folder = await house.makeFolder('Plans');
      await share(house, folder, [house.bo.email]);
      expect(await lettersIn(house)).toHaveLength(1);
      await share(house, folder, [house.bo.email]);
      expect(await lettersIn(house)).toHaveLength(1);
    });

    it('again changes permission and end, and says so (F-23)', async () => {
      const house = await openHouse(bench);
      const { services, ana, bo, clock } = house;
      const folder = await house.makeFolder('Plans');
      await share(house, folder, [bo.email], { expiresAt: clock.now() + DAY });
      const { members } = await share(house, folder, [bo.email], { permission: 'read-write' });
      expect(members).toMatchObject([{ email: bo.email, outcome: 'changed' }]);
      const [, member] = await services.agreements.sharing.members(person(ana.id), folder.id);
      expect(member).toMatchObject({ permission: 'read-write', expiresAt: undefined });
      expect((await share(house, folder, [bo.email], { permission: 'read-write' })).members[0]?.outcome).toBe('kept');
    });

    it('whose account is disabled shares nothing, and says so (F-22)', async () => {
      const house = await openHouse(bench);
      const { services, ana, bo } = house;
      await services.people.accounts.add(CLEO.email, CLEO.name);
      await services.people.accounts.disable(CLEO.email);
      const folder = await house.makeFolder('Plans');
      const result = await share(house, folder, [bo.email, CLEO.email]);
      expect(result.disabled).toEqual([{ name: CLEO.name, email: CLEO.email }]);
      expect(result.members.map(({ email }) => email)).toEqual([bo.email]);
      expect(await services.agreements.sharing.members(person(ana.id), folder.id)).toHaveLength(2);
    });
  });
});

describe('sharing again with somebody abroad', () => {
  eachDatabase((bench) => {
    it('changes permission, end and message of the offer that is there (F-23)', async () => {
      const house = await openHouse(bench);
      const folder = await house.makeFolder('Plans');
      const offered = await house.offer(folder);
      const expiresAt = house.clock.now() + DAY;
      const { proposals } = await share(house, folder, ['guest@birch.example'], { expiresAt, comment: 'For Saturday' });
      expect(proposals).toEqual([
        { shareId: offered.shareId, email: 'guest@birch.example', state: 'created', outcome: 'changed' },
      ]);
      expect(await house.now(offered)).toMatchObject({ permission: 'read-only', expiresAt, comment: 'For Saturday' });
      expect(await lettersIn(house)).toHaveLength(1);
    });

    it('an app that names everybody anew gives nobody more than they had (F-23)', async () => {
      const house = await openHouse(bench);
      const { services, ana, bo } = house;
      const folder = await house.makeFolder('Plans');
      await share(house, folder, [bo.email, 'guest@birch.example']);
      const addresses = [bo.email, parseEmail('guest@birch.example'), parseEmail('other@birch.example')];
      const asked = { addresses, permission: 'read-write', again: {} } as const;
      const { members, proposals } = await services.agreements.sharing.share(ana.id, folder.id, asked);
      expect([...members, ...proposals].map(({ outcome }) => outcome)).toEqual(['kept', 'kept', 'new']);
    });
  });
});
