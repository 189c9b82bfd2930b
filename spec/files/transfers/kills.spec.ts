import { describe, expect, it } from 'vitest';
import { MINUTE, ROOT_ID } from '../../../src/kernel/index.js';
import { eachDatabase } from '../../support/each-database.js';
import { until } from '../../support/until.js';
import { textContent } from '../files-bench.js';
import { openWorld, ROOT, type Death } from './world.js';

const NEVER = new AbortController().signal;

/** Every stage of a folder on its way. */
const STAGES: readonly (readonly [string, Death])[] = [
  ['before anything is made', { call: 'makeFolder', time: 1 }],
  ['as what hides it is made', { call: 'makeFolder', time: 1, isAfter: true }],
  ['while it is copied', { call: 'put', time: 2 }],
  ['before it comes to its place', { call: 'move', time: 1 }],
  ['as it comes to its place', { call: 'move', time: 1, isAfter: true }],
  ['before the source goes', { call: 'remove', time: 1 }],
  ['as the source goes', { call: 'remove', time: 1, isAfter: true }],
];

/** Every stage of a file, which is written in one step. */
const FILE_STAGES: readonly (readonly [string, Death])[] = [
  ['before it is read', { call: 'open', time: 1 }],
  ['before it is written', { call: 'put', time: 1 }],
  ['as it is written', { call: 'put', time: 1, isAfter: true }],
  ['before the source goes', { call: 'remove', time: 1 }],
  ['as the source goes', { call: 'remove', time: 1, isAfter: true }],
];

const WAYS = ['to another cloud', 'from another cloud'] as const;

eachDatabase((bench) => {
  describe.each(WAYS)('a move %s whose process is killed', (way) => {
    it('with a folder, at any stage, is done by another: nothing is lost, and nothing doubled', async () => {
      const world = await openWorld(await bench.open());
      const { mount, ana, clock, tree } = world;
      for (const [stage, death] of STAGES) {
        const [from, to] = way === 'to another cloud' ? [ROOT, mount] : [mount, ROOT];
        const source = await world.plant(from.id, 'Box');
        const old = await world.plant(to.id, 'Place');
        await tree.put(ana, old.id, 'old.txt', textContent('old'));
        const mortal = world.process(death);
        const { id } = await mortal.transfers.begin(await world.wish(source, to, { name: 'Place' }));
        await mortal.died;
        const living = world.process();
        clock.advance(2 * MINUTE);
        await living.transfers.start();
        const { status, made } = await living.transfers.ended(ana, id, NEVER);
        const there = ['/Place/', '/Place/Deeper/', '/Place/Deeper/b.txt=bb', '/Place/a.txt=a'];
        const result = async () => [stage, status, await world.read(from.id), await world.read(to.id)];
        expect(await result()).toEqual([stage, 'done', [], there]);
        expect((await tree.find(ana, to.id, ['Place']))?.id).toBe(made?.id);
        // If it had only stood still, it does no harm when it goes on.
        mortal.wake();
        await mortal.transfers.stop();
        expect(await result()).toEqual([stage, 'done', [], there]);
        await living.transfers.stop();
        // What was hidden and of which nobody knew is cleared after a day.
        clock.advance(2 * 24 * 60 * MINUTE);
        await tree.clearStaged();
        expect([stage, await world.namesAbroad()]).toEqual([stage, way === 'to another cloud' ? ['Place'] : []]);
        expect(await result()).toEqual([stage, 'done', [], there]);
        await tree.remove(ana, made?.id ?? ROOT_ID);
      }
    });

    it.each(['a free name', 'a file'])('with a file onto %s, at any stage, is done by another', async (onto) => {
      const world = await openWorld(await bench.open());
      const { mount, ana, clock, tree } = world;
      for (const [stage, death] of FILE_STAGES) {
        const [from, to] = way === 'to another cloud' ? [ROOT, mount] : [mount, ROOT];
        const source = await tree.put(ana, from.id, 'f.txt', textContent('new'));
        const old = onto === 'a file' ? await tree.put(ana, to.id, 'f.txt', textContent('old')) : undefined;
        const mortal = world.process(death);
        const { id } = await mortal.transfers.begin(await world.wish(source, to));
        await mortal.died;
        const living = world.process();
        clock.advance(2 * MINUTE);
        await living.transfers.start();
        const { status, isNew } = await living.transfers.ended(ana, id, NEVER);
        const result = async () => [stage, status, await world.read(from.id), await world.read(to.id)];
        expect(await result()).toEqual([stage, 'done', [], ['/f.txt=new']]);
        const there = await tree.find(ana, to.id, ['f.txt']);
        // It was written once, whoever did it.
        expect([stage, isNew, there?.version]).toEqual([stage, old === undefined, (old?.version ?? 0) + 1]);
        if (old !== undefined) expect(there?.id).toBe(old.id);
        mortal.wake();
        await Promise.all([mortal.transfers.stop(), living.transfers.stop()]);
        expect(await result()).toEqual([stage, 'done', [], ['/f.txt=new']]);
        if (there !== undefined) await tree.remove(ana, there.id);
      }
    });
  });

  it('a move of a file onto a free name alone is done though the other cloud tells no checksums', async () => {
    const world = await openWorld(await bench.open());
    const { mount, ana, clock, tree } = world;
    world.setBlind();
    for (const [name, theirs] of [
      ['ours.txt', undefined],
      ['theirs.txt', 'two'],
    ] as const) {
      const source = await tree.put(ana, ROOT_ID, name, textContent('one'));
      const mortal = world.process({ call: 'put', time: 1, isAfter: theirs === undefined });
      const { id } = await mortal.transfers.begin(await world.wish(source, mount, { mayReplace: false }));
      await mortal.died;
      if (theirs !== undefined) await tree.put(ana, mount.id, name, textContent(theirs));
      const living = world.process();
      clock.advance(2 * MINUTE);
      await living.transfers.start();
      const { status } = await living.transfers.ended(ana, id, NEVER);
      expect([name, status]).toEqual([name, theirs === undefined ? 'done' : 'failed']);
      await living.transfers.stop();
    }
    expect(await world.read(ROOT_ID)).toEqual(['/theirs.txt=one']);
    expect(await world.read(mount.id)).toEqual(['/ours.txt=one', '/theirs.txt=two']);
  });

  it('a move into a cloud that is away just then waits for it, and may be half done no longer than that', async () => {
    const world = await openWorld(await bench.open());
    const { mount, ana, clock, database } = world;
    const source = await world.plant(ROOT_ID, 'Box');
    const mortal = world.process({ call: 'move', time: 1, isAfter: true });
    const { id } = await mortal.transfers.begin(await world.wish(source, mount));
    await mortal.died;
    world.setAway(true);
    for (const attempts of [2, 3]) {
      clock.advance(3 * MINUTE);
      const early = world.process();
      await early.transfers.start();
      const postponed = { attempts, claimed_by: null };
      await until('the attempt', async () => database.read('transfers').where(postponed).first('id'), { every: 5 });
      await early.transfers.stop();
    }
    expect(await mortal.transfers.state(ana, id)).toMatchObject({ status: 'queued', isPlaced: false });
    world.setAway(false);
    clock.advance(3 * MINUTE + 1);
    const living = world.process();
    await living.transfers.start();
    expect((await living.transfers.ended(ana, id, NEVER)).status).toBe('done');
    expect([await world.read(ROOT_ID), await world.namesAbroad()]).toEqual([[], ['Box']]);
    mortal.wake();
    await Promise.all([mortal.transfers.stop(), living.transfers.stop()]);
    expect(await database.read('transfer_members')).toEqual([]);
  });

  it('a move whose source has changed since it was copied leaves there what has changed', async () => {
    const world = await openWorld(await bench.open());
    const { mount, ana, clock, tree } = world;
    const source = await world.plant(ROOT_ID, 'Box');
    const mortal = world.process({ call: 'remove', time: 1 });
    const { id } = await mortal.transfers.begin(await world.wish(source, mount));
    await mortal.died;
    await tree.put(ana, source.id, 'a.txt', textContent('changed'));
    const living = world.process();
    clock.advance(2 * MINUTE);
    await living.transfers.start();
    const { status, isPlaced, faults } = await living.transfers.ended(ana, id, NEVER);
    expect([status, isPlaced, faults.map(({ path }) => path.join('/'))]).toEqual(['failed', true, ['a.txt', '']]);
    expect(await world.read(ROOT_ID)).toEqual(['/Box/', '/Box/a.txt=changed']);
    expect(await world.read(mount.id)).toEqual(['/Box/', '/Box/Deeper/', '/Box/Deeper/b.txt=bb', '/Box/a.txt=a']);
    mortal.wake();
    await Promise.all([mortal.transfers.stop(), living.transfers.stop()]);
  });
});
