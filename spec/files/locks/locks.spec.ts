import { describe, expect, it } from 'vitest';
import { changeMember, removeMember } from '../../../src/files/index.js';
import { DAY, MINUTE, ROOT_ID, SECOND, type ItemId } from '../../../src/kernel/index.js';
import { codeOf } from '../../contracts/file-space/harness.js';
import { eachDatabase } from '../../support/each-database.js';
import { textContent } from '../files-bench.js';
import { openLockBench, tokenOf, wish } from './lock-bench.js';

eachDatabase((bench) => {
  const open = async () => openLockBench(await bench.open());

  describe('a lock with a token', () => {
    it('is seen by all who see the item; its token by its holder only (DAV-03)', async () => {
      const { locks, ana, bo, grant, plans, budget } = await open();
      const lock = await locks.take(ana, budget.id, wish('Ana', { note: '<href>mailto:ana</href>' }));
      expect(lock.token).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(await locks.on(ana, budget.id)).toEqual([lock]);
      for (const other of [bo, grant(plans.id, 'read-only')]) {
        expect(await locks.on(other, budget.id)).toEqual([{ ...lock, token: undefined }]);
      }
      expect(await codeOf(locks.on(bo, (await open()).diary.id))).toBe('not-found');
      expect(await locks.on(ana, plans.id)).toEqual([]);
    });

    it('excludes others, its holder too; several shared ones stand beside each other', async () => {
      const { locks, ana, bo, grant, plans, budget } = await open();
      await locks.take(ana, budget.id, wish('Ana', { isShared: true }));
      await locks.take(bo, budget.id, wish('Bo', { isShared: true }));
      await locks.take(grant(plans.id), budget.id, wish('Cleo', { isShared: true, home: 'Birch' }));
      expect((await locks.on(ana, budget.id)).map(({ name, home, holderId }) => [name, home, holderId])).toEqual([
        ['Ana', undefined, ana.accountId],
        ['Bo', undefined, bo.accountId],
        ['Cleo', 'Birch', undefined],
      ]);
      expect(await codeOf(locks.take(ana, budget.id, wish()))).toBe('locked');
    });

    it('covers what is in a folder if it is deep, else the folder alone, and is refused above and below another', async () => {
      const { locks, ana, bo, plans, deep, budget, notes } = await open();
      const flat = await locks.take(ana, plans.id, wish());
      expect(await locks.on(bo, notes.id)).toEqual([]);
      const inner = await locks.take(bo, budget.id, wish('Bo'));
      await locks.release(ana, plans.id, tokenOf(flat));
      const taking = locks.take(ana, plans.id, wish('Ana', { isDeep: true }));
      await expect(taking).rejects.toMatchObject({
        code: 'locked',
        message: 'Bo has this file open.',
        facts: { locked: budget.id },
      });
      await locks.release(bo, budget.id, tokenOf(inner));
      const outer = await locks.take(ana, deep.id, wish('Ana', { isDeep: true }));
      await expect(locks.take(bo, budget.id, wish('Bo'))).rejects.toMatchObject({
        code: 'locked',
        message: 'Ana has locked this folder.',
        facts: { locked: deep.id },
      });
      expect(await locks.on(bo, budget.id)).toEqual([{ ...outer, token: undefined }]);
      await locks.take(bo, notes.id, wish('Bo'));
      await locks.take(bo, plans.id, wish('Bo'));
    });

    it('above what somebody may know of is told without saying where', async () => {
      const { locks, ana, grant, plans, deep, budget, tree } = await open();
      await locks.take(ana, plans.id, wish('Ana', { isDeep: true }));
      const stranger = grant(deep.id);
      expect(await locks.on(stranger, budget.id)).toMatchObject([{ itemId: undefined, token: undefined }]);
      await expect(tree.replace(stranger, budget.id, textContent('2'))).rejects.toMatchObject({
        code: 'locked',
        facts: { locked: budget.id },
      });
    });

    it('lasts half an hour unless its holder says, a minute at least and a day at most, and longer when refreshed', async () => {
      const { locks, ana, bo, budget, notes, clock } = await open();
      const start = clock.now();
      const usual = await locks.take(ana, budget.id, wish());
      expect(usual.endsAt).toBe(start + 30 * MINUTE);
      for (const [seconds, millis] of [
        [1, MINUTE],
        [90, 90 * SECOND],
        [Number.POSITIVE_INFINITY, DAY],
      ] as const) {
        const lock = await locks.take(bo, notes.id, wish('Bo', { seconds }));
        expect(lock.endsAt).toBe(start + millis);
        await locks.release(bo, notes.id, tokenOf(lock));
      }
      clock.advance(20 * MINUTE);
      const refreshed = await locks.refresh(ana, budget.id, tokenOf(usual));
      expect(refreshed).toEqual({ ...usual, heldAt: start + 20 * MINUTE, endsAt: start + 50 * MINUTE });
      clock.advance(30 * MINUTE);
      expect(await codeOf(locks.take(bo, budget.id, wish('Bo')))).toBe('locked');
      clock.advance(1);
      expect(await locks.on(ana, budget.id)).toEqual([]);
      expect(await codeOf(locks.refresh(ana, budget.id, tokenOf(usual)))).toBe('precondition-failed');
      await locks.take(bo, budget.id, wish('Bo'));
    });

    it('is refreshed and given back by its holder alone, at anything that it covers (DAV-03)', async () => {
      const { locks, ana, bo, deep, budget, notes } = await open();
      const token = tokenOf(await locks.take(ana, deep.id, wish('Ana', { isDeep: true })));
      expect(await codeOf(locks.refresh(bo, deep.id, token))).toBe('precondition-failed');
      expect(await codeOf(locks.release(bo, deep.id, token))).toBe('forbidden');
      expect(await codeOf(locks.release(ana, notes.id, token))).toBe('conflict');
      expect(await codeOf(locks.release(ana, deep.id, 'urn:uuid:other'))).toBe('conflict');
      await locks.release(ana, budget.id, token);
      expect(await locks.on(ana, deep.id)).toEqual([]);
    });

    it('AUT-01 is for those who may change the item, and for no root', async () => {
      const { locks, ana, bo, grant, plans, diary } = await open();
      expect(await codeOf(locks.take(grant(plans.id, 'read-only'), plans.id, wish()))).toBe('forbidden');
      expect(await codeOf(locks.take(bo, diary.id, wish()))).toBe('not-found');
      expect(await codeOf(locks.take(ana, ROOT_ID, wish()))).toBe('forbidden');
      expect(await codeOf(locks.take(ana, diary.id, wish('Ana', { note: 'x'.repeat(1_025) })))).toBe('invalid');
    });

    it('there are a hundred of a person at most, and thirty-two on an item (DAV-03)', async () => {
      const { locks, ana, bo, tree, notes, plans, budget, database } = await open();
      const other = await tree.create(ana, plans.id, 'other', textContent('1'));
      await locks.take(bo, notes.id, wish('Bo', { isShared: true }));
      const { id: _id, ...row } = await database.read('locks').first<Record<string, unknown>>();
      const more = (count: number, boundId: ItemId) =>
        Array.from({ length: count }, (_, at) => ({ ...row, bound_id: boundId, token: `${boundId} ${String(at)}` }));
      await database.write((trx) => trx('locks').insert(more(30, notes.id)));
      await locks.take(bo, notes.id, wish('Bo', { isShared: true }));
      expect(await codeOf(locks.take(bo, notes.id, wish('Bo', { isShared: true })))).toBe('quota');
      await database.write((trx) => trx('locks').insert(more(67, plans.id)));
      await locks.take(bo, budget.id, wish('Bo'));
      expect(await codeOf(locks.take(bo, other.id, wish('Bo')))).toBe('quota');
      await locks.take(ana, other.id, wish());
    });

    it('goes to one of several who want it at once', async () => {
      const { locks, ana, bo, grant, plans, deep, budget } = await open();
      const cleo = grant(plans.id);
      const taking = [ana, bo, cleo, ana, bo, cleo].map((who, at) =>
        locks.take(who, at % 2 === 0 ? budget.id : deep.id, wish('x', { isDeep: true })),
      );
      const taken = (await Promise.allSettled(taking)).filter(({ status }) => status === 'fulfilled');
      expect(taken).toHaveLength(1);
      expect(await locks.on(ana, budget.id)).toHaveLength(1);
    });

    it('holds nothing any more when its holder may no longer change what it covers (AUT-05)', async () => {
      const { locks, tree, ana, bo, grants, grant, database, clock, plans, budget, notes } = await open();
      const cleo = grant(plans.id);
      await locks.take(bo, budget.id, wish('Bo'));
      await locks.take(cleo, notes.id, wish('Cleo', { home: 'Birch' }));
      expect(await codeOf(tree.replace(ana, budget.id, textContent('2')))).toBe('locked');
      await expect(tree.replace(ana, notes.id, textContent('2'))).rejects.toThrow('Cleo@Birch has this file open.');
      grants.delete(cleo.grantId);
      await tree.replace(ana, notes.id, textContent('2'));
      const readOnly = { permission: 'read-only', now: clock.now() } as const;
      await database.write((trx) => changeMember(trx, plans.id, bo.accountId, readOnly));
      await tree.replace(ana, budget.id, textContent('2'));
      await database.write((trx) => removeMember(trx, plans.id, bo.accountId, clock.now()));
      expect(await locks.on(ana, budget.id)).toEqual([]);
      await locks.take(ana, budget.id, wish());
    });

    it('can be ended by its holder without the token, and by the owner of the tree whoever holds it', async () => {
      const { locks, ana, bo, plans, budget, tree } = await open();
      await locks.take(ana, budget.id, wish());
      expect(await locks.end(bo, budget.id)).toBe(0);
      expect(await codeOf(tree.replace(bo, budget.id, textContent('2')))).toBe('locked');
      expect(await locks.end(ana, budget.id)).toBe(1);
      await locks.take(bo, plans.id, wish('Bo', { isDeep: true }));
      expect(await locks.end(ana, budget.id)).toBe(1);
      await tree.replace(ana, budget.id, textContent('2'));
    });
  });
});
