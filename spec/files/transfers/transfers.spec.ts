import { describe, expect, it } from 'vitest';
import { forgetTransfersOf } from '../../../src/files/index.js';
import { DAY, HOUR, MINUTE, ROOT_ID, type Principal } from '../../../src/kernel/index.js';
import { eachDatabase } from '../../support/each-database.js';
import { until } from '../../support/until.js';
import { addPerson, textContent } from '../files-bench.js';
import { openWorld, ROOT, type Process, type World } from './world.js';

const NEVER = new AbortController().signal;

eachDatabase((bench) => {
  const open = async (): Promise<World> => openWorld(await bench.open());

  /** A process that is held at its first read, and what it was asked for. */
  async function held(world: World, more: Parameters<World['wish']>[2] = {}) {
    const source = await world.plant(ROOT_ID, 'Box');
    const process = world.process({ call: 'open', time: 1 });
    const wish = await world.wish(source, world.mount, more);
    const begun = await process.transfers.begin(wish);
    await process.died;
    return { process, wish, begun, source };
  }

  /** Lets everything come to its end that a process has been asked for. */
  async function end({ transfers, wake }: Process, who: Principal, id: string) {
    wake();
    const ended = await transfers.ended(who, id, NEVER);
    await transfers.stop();
    return ended;
  }

  describe('a transfer from one space to another', () => {
    it('is recorded before it begins, counts what has arrived, and says what it has made', async () => {
      const world = await open();
      const { process, begun } = await held(world, { note: 'kept' });
      expect(begun).toMatchObject({ status: 'queued', files: 0, bytes: 0, isPlaced: false, isNew: true, note: 'kept' });
      expect(await process.transfers.state(world.ana, begun.id)).toMatchObject({ status: 'running', totalBytes: 3 });
      const ended = await end(process, world.ana, begun.id);
      expect(ended).toMatchObject({ status: 'done', files: 4, bytes: 3, isPlaced: true, faults: [] });
      expect((await world.tree.stat(world.ana, ended.made?.id ?? ROOT_ID)).name).toBe('Box');
      expect(await world.database.read('transfer_members')).toEqual([]);
    });

    it('is one for all who ask for the same while it is under way, in whichever process', async () => {
      const world = await open();
      const { process, wish, begun } = await held(world);
      const other = world.process();
      expect((await process.transfers.begin(wish)).id).toBe(begun.id);
      expect((await other.transfers.begin(wish)).id).toBe(begun.id);
      const waiting = other.transfers.ended(world.ana, begun.id, NEVER);
      await end(process, world.ana, begun.id);
      expect((await waiting).status).toBe('done');
      await other.transfers.stop();
      expect(await world.read(world.mount.id)).toHaveLength(4);
    });

    it('answers a repeat of its request for ten minutes, and is forgotten after a day', async () => {
      const world = await open();
      const { ana, bo, clock } = world;
      const { process, wish, begun } = await held(world);
      const { transfers } = process;
      expect(await transfers.before(ana, wish.asked)).toBeUndefined();
      await end(process, ana, begun.id);
      expect((await transfers.before(ana, wish.asked))?.id).toBe(begun.id);
      expect(await transfers.before(bo, wish.asked)).toBeUndefined();
      clock.advance(10 * MINUTE + 1);
      expect(await transfers.before(ana, wish.asked)).toBeUndefined();
      clock.advance(DAY - 11 * MINUTE);
      expect(await transfers.tidy()).toBe(0);
      clock.advance(HOUR);
      // As a process leaves it that dies at the very end.
      const left = {
        transfer_id: begun.id,
        is_folder: false,
        item_id: 1,
        version: 1,
        etag: '',
        checksum: 0,
        path: '[]',
      };
      const members = Array.from({ length: 501 }, (_, number) => ({ ...left, number }));
      await world.database.write((trx) => trx.batchInsert('transfer_members', members, 50));
      expect(await transfers.tidy()).toBe(1);
      expect(await world.database.read('transfer_members')).toEqual([]);
      await expect(transfers.state(ana, begun.id)).rejects.toMatchObject({ code: 'not-found' });
    });

    it('is there for nobody else, and of one asker only sixteen at a time', async () => {
      const world = await open();
      const { ana, bo, tree, mount } = world;
      const { process, begun } = await held(world);
      const { transfers } = process;
      for (const ask of [transfers.state(bo, begun.id), transfers.cancel(bo, begun.id)]) {
        await expect(ask).rejects.toMatchObject({ code: 'not-found' });
      }
      const file = await tree.put(ana, ROOT_ID, 'f.txt', textContent('f'));
      const copy = (name: string) => world.wish(file, mount, { isMove: false, name });
      await world.database.write((trx) => trx('transfers').update({ claimed_until: 2 ** 50 }));
      const row = await world.database.read<object>('transfers').first();
      const others = Array.from({ length: 15 }, (_, at) => ({ ...row, id: String(at), what: String(at) }));
      await world.database.write((trx) => trx('transfers').insert(others));
      await expect(transfers.begin(await copy('one.txt'))).rejects.toMatchObject({ code: 'too-many', retryAfter: 30 });
      process.wake();
      await transfers.stop();
    });

    it('can be cancelled until its copy stands at its place, and leaves nothing then', async () => {
      const world = await open();
      const { ana, mount } = world;
      const { process, begun } = await held(world);
      const cancelled = process.transfers.cancel(ana, begun.id);
      const { read } = world.database;
      await until('the wish', async () => read('transfers').where({ is_cancelled: true }).first('id'), { every: 5 });
      process.wake();
      expect(await cancelled).toMatchObject({ status: 'failed', isCancelled: true, faults: [] });
      expect(await process.transfers.cancel(ana, begun.id)).toMatchObject({ isCancelled: true });
      expect([await world.namesAbroad(), (await world.read(ROOT_ID)).length]).toEqual([[], 4]);
      const source = await world.tree.find(ana, ROOT_ID, ['Box']);
      if (source === undefined) throw new Error('the source is gone');
      const late = world.process({ call: 'remove', time: 1 });
      const { id } = await late.transfers.begin(await world.wish(source, mount));
      await late.died;
      await expect(late.transfers.cancel(ana, id)).rejects.toMatchObject({ code: 'conflict' });
      expect((await end(late, ana, id)).status).toBe('done');
      await expect(late.transfers.cancel(ana, id)).rejects.toMatchObject({ code: 'conflict' });
      await process.transfers.stop();
    });

    it('that is cancelled as its file has been written is done: it cannot be half', async () => {
      const world = await open();
      const { ana, tree, mount, database } = world;
      const source = await tree.put(ana, ROOT_ID, 'f.txt', textContent('f'));
      const process = world.process({ call: 'put', time: 1, isAfter: true });
      const { id } = await process.transfers.begin(await world.wish(source, mount));
      await process.died;
      const refused = expect(process.transfers.cancel(ana, id)).rejects.toMatchObject({ code: 'conflict' });
      await until('the wish', async () => database.read('transfers').where({ is_cancelled: true }).first('id'), {
        every: 5,
      });
      process.wake();
      await refused;
      expect([await world.read(ROOT_ID), await world.read(mount.id)]).toEqual([[], ['/f.txt=f']]);
      await process.transfers.stop();
    });

    it('is given back at once when its process ends gently, and done by the next', async () => {
      const world = await open();
      const { ana } = world;
      const { process, begun } = await held(world);
      const waiting = process.transfers.ended(ana, begun.id, NEVER);
      const stopped = process.transfers.stop();
      await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
      process.wake();
      await stopped;
      expect(await process.transfers.state(ana, begun.id)).toMatchObject({ status: 'queued' });
      const next = world.process();
      await next.transfers.start();
      expect((await next.transfers.ended(ana, begun.id, NEVER)).status).toBe('done');
      await next.transfers.stop();
      expect([await world.namesAbroad(), await world.read(ROOT_ID)]).toEqual([['Box'], []]);
    });

    it('asks again what its asker may: who has lost the folder meanwhile gets nothing, and loses nothing', async () => {
      const world = await open();
      const { ana, tree, grants } = world;
      const shared = await tree.makeFolder(ana, ROOT_ID, 'Shared');
      const other = await addPerson(world.database, 'cleo');
      const grant = world.grant(shared.id);
      const file = await tree.put(ana, shared.id, 'f.txt', textContent('f'));
      const process = world.process({ call: 'open', time: 1 });
      const wish = await world.wish(file, shared, { principal: grant, name: 'g.txt' });
      const { id } = await process.transfers.begin(wish);
      await process.died;
      grants.clear();
      expect(await end(process, grant, id)).toMatchObject({
        status: 'failed',
        faults: [{ path: [], failure: { code: 'unauthenticated' } }],
      });
      expect(await world.read(shared.id)).toEqual(['/f.txt=f']);
      await expect(process.transfers.state(other, id)).rejects.toMatchObject({ code: 'not-found' });
    });

    it('of an app whose access was withdrawn while it waited changes nothing', async () => {
      const world = await open();
      const { ana, tree, mount } = world;
      const file = await tree.put(ana, ROOT_ID, 'f.txt', textContent('f'));
      const { transfers } = world.process(undefined, { accessStands: async (_q, { id }) => id !== 'withdrawn' });
      const principal: Principal = { ...ana, access: { kind: 'password', id: 'withdrawn' } };
      const { id } = await transfers.begin(await world.wish(file, mount, { principal }));
      expect(await transfers.ended(ana, id, NEVER)).toMatchObject({
        status: 'failed',
        faults: [{ failure: { code: 'unauthenticated' } }],
      });
      await transfers.stop();
      expect([await world.read(ROOT_ID), await world.namesAbroad()]).toEqual([['/f.txt=f'], []]);
    });

    it('does not replace what has come to stand there meanwhile, unless it may', async () => {
      const world = await open();
      const { ana, tree, mount } = world;
      const file = await tree.put(ana, ROOT_ID, 'f.txt', textContent('f'));
      const process = world.process();
      const wish = await world.wish(file, mount, { mayReplace: false });
      await tree.put(ana, mount.id, 'f.txt', textContent('theirs'));
      const { id } = await process.transfers.begin(wish);
      expect(await process.transfers.ended(ana, id, NEVER)).toMatchObject({
        status: 'failed',
        faults: [{ failure: { code: 'precondition-failed' } }],
      });
      await process.transfers.stop();
      expect([await world.read(ROOT_ID), await world.read(mount.id)]).toEqual([['/f.txt=f'], ['/f.txt=theirs']]);
    });

    it('waits in order, and nobody waits for all that another has asked for', async () => {
      const world = await open();
      const { ana, bo, tree, mount, database } = world;
      const process = world.process({ call: 'open', time: 1 }, { limits: { total: 2, perAsker: 1 } });
      const first = await tree.put(ana, ROOT_ID, 'first.txt', textContent('1'));
      const begun = [];
      for (const name of ['a', 'b', 'c']) {
        begun.push(await process.transfers.begin(await world.wish(first, mount, { isMove: false, name })));
      }
      await process.died;
      const theirs = await tree.put(bo, ROOT_ID, 'bo.txt', textContent('bo'));
      const { id } = await process.transfers.begin(await world.wish(theirs, ROOT, { principal: bo, name: 'bo2.txt' }));
      expect((await process.transfers.ended(bo, id, NEVER)).status).toBe('done');
      expect(await database.read('transfers').whereNull('ended_at')).toHaveLength(3);
      process.wake();
      for (const each of begun) await process.transfers.ended(ana, each.id, NEVER);
      expect(await world.namesAbroad()).toEqual(['a', 'b', 'c']);
      await process.transfers.stop();
    });
  });

  it('what somebody has asked for goes with them', async () => {
    const world = await open();
    const { process, begun } = await held(world);
    await world.database.write((trx) => forgetTransfersOf(trx, world.ana.accountId));
    await expect(process.transfers.ended(world.ana, begun.id, NEVER)).rejects.toMatchObject({ code: 'not-found' });
    process.wake();
    await process.transfers.stop();
    expect(await world.read(ROOT_ID)).toHaveLength(4);
  });
});
