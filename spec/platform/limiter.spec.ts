import { expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/kernel/index.js';
import { createLimiter, createSealer, STRANGERS_SLOTS, type Database, type Limiter } from '../../src/platform/index.js';
import { eachDatabase, openForTest } from '../support/each-database.js';
import { createHandClock, type HandClock } from '../support/seeds.js';

const THREE = { acts: 3, per: HOUR };
const STRANGERS = { ...THREE, ofStrangers: true };
const SEALER = createSealer(Buffer.alloc(32, 7));
const FULL = { code: 'too-many' };

eachDatabase(({ migrated, open }) => {
  const limiterOn = (database: Database): { limiter: Limiter; clock: HandClock } => {
    const clock = createHandClock();
    return { clock, limiter: createLimiter(database, clock, SEALER) };
  };

  async function spend(limiter: Limiter, times: number): Promise<void> {
    for (let act = 0; act < times; act += 1) await limiter.spend('ana', THREE);
  }

  it('lets as many acts pass as the limit says, then names the seconds to wait', async () => {
    const { clock, limiter } = limiterOn(await open());
    await spend(limiter, 2);
    clock.advance(10 * MINUTE);
    await spend(limiter, 1);
    await expect(limiter.spend('ana', THREE)).rejects.toMatchObject({ ...FULL, retryAfter: 50 * 60 });
    clock.advance(50 * MINUTE - 1);
    await expect(limiter.spend('ana', THREE)).rejects.toMatchObject({ ...FULL, retryAfter: 1 });
  });

  it('begins a new window when the first one is over', async () => {
    const { clock, limiter } = limiterOn(await open());
    await spend(limiter, 3);
    clock.advance(HOUR);
    await spend(limiter, 3);
    await expect(limiter.spend('ana', THREE)).rejects.toMatchObject(FULL);
  });

  it('does not stretch the window of those who keep trying', async () => {
    const { clock, limiter } = limiterOn(await open());
    await spend(limiter, 3);
    clock.advance(HOUR - 1);
    await expect(limiter.spend('ana', THREE)).rejects.toMatchObject(FULL);
    clock.advance(1);
    await spend(limiter, 1);
  });

  it('counts each key by itself', async () => {
    const { limiter } = limiterOn(await open());
    await spend(limiter, 3);
    await limiter.spend('bo', THREE);
  });

  it('lets exactly the limit pass when many act at the same moment', async () => {
    const { limiter } = limiterOn(await open());
    const acts = await Promise.allSettled(Array.from({ length: 20 }, () => limiter.spend('ana', THREE)));
    expect(acts.filter((act) => act.status === 'fulfilled')).toHaveLength(3);
  });

  it('looks without counting', async () => {
    const { clock, limiter } = limiterOn(await open());
    for (let look = 0; look < 5; look += 1) await limiter.check('ana', THREE);
    await spend(limiter, 3);
    await expect(limiter.check('ana', THREE)).rejects.toMatchObject({ ...FULL, retryAfter: 3600 });
    clock.advance(HOUR);
    await limiter.check('ana', THREE);
  });

  it('forgets a key on demand', async () => {
    const { limiter } = limiterOn(await open());
    await spend(limiter, 3);
    await limiter.forget('ana', THREE);
    await spend(limiter, 3);
  });

  it('keeps no row whose window is over', async () => {
    const database = await open();
    const { clock, limiter } = limiterOn(database);
    for (const key of ['a', 'b', 'c']) await limiter.spend(key, THREE);
    clock.advance(HOUR);
    await limiter.spend('d', THREE);
    expect(await database.read('limits').pluck('key')).toEqual(['d']);
  });

  it('F-61 keeps at most 65,536 counters of one kind of act, whatever keys strangers choose', async () => {
    expect(STRANGERS_SLOTS).toBe(65_536);
    const database = await open();
    const { limiter } = limiterOn(database);
    for (let key = 0; key < 300; key += 1) await limiter.spend(`sign-in:${String(key)}`, STRANGERS);
    const keys = await database.read('limits').pluck<string[]>('key');
    const slots = keys.map((key) => Number(/^sign-in:#(\d{1,5})$/.exec(key)?.[1]));
    expect(slots.every((slot) => slot >= 0 && slot < 65_536)).toBe(true);
    // Spread so widely that two clients hardly ever share one.
    expect(slots.length).toBeGreaterThan(290);
  });

  it('F-61 counts, looks and forgets strangers under the same slot', async () => {
    const { limiter } = limiterOn(await open());
    for (let act = 0; act < 3; act += 1) await limiter.spend('sign-in:here', STRANGERS);
    await expect(limiter.check('sign-in:here', STRANGERS)).rejects.toMatchObject(FULL);
    await limiter.check('sign-in:elsewhere', STRANGERS);
    await limiter.forget('sign-in:here', STRANGERS);
    await limiter.check('sign-in:here', STRANGERS);
  });

  it('is shared by replicas and survives a restart', async () => {
    const location = await migrated();
    const [one, other] = [limiterOn(await openForTest(location)), limiterOn(await openForTest(location))];
    await spend(one.limiter, 2);
    await spend(other.limiter, 1);
    await expect(one.limiter.spend('ana', THREE)).rejects.toMatchObject(FULL);
  });
});
