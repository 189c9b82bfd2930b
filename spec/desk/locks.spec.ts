import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/kernel/index.js';
import { removeMount } from '../../src/files/index.js';
import { codeOf } from '../contracts/file-space/harness.js';
import { eachDatabase } from '../support/each-database.js';
import { ALL, claims, openDeskBench, type DeskBench } from './desk-bench.js';

eachDatabase((bench) => {
  const open = async (): Promise<DeskBench> => openDeskBench(await bench.open());

  /** Ana's file, which Bo may change. */
  async function shared(): Promise<DeskBench> {
    const opened = await open();
    await opened.shareWithBo();
    return opened;
  }

  describe('the lock of a file', () => {
    it('is taken, seen by all who see the file, and given back', async () => {
      const { desk, ana, bo, budget } = await shared();
      expect(await desk.lock(ana, budget.id, ALL)).toBeUndefined();
      await desk.acquire(ana, budget.id, claims());
      const { minutes: _own, ...held } = claims();
      for (const reader of [ana, bo])
        expect(await desk.lock(reader, budget.id, ALL)).toEqual({ ...held, status: 'open' });
      await desk.release(ana, budget.id, claims('eyeana', { datetime: '2015-05-12 11:00:00' }));
      expect(await desk.lock(bo, budget.id, ALL)).toEqual({
        ...held,
        datetime: '2015-05-12 11:00:00',
        status: 'close',
      });
      await desk.acquire(bo, budget.id, claims('eyebo'));
    });

    it('is kept by its holder and refused to everybody else', async () => {
      const { desk, ana, bo, budget, plans, grant } = await shared();
      await desk.acquire(ana, budget.id, claims());
      await desk.acquire(ana, budget.id, claims());
      await expect(desk.acquire(bo, budget.id, claims('eyebo'))).rejects.toThrow('eyeana has this file open.');
      await expect(desk.acquire(grant(plans.id), budget.id, claims())).rejects.toThrow(
        'eyeana@Alder has this file open.',
      );
      expect(await codeOf(desk.acquire(ana, budget.id, claims('eyeana', { ipserver: '192.0.2.2' })))).toBe('invalid');
      expect(await codeOf(desk.acquire(bo, budget.id, claims('eyebo', { cloud: 'Another name' })))).toBe('invalid');
    });

    it('AUT-10 is not had by claiming its holder’s name and desktop', async () => {
      const { desk, ana, bo, budget } = await shared();
      await desk.acquire(ana, budget.id, claims());
      expect(await codeOf(desk.acquire(bo, budget.id, claims()))).toBe('invalid');
      expect(await codeOf(desk.refresh(bo, budget.id, claims()))).toBe('invalid');
      expect(await codeOf(desk.release(bo, budget.id, claims()))).toBe('invalid');
      expect(await desk.lock(ana, budget.id, ALL)).toMatchObject({ user: 'eyeana', status: 'open' });
    });

    it('is free once its time is over by the server’s clock, whatever the desktop’s says', async () => {
      const { desk, ana, bo, budget, clock } = await shared();
      await desk.acquire(ana, budget.id, claims('eyeana', { datetime: '1999-01-01 00:00:00' }));
      clock.advance(10 * MINUTE);
      expect(await codeOf(desk.acquire(bo, budget.id, claims('eyebo', { minutes: 1 })))).toBe('invalid');
      clock.advance(1);
      expect(await desk.lock(bo, budget.id, ALL)).toMatchObject({ user: 'eyeana', status: 'close' });
      await desk.acquire(bo, budget.id, claims('eyebo'));
      expect(await codeOf(desk.refresh(ana, budget.id, claims()))).toBe('invalid');
      expect(await codeOf(desk.release(ana, budget.id, claims()))).toBe('invalid');
      expect(await desk.lock(ana, budget.id, ALL)).toMatchObject({ user: 'eyebo', status: 'open' });
    });

    it('lives on while its holder saves, and again when nobody else came', async () => {
      const { desk, ana, bo, budget, clock } = await shared();
      await desk.acquire(ana, budget.id, claims());
      for (let saves = 0; saves < 3; saves += 1) {
        clock.advance(9 * MINUTE);
        await desk.refresh(ana, budget.id, claims());
      }
      expect(await codeOf(desk.acquire(bo, budget.id, claims('eyebo')))).toBe('invalid');
      clock.advance(60 * MINUTE);
      await desk.refresh(ana, budget.id, claims());
      expect(await codeOf(desk.acquire(bo, budget.id, claims('eyebo')))).toBe('invalid');
      await desk.release(ana, budget.id, claims());
      await desk.release(ana, budget.id, claims());
      expect(await codeOf(desk.refresh(ana, budget.id, claims()))).toBe('invalid');
    });

    it('is refreshed and given back only where there is one', async () => {
      const { desk, ana, budget } = await shared();
      expect(await codeOf(desk.refresh(ana, budget.id, claims()))).toBe('invalid');
      expect(await codeOf(desk.release(ana, budget.id, claims()))).toBe('invalid');
      expect(await desk.lock(ana, budget.id, ALL)).toBeUndefined();
    });

    it('goes to one of many who want it at once', async () => {
      const { desk, ana, bo, budget, plans, grant } = await shared();
      const wanting = [ana, bo, grant(plans.id), grant(plans.id), grant(plans.id)];
      const answers = await Promise.allSettled(
        wanting.map((who, at) => desk.acquire(who, budget.id, claims(`eye${String(at)}`))),
      );
      expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(4);
      const winner = answers.findIndex(({ status }) => status === 'fulfilled');
      expect((await desk.lock(ana, budget.id, ALL))?.user).toMatch(new RegExp(`^eye${String(winner)}(@Birch)?$`));
    });

    it('AUT-01 is taken only by those who may change the file', async () => {
      const { desk, bo, budget, plans, grant, shareWithBo } = await open();
      await shareWithBo('read-only');
      for (const reader of [bo, grant(plans.id, 'read-only')]) {
        expect(await desk.lock(reader, budget.id, ALL)).toBeUndefined();
        expect(await codeOf(desk.acquire(reader, budget.id, claims()))).toBe('forbidden');
        expect(await codeOf(desk.release(reader, budget.id, claims()))).toBe('forbidden');
      }
    });

    it('AUT-02 is not there for others, nor on what is deleted', async () => {
      const { desk, ana, bo, tree, budget, diary, plans, grant } = await open();
      await desk.acquire(ana, budget.id, claims());
      expect(await codeOf(desk.lock(bo, budget.id, ALL))).toBe('not-found');
      expect(await codeOf(desk.acquire(bo, budget.id, claims('eyebo')))).toBe('not-found');
      expect(await codeOf(desk.acquire(grant(plans.id), diary.id, claims()))).toBe('not-found');
      await tree.remove(ana, budget.id);
      expect(await codeOf(desk.lock(ana, budget.id, ALL))).toBe('not-found');
    });

    it('takes a day at most, and readable words only', async () => {
      const { desk, ana, budget } = await open();
      for (const minutes of [0, 1_441, 1.5, Number.NaN]) {
        expect(await codeOf(desk.acquire(ana, budget.id, claims('eyeana', { minutes })))).toBe('invalid');
      }
      for (const changes of [{ datetime: 'now' }, { ipserver: '' }, { cloud: 'c'.repeat(101) }]) {
        expect(await codeOf(desk.acquire(ana, budget.id, claims('eyeana', changes)))).toBe('invalid');
      }
      await desk.acquire(ana, budget.id, claims('eyeana', { minutes: 1_440 }));
    });

    it('is shown under the name of the cloud that was asked for', async () => {
      const { desk, ana, budget } = await open();
      await desk.acquire(ana, budget.id, claims());
      expect(await desk.lock(ana, budget.id, { cloud: 'Stacksync', everywhere: false })).toBeDefined();
      expect(await desk.lock(ana, budget.id, { cloud: 'NEC', everywhere: false })).toBeUndefined();
    });

    it('on an item of another cloud that keeps none goes with the mount', async () => {
      const { desk, bo, database, mountAtBo } = await open();
      const { fileId } = await mountAtBo();
      await desk.acquire(bo, fileId, claims('eyebo'));
      expect(await desk.lock(bo, fileId, ALL)).toMatchObject({ status: 'open' });
      await database.write((trx) => removeMount(trx, 'in-1', 0));
      expect(await database.read('locks').select('*')).toEqual([]);
    });
  });
});
