import { describe, expect, it } from 'vitest';
import { migrations } from '../../migrations/index.js';
import { MINUTE } from '../../src/kernel/index.js';
import { migrate, rollback } from '../../src/platform/index.js';
import { codeOf } from '../contracts/file-space/harness.js';
import { tokenOf, wish } from '../files/locks/lock-bench.js';
import { textContent } from '../files/files-bench.js';
import { eachDatabase, openForTest } from '../support/each-database.js';
import { ALL, claims, openDeskBench } from './desk-bench.js';

eachDatabase((bench) => {
  const open = async () => {
    const opened = await openDeskBench(await bench.open());
    await opened.shareWithBo();
    return opened;
  };

  describe('locks of desktops beside those that bind', () => {
    it('bind no write, but keep others from a lock with a token until they are given back or over', async () => {
      const { desk, locks, tree, ana, bo, budget, clock } = await open();
      await desk.acquire(ana, budget.id, claims());
      await tree.replace(bo, budget.id, textContent('43'));
      const taking = () => locks.take(bo, budget.id, wish('Bo'));
      await expect(taking()).rejects.toMatchObject({ code: 'locked', message: 'eyeana has this file open.' });
      const own = await locks.take(ana, budget.id, wish());
      await locks.release(ana, budget.id, tokenOf(own));
      await desk.release(ana, budget.id, claims());
      const first = await taking();
      await locks.release(bo, budget.id, tokenOf(first));
      await desk.acquire(ana, budget.id, claims());
      clock.advance(10 * MINUTE + 1);
      await taking();
    });

    it('show an exclusive lock of a file as open, to everybody, and cannot be had beside it', async () => {
      const { desk, locks, ana, bo, plans, grant, budget } = await open();
      await desk.acquire(ana, budget.id, claims());
      await desk.release(ana, budget.id, claims());
      const lock = await locks.take(bo, budget.id, wish('Bo'));
      const ipserver = `webdav:${tokenOf(lock).slice(9, 17)}`;
      const shown = { user: 'Bo', cloud: 'Alder', ipserver, datetime: '2026-11-02 09:00:00', status: 'open' };
      for (const lookup of [ALL, { cloud: 'Stacksync', everywhere: false }]) {
        expect(await desk.lock(ana, budget.id, lookup)).toEqual(shown);
      }
      expect(await desk.lock(grant(plans.id), budget.id, ALL)).toEqual({ ...shown, user: 'Bo@Alder' });
      await expect(desk.acquire(ana, budget.id, claims())).rejects.toThrow('Bo has this file open.');
      await locks.release(bo, budget.id, tokenOf(lock));
      expect(await desk.lock(ana, budget.id, ALL)).toMatchObject({ user: 'eyeana', status: 'close' });
      await desk.acquire(ana, budget.id, claims());
    });

    it('are not refreshed once somebody else holds a lock with a token', async () => {
      const { desk, locks, ana, bo, budget, clock } = await open();
      await desk.acquire(ana, budget.id, claims());
      clock.advance(11 * MINUTE);
      const lock = await locks.take(bo, budget.id, wish('Bo'));
      expect(await codeOf(desk.refresh(ana, budget.id, claims()))).toBe('invalid');
      await locks.release(bo, budget.id, tokenOf(lock));
      await desk.refresh(ana, budget.id, claims());
    });

    it('are no locks of folders, nor shared ones', async () => {
      const { desk, locks, ana, bo, plans, budget } = await open();
      await locks.take(bo, plans.id, wish('Bo', { isDeep: true, isShared: true }));
      await locks.take(bo, budget.id, wish('Bo', { isShared: true }));
      expect(await desk.lock(ana, plans.id, ALL)).toBeUndefined();
      expect(await desk.lock(ana, budget.id, ALL)).toBeUndefined();
      await desk.acquire(ana, budget.id, claims());
    });
  });

  it('OPS-03 locks of the release before are there after the step, as they were, and after the way back', async () => {
    const database = await openForTest(await bench.empty());
    const step = migrations.findIndex(({ name }) => name === '0056-binding-locks');
    await migrate(database, migrations.slice(0, step));
    const lock = {
      item_id: 7,
      mount_id: null,
      actor: 'person:ana',
      home: null,
      user_name: 'eyeana',
      cloud: 'Stacksync',
      ipserver: '192.0.2.1',
      datetime: '2015-05-12 10:50:00',
      minutes: 10,
      touched_at: 1_000,
    };
    const open = database.engine === 'sqlite' ? 1 : true;
    await database.write((trx) => trx('locks').insert({ ...lock, is_open: true }));
    await migrate(database, migrations.slice(0, step + 1));
    expect(await database.read('locks')).toMatchObject([{ ...lock, is_open: open, token: null, bound_id: null }]);
    // The release before goes on writing: it knows the old columns only.
    const fresh = { ...lock, item_id: 8, is_open: true };
    for (const row of [fresh, fresh]) {
      await database.write((trx) => trx('locks').insert(row).onConflict('item_id').ignore());
    }
    expect(await rollback(database, migrations.slice(0, step + 1))).toBe('0056-binding-locks');
    expect(await database.read('locks').orderBy('item_id')).toEqual([
      { ...lock, is_open: open },
      { ...lock, item_id: 8, is_open: open },
    ]);
  });
});
