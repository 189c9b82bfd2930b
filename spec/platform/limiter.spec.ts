import { expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/kernel/index.js';
import { createLimiter, type Database, type Limiter } from '../../src/platform/index.js';
import { eachDatabase, openForTest } from '../support/each-database.js';
import { createHandClock, type HandClock } from '../support/seeds.js';

const THREE = { acts: 3, per: HOUR };
const FULL = { code: 'too-many' };

eachDatabase(({ migrated, open }) => {
  const limiterOn = (database: Database): { limiter: Limiter; clock: HandClock } => {
    const clock = createHandClock();
    return { clock, limiter: createLimiter(database, clock) };
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
    await limiter.forget('ana');
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

  it('is shared by replicas and survives a restart', async () => {
    const location = await migrated();
    const [one, other] = [limiterOn(await openForTest(location)), limiterOn(await openForTest(location))];
    await spend(one.limiter, 2);
    await spend(other.limiter, 1);
    await expect(one.limiter.spend('ana', THREE)).rejects.toMatchObject(FULL);
  });
});
