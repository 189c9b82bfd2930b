import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ROOT_ID } from '../../../src/kernel/index.js';
import { codeOf, refusalOf } from '../../contracts/file-space/harness.js';
import { eachDatabase } from '../../support/each-database.js';
import { namesIn, textContent, textOf } from '../files-bench.js';
import { openLockBench, tokenOf, wish } from './lock-bench.js';

eachDatabase((bench) => {
  const open = async () => openLockBench(await bench.open());

  describe('a binding lock', () => {
    it('on a file keeps others from changing, moving or deleting it, whichever door they come through; not from reading', async () => {
      const { locks, tree, ana, bo, grant, plans, deep, budget } = await open();
      await locks.take(ana, budget.id, wish());
      for (const who of [bo, grant(plans.id)]) {
        for (const change of [
          () => tree.replace(who, budget.id, textContent('other')),
          () => tree.restoreVersion(who, budget.id, 1),
          () => tree.move(who, budget.id, { name: 'renamed' }),
          () => tree.move(who, budget.id, { parentId: plans.id }),
          () => tree.remove(who, budget.id),
          () => tree.move(who, deep.id, { name: 'renamed' }),
          () => tree.remove(who, deep.id),
        ]) {
          const refused = await refusalOf(change());
          expect(refused).toMatchObject({ code: 'locked', message: 'Ana has this file open.' });
          expect(refused.facts).toEqual({ locked: budget.id });
        }
        expect(await textOf(tree.open(who, budget.id))).toBe('42');
        await tree.create(who, deep.id, `beside ${who.kind}`, textContent('1'));
      }
      expect(await tree.stat(ana, budget.id)).toMatchObject({ version: 1, name: 'budget', parentId: deep.id });
      expect(await locks.on(ana, budget.id)).toHaveLength(1);
    });

    it('on a folder alone keeps its entries as they are, and nothing else', async () => {
      const { locks, tree, ana, bo, plans, deep, budget, notes } = await open();
      await locks.take(ana, plans.id, wish());
      for (const change of [
        () => tree.create(bo, plans.id, 'new', textContent('1')),
        () => tree.makeFolder(bo, plans.id, 'new'),
        () => tree.move(bo, notes.id, { name: 'renamed' }),
        () => tree.move(bo, notes.id, { parentId: deep.id }),
        () => tree.move(bo, budget.id, { parentId: plans.id }),
        () => tree.remove(bo, notes.id),
      ]) {
        expect(await codeOf(change())).toBe('locked');
      }
      await tree.replace(bo, notes.id, textContent('2'));
      await tree.create(bo, deep.id, 'new', textContent('1'));
      expect(await namesIn(tree, bo, plans.id)).toEqual(['deep', 'notes']);
    });

    it('on a folder with everything in it covers every depth, and what comes later', async () => {
      const { locks, tree, ana, bo, plans, deep, budget, notes, diary } = await open();
      const lock = await locks.take(bo, plans.id, wish('Bo', { isDeep: true }));
      for (const change of [
        () => tree.replace(ana, budget.id, textContent('2')),
        () => tree.create(ana, deep.id, 'new', textContent('1')),
        () => tree.makeFolder(ana, plans.id, 'new'),
        () => tree.remove(ana, deep.id),
        () => tree.move(ana, notes.id, { parentId: ROOT_ID }),
        () => tree.move(ana, diary.id, { parentId: deep.id }),
        () => tree.remove(ana, plans.id),
        () => tree.move(ana, plans.id, { name: 'renamed' }),
      ]) {
        await expect(change()).rejects.toMatchObject({ code: 'locked', facts: { locked: plans.id } });
      }
      const made = await tree.create(bo, deep.id, 'later', textContent('1'));
      expect(await codeOf(tree.replace(ana, made.id, textContent('2')))).toBe('locked');
      await tree.replace(ana, diary.id, textContent('2'));
      await locks.release(bo, plans.id, tokenOf(lock));
      await tree.replace(ana, made.id, textContent('2'));
    });

    it('lets its holder in with the token where the door knows tokens, and without where it does not; a token counts for its holder only', async () => {
      const { locks, tree, ana, bo, budget } = await open();
      const token = tokenOf(await locks.take(ana, budget.id, wish()));
      const changing = (who: typeof ana, lockTokens?: readonly string[]) =>
        tree.replace(who, budget.id, textContent('2'), lockTokens === undefined ? {} : { lockTokens });
      expect(await codeOf(changing(ana, []))).toBe('locked');
      expect(await codeOf(changing(ana, ['urn:uuid:another']))).toBe('locked');
      expect(await codeOf(changing(bo, [token]))).toBe('locked');
      await changing(ana, ['urn:uuid:another', token]);
      await changing(ana);
      expect(await tree.stat(ana, budget.id)).toMatchObject({ version: 3 });
    });

    it('that is shared lets in whoever holds one', async () => {
      const { locks, tree, ana, bo, grant, plans, budget } = await open();
      await locks.take(ana, plans.id, wish('Ana', { isShared: true, isDeep: true }));
      const token = tokenOf(await locks.take(bo, budget.id, wish('Bo', { isShared: true })));
      await tree.replace(bo, budget.id, textContent('2'), { lockTokens: [token] });
      await tree.replace(ana, budget.id, textContent('3'));
      expect(await codeOf(tree.replace(grant(plans.id), budget.id, textContent('4')))).toBe('locked');
      expect(await codeOf(tree.remove(bo, budget.id, { lockTokens: [token] }))).toBe('locked');
    });

    it('stays behind when what it is on moves, and dies with what is deleted; below it too', async () => {
      const { locks, tree, trash, ana, bo, plans, deep, budget, notes, database } = await open();
      await locks.take(ana, budget.id, wish());
      await locks.take(ana, deep.id, wish());
      await tree.move(ana, deep.id, { name: 'moved' });
      expect([...(await locks.on(ana, deep.id)), ...(await locks.on(ana, budget.id))]).toEqual([]);
      await tree.replace(bo, budget.id, textContent('2'));
      await locks.take(ana, notes.id, wish());
      await tree.remove(ana, plans.id);
      expect(await database.read('locks').select('id')).toEqual([]);
      await trash.restore(ana.accountId, plans.id);
      expect(await locks.on(ana, notes.id)).toEqual([]);
    });

    it('lets a folder with a lock of others in it neither go nor move, and nothing of it', async () => {
      const { locks, tree, ana, bo, deep, budget } = await open();
      const token = tokenOf(await locks.take(ana, deep.id, wish()));
      await locks.take(bo, budget.id, wish('Bo'));
      await expect(tree.remove(ana, deep.id, { lockTokens: [token] })).rejects.toMatchObject({
        code: 'locked',
        facts: { locked: budget.id },
      });
      expect(await tree.stat(bo, budget.id)).toMatchObject({ status: 'NEW' });
      expect(await locks.on(ana, deep.id)).toHaveLength(1);
      expect(await locks.on(bo, budget.id)).toHaveLength(1);
    });

    it('of others on a folder keeps the trash from putting anything back into it', async () => {
      const { locks, tree, trash, ana, bo, plans, notes } = await open();
      await tree.remove(ana, notes.id);
      const lock = await locks.take(bo, plans.id, wish('Bo'));
      await expect(trash.restore(ana.accountId, notes.id)).rejects.toMatchObject({ facts: { locked: plans.id } });
      expect(await namesIn(tree, ana, plans.id)).toEqual(['deep']);
      await locks.release(bo, plans.id, tokenOf(lock));
      expect(await trash.restore(ana.accountId, notes.id)).toMatchObject({ isWhereItWas: true });
    });

    it('binds to its last millisecond by this cloud’s clock, also for a write that began before', async () => {
      const { locks, tree, ana, bo, budget, clock } = await open();
      const { endsAt } = await locks.take(ana, budget.id, wish('Ana', { seconds: 60 }));
      clock.advance(endsAt - clock.now());
      expect(await codeOf(tree.replace(bo, budget.id, textContent('2')))).toBe('locked');
      clock.advance(1);
      await tree.replace(bo, budget.id, textContent('2'));
      const [writing, locking] = await Promise.allSettled([
        tree.replace(bo, budget.id, textContent('3')),
        locks.take(ana, budget.id, wish()),
      ]);
      const { version } = await tree.stat(ana, budget.id);
      expect([writing.status, locking.status, version]).toEqual(
        version === 3 ? ['fulfilled', 'fulfilled', 3] : ['rejected', 'fulfilled', 2],
      );
      expect(await codeOf(tree.replace(bo, budget.id, textContent('4')))).toBe('locked');
    });

    it('that is taken while bytes are on their way refuses them, and what was stored of them goes', async () => {
      const { locks, tree, ana, bo, budget } = await open();
      const body = (async function* () {
        await locks.take(ana, budget.id, wish());
        yield Buffer.from('too late');
      })();
      const late = { body: Readable.from(body, { objectMode: false }) };
      expect(await codeOf(tree.replace(bo, budget.id, late))).toBe('locked');
      expect(await textOf(tree.open(ana, budget.id))).toBe('42');
    });
  });
});
