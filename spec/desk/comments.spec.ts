import { describe, expect, it } from 'vitest';
import { ROOT_ID, type ItemId } from '../../src/kernel/index.js';
import { removeMember, removeMount } from '../../src/files/index.js';
import { codeOf } from '../contracts/file-space/harness.js';
import { eachDatabase } from '../support/each-database.js';
import { START } from '../support/seeds.js';
import { ALL, openDeskBench, says, type DeskBench } from './desk-bench.js';

eachDatabase((bench) => {
  const open = async (clouds?: ReadonlyMap<string, string>): Promise<DeskBench> =>
    openDeskBench(await bench.open(), clouds);

  describe('comments on an item', () => {
    it('are seen by its owner, its members and the grants of its folder, oldest first', async () => {
      const { desk, ana, bo, budget, plans, grant, shareWithBo, clock } = await open();
      await shareWithBo();
      await desk.comment(ana, budget.id, says('first'));
      clock.advance(5_000);
      await desk.comment(bo, budget.id, says('second', 'eyebo'));
      for (const reader of [ana, bo, grant(plans.id)]) {
        expect((await desk.comments(reader, budget.id, ALL)).map(({ text }) => text)).toEqual(['first', 'second']);
      }
      expect(await desk.comments(ana, budget.id, ALL)).toEqual([
        { user: 'eyeana', cloud: 'Stacksync', text: 'first', createdAt: START, status: 'NEW' },
        { user: 'eyebo', cloud: 'Stacksync', text: 'second', createdAt: START + 5_000, status: 'NEW' },
      ]);
    });

    it('AUT-02 are not there for others, nor on what is deleted, unknown or the root', async () => {
      const { desk, ana, bo, tree, plans, budget, diary, grant } = await open();
      await desk.comment(ana, budget.id, says('mine'));
      await desk.comment(ana, diary.id, says('mine'));
      expect(await codeOf(desk.comments(bo, budget.id, ALL))).toBe('not-found');
      expect(await codeOf(desk.comment(bo, budget.id, says('his')))).toBe('not-found');
      expect(await codeOf(desk.comments(grant(plans.id), diary.id, ALL))).toBe('not-found');
      for (const id of [ROOT_ID, '999999' as ItemId]) {
        expect(await codeOf(desk.comments(ana, id, ALL))).toBe('not-found');
        expect(await codeOf(desk.comment(ana, id, says('x')))).toBe('not-found');
      }
      await tree.remove(ana, plans.id);
      expect(await codeOf(desk.comments(ana, budget.id, ALL))).toBe('not-found');
      expect(await codeOf(desk.comment(ana, budget.id, says('late')))).toBe('not-found');
    });

    it('CNV-02 are gone for a member or grant in the moment in which it ends', async () => {
      const { desk, bo, database, budget, plans, grant, grants, shareWithBo } = await open();
      await shareWithBo();
      const peer = grant(plans.id);
      await desk.comment(bo, budget.id, says('his'));
      await database.write((trx) => removeMember(trx, plans.id, bo.accountId, 0));
      grants.delete(peer.grantId);
      expect(await codeOf(desk.comments(bo, budget.id, ALL))).toBe('not-found');
      expect(await codeOf(desk.comment(peer, budget.id, says('late')))).toBe('unauthenticated');
    });

    it('AUT-01 are only read where an item may only be read', async () => {
      const { desk, ana, bo, budget, plans, grant, shareWithBo } = await open();
      await shareWithBo('read-only');
      await desk.comment(ana, budget.id, says('look'));
      for (const reader of [bo, grant(plans.id, 'read-only')]) {
        expect(await desk.comments(reader, budget.id, ALL)).toHaveLength(1);
        expect(await codeOf(desk.comment(reader, budget.id, says('no')))).toBe('forbidden');
      }
    });

    it('never share their second, and a deleted one’s second is not given again', async () => {
      const { desk, ana, budget, clock } = await open();
      const first = await desk.comment(ana, budget.id, says('1'));
      const others = await Promise.all(['2', '3', '4'].map((text) => desk.comment(ana, budget.id, says(text))));
      const seconds = others.map(({ createdAt }) => createdAt).sort();
      expect([first.createdAt, ...seconds]).toEqual([0, 1, 2, 3].map((after) => START + after * 1_000));
      await desk.withdraw(ana, budget.id, { ...says(''), createdAt: START + 3_000 });
      clock.advance(1_500);
      expect((await desk.comment(ana, budget.id, says('5'))).createdAt).toBe(START + 4_000);
    });

    it('are listed under one name of the cloud, or all of them', async () => {
      const { desk, ana, budget } = await open();
      await desk.comment(ana, budget.id, says('one', 'eyeana', 'Stacksync'));
      await desk.comment(ana, budget.id, says('two', 'eyeana', 'NEC'));
      const texts = async (cloud: string, everywhere: boolean): Promise<string[]> =>
        (await desk.comments(ana, budget.id, { cloud, everywhere })).map(({ text }) => text);
      expect(await texts('Stacksync', false)).toEqual(['one']);
      expect(await texts('NEC', false)).toEqual(['two']);
      expect(await texts('', false)).toEqual([]);
      expect(await texts('other', true)).toEqual(['one', 'two']);
    });

    it('tell people of several clouds apart who call themselves alike', async () => {
      const clouds = new Map([['grant-2', 'Cedar']]);
      const { desk, ana, budget, plans, grant } = await open(clouds);
      const [birch, cedar] = [grant(plans.id), grant(plans.id)];
      await desk.comment(ana, budget.id, says('a', 'joe', 'Here'));
      await desk.comment(birch, budget.id, says('b', 'joe', 'There'));
      await desk.comment(cedar, budget.id, says('c', 'joe', 'Here'));
      const users = async (reader: typeof ana | typeof birch, cloud: string): Promise<string[]> =>
        (await desk.comments(reader, budget.id, { cloud, everywhere: false })).map(({ user }) => user);
      expect(await users(ana, 'Here')).toEqual(['joe', 'joe@Birch', 'joe@Cedar']);
      expect(await users(birch, 'There')).toEqual(['joe@Alder', 'joe', 'joe@Cedar']);
      // Of one's own cloud only what is kept under the name that was asked for.
      expect(await users(cedar, 'Elsewhere')).toEqual(['joe@Alder', 'joe@Birch']);
    });

    it('AUT-10 are deleted by who wrote them, not by who claims the name', async () => {
      const { desk, ana, bo, budget, plans, grant, shareWithBo } = await open();
      await shareWithBo();
      const ref = await desk.comment(ana, budget.id, says('mine', 'eyeana'));
      for (const other of [bo, grant(plans.id)]) {
        expect(await codeOf(desk.withdraw(other, budget.id, ref))).toBe('invalid');
      }
      for (const wrong of [{ user: 'eyebo' }, { cloud: 'NEC' }, { createdAt: ref.createdAt + 1_000 }]) {
        expect(await codeOf(desk.withdraw(ana, budget.id, { ...ref, ...wrong }))).toBe('invalid');
      }
      expect(await desk.withdraw(ana, budget.id, ref)).toEqual({ ...ref, status: 'DELETED' });
      expect(await desk.comments(ana, budget.id, ALL)).toEqual([]);
      expect(await codeOf(desk.withdraw(ana, budget.id, ref))).toBe('invalid');
    });

    it('are the owner’s of the item to delete, under the name that the owner sees', async () => {
      const { desk, ana, bo, budget, plans, grant, shareWithBo } = await open();
      await shareWithBo();
      const peer = grant(plans.id);
      await desk.comment(bo, budget.id, says('his', 'eyebo'));
      await desk.comment(peer, budget.id, says('theirs', 'eyedev'));
      for (const comment of await desk.comments(ana, budget.id, ALL)) await desk.withdraw(ana, budget.id, comment);
      expect(await desk.comments(ana, budget.id, ALL)).toEqual([]);
    });

    it('have bounds of number and length, and take only text', async () => {
      const { desk, ana, budget, database, diary } = await open();
      expect(await codeOf(desk.comment(ana, budget.id, says('x'.repeat(2_001))))).toBe('invalid');
      expect(await codeOf(desk.comment(ana, budget.id, says('x', 'u'.repeat(101))))).toBe('invalid');
      for (const text of ['', 'nul \0', 'half \ud800']) {
        expect(await codeOf(desk.comment(ana, budget.id, says(text)))).toBe('invalid');
      }
      await desk.comment(ana, budget.id, says('ñ\n😀'));
      const row: object | undefined = await database.read('comments').first();
      const copies = Array.from({ length: 499 }, (_, at) => ({ ...row, created_at: START + (at + 1) * 1_000 }));
      await database.write((trx) => trx.batchInsert('comments', copies, 50));
      await expect(desk.comment(ana, budget.id, says('one too many'))).rejects.toThrow('There are 500 comments');
      await desk.comment(ana, diary.id, says('elsewhere'));
    });

    it('on an item of another cloud that keeps none are kept here, for its one reader, as long as the mount', async () => {
      const { desk, ana, bo, abroad, database, mountAtBo } = await open();
      const { fileId, fileKey, mountId } = await mountAtBo();
      await desk.comment(bo, fileId, says('far', 'eyebo'));
      await desk.comment(bo, mountId, says('top', 'eyebo'));
      expect(await desk.comments(bo, fileId, ALL)).toMatchObject([{ user: 'eyebo', text: 'far' }]);
      expect(await codeOf(desk.comments(ana, fileId, ALL))).toBe('not-found');
      await abroad.remove(fileKey);
      expect(await codeOf(desk.comments(bo, fileId, ALL))).toBe('not-found');
      await database.write((trx) => removeMount(trx, 'in-1', 0));
      expect(await codeOf(desk.comments(bo, mountId, ALL))).toBe('not-found');
      for (const table of ['comments', 'comment_threads']) expect(await database.read(table).select('*')).toEqual([]);
    });
  });
});
