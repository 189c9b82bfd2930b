import { describe, expect, it } from 'vitest';
import { AppPasswords, type BasicProof } from '../../src/clients/index.js';
import { HOUR, MINUTE, type AccountId } from '../../src/kernel/index.js';
import { createLimiter, createMemory, createSealer, type Database } from '../../src/platform/index.js';
import { eachDatabase, type Bench } from '../support/each-database.js';
import { createHandClock, createSeededRandom, START, type HandClock } from '../support/seeds.js';

const ANA = 'ana' as AccountId;
const BO = 'bo' as AccountId;
const HERE = '192.0.2.7';

interface World {
  readonly database: Database;
  readonly clock: HandClock;
  readonly passwords: AppPasswords;
  readonly told: string[];
  /** Whose files this proof opens, if anybody's. */
  open(proof: Omit<BasicProof, 'address'> & Partial<BasicProof>): Promise<AccountId | undefined>;
}

async function open(bench: Bench): Promise<World> {
  const database = await bench.open();
  const clock = createHandClock();
  const sealer = createSealer(Buffer.alloc(32, 7));
  const told: string[] = [];
  await database.write(async (trx) => {
    for (const id of [ANA, BO]) {
      await trx('accounts').insert({ id, name: id, created_at: START });
      const [email, folded] = [`${id}@Alder.example`, `${id}@alder.example`];
      const home = { email, folded, is_primary: true, proven_at: START, created_at: START };
      await trx('addresses').insert({ account_id: id, ...home });
    }
    const claimed = { email: 'not@proven.example', folded: 'not@proven.example', is_primary: false, created_at: START };
    await trx('addresses').insert({ account_id: ANA, proven_at: null, ...claimed });
  });
  const passwords = new AppPasswords({
    database,
    clock,
    sealer,
    random: createSeededRandom(),
    limiter: createLimiter(database, clock, sealer),
    remember: createMemory(database),
    onChange: async (_trx, accountId, { kind, app }) => void told.push(`${accountId} ${kind} ${app}`),
  });
  return {
    database,
    clock,
    passwords,
    told,
    open: async (proof) => (await passwords.prove({ address: HERE, ...proof }))?.accountId,
  };
}

eachDatabase((bench) => {
  describe('an app password', () => {
    it('opens the files of its person, with any proven address of theirs in any case', async () => {
      const { passwords, open: opens } = await open(bench);
      const { password } = await passwords.add(ANA, 'Laptop');
      expect(password).toMatch(/^([a-hjkmnp-z2-9]{7}-){3}[a-hjkmnp-z2-9]{7}$/);
      expect(await opens({ user: 'ana@alder.example', password })).toBe(ANA);
      expect(await opens({ user: ' ANA@ALDER.EXAMPLE', password })).toBe(ANA);
    });

    it('may be typed without its dashes and with capitals, as phones do', async () => {
      const { passwords, open: opens } = await open(bench);
      const { password } = await passwords.add(ANA, 'Phone');
      const typed = password.replaceAll('-', ' ');
      expect(await opens({ user: 'ana@alder.example', password: typed.toUpperCase() })).toBe(ANA);
    });

    it('ACC-01 opens nothing with another’s address, one that is not proven, or none', async () => {
      const { passwords, open: opens } = await open(bench);
      const { password } = await passwords.add(ANA, 'Laptop');
      for (const user of ['bo@alder.example', 'not@proven.example', 'nobody@alder.example', '', 'x'.repeat(600)])
        expect(await opens({ user, password })).toBeUndefined();
      expect(await opens({ user: 'ana@alder.example', password: '' })).toBeUndefined();
      expect(await opens({ user: 'ana@alder.example', password: 'x'.repeat(100_000) })).toBeUndefined();
    });

    it('opens nothing while its person is disabled', async () => {
      const { passwords, database, open: opens } = await open(bench);
      const { password } = await passwords.add(ANA, 'Laptop');
      await database.write((trx) => trx('accounts').where({ id: ANA }).update({ disabled_at: START }));
      expect(await opens({ user: 'ana@alder.example', password })).toBeUndefined();
    });

    it('opens nothing from the moment at which it is withdrawn, which its person is told', async () => {
      const { passwords, database, told, open: opens } = await open(bench);
      const { id, password } = await passwords.add(ANA, 'Laptop');
      expect(await passwords.stands(database.read, id)).toBe(true);
      await expect(passwords.remove(id, BO)).rejects.toThrow(expect.objectContaining({ code: 'not-found' }));
      await passwords.remove(id, ANA);
      expect(await opens({ user: 'ana@alder.example', password })).toBeUndefined();
      expect(await passwords.stands(database.read, id)).toBe(false);
      expect(told).toEqual(['ana app-password-added Laptop', 'ana app-password-removed Laptop']);
    });

    it('SEC-01 is in the database neither in plain nor by a digest that others could make', async () => {
      const { passwords, database } = await open(bench);
      const { password } = await passwords.add(ANA, 'Laptop');
      const stored = JSON.stringify(await database.read('app_passwords'));
      expect(stored).not.toContain(password);
      expect(stored).not.toContain(password.replaceAll('-', ''));
    });

    it('ACC-02 is guessed twenty times a minute, then even the right one waits, there and for that person only', async () => {
      const { passwords, clock, open: opens } = await open(bench);
      const { password } = await passwords.add(ANA, 'Laptop');
      const right = { user: 'ana@alder.example', password };
      for (let miss = 0; miss < 20; miss += 1)
        expect(await opens({ user: right.user, password: `guess ${String(miss)}` })).toBeUndefined();
      const tooMany = expect.objectContaining({ code: 'too-many', retryAfter: 60 });
      await expect(opens({ user: right.user, password: 'guess' })).rejects.toThrow(tooMany);
      await expect(opens(right)).rejects.toThrow(tooMany);
      expect(await opens({ ...right, address: '198.51.100.9' })).toBe(ANA);
      const bo = await passwords.add(BO, 'Laptop');
      expect(await opens({ user: 'bo@alder.example', password: bo.password })).toBe(BO);
      clock.advance(MINUTE);
      expect(await opens(right)).toBe(ANA);
    });

    it('that fits writes nothing but when it was used, once an hour', async () => {
      const { passwords, database, clock } = await open(bench);
      const { password } = await passwords.add(ANA, 'Laptop');
      const used = async (): Promise<number | undefined> => {
        const key = await passwords.prove({ user: 'ana@alder.example', password, address: HERE });
        if (key !== undefined) passwords.touch(key);
        await passwords.settled();
        return (await passwords.list(ANA))[0]?.lastUsedAt;
      };
      expect(await used()).toBe(START);
      clock.advance(HOUR - 1);
      expect(await used()).toBe(START);
      clock.advance(1);
      expect(await used()).toBe(START + HOUR);
      expect(await database.read('limits')).toEqual([]);
    });

    it('has a name that people can read, and there are fifty of one person at most', async () => {
      const { passwords } = await open(bench);
      await expect(passwords.add(ANA, ' \u200b')).rejects.toThrow(expect.objectContaining({ code: 'invalid' }));
      for (let count = 0; count < 50; count += 1) await passwords.add(ANA, `Program ${String(count)}`);
      await expect(passwords.add(ANA, 'One more')).rejects.toThrow(expect.objectContaining({ code: 'conflict' }));
      await passwords.add(BO, 'Laptop');
      expect(await passwords.list(ANA)).toHaveLength(50);
      expect(await passwords.list()).toHaveLength(51);
    });

    it('made since a moment is withdrawn when an account is taken back (F-65)', async () => {
      const { passwords, database, clock } = await open(bench);
      await passwords.add(ANA, 'Old');
      clock.advance(1);
      await passwords.add(ANA, 'Stolen');
      await passwords.add(BO, 'Laptop');
      await database.write((trx) => passwords.endSince(trx, ANA, clock.now()));
      expect((await passwords.list()).map(({ name }) => name).sort()).toEqual(['Laptop', 'Old']);
    });
  });
});
