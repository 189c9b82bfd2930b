import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { askedBy, Asker, askerNow, OWN_WORK, turnOfLoop, turnOfRequest, Turns } from '../../../src/platform/index.js';
import { isFailure } from '../../../src/kernel/index.js';
import { LoopTurns } from '../../../src/platform/turns/event-loop.js';
import { startWatch } from '../../support/stopwatch.js';

/** A piece of work that goes on until it is told to end. */
function open(): { readonly ended: Promise<void>; end: () => void } {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { ended, end };
}

/** Lets everything happen that can happen without time or another event. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('turns (F-84)', () => {
  it('are given round robin by key, and in order within a key', async () => {
    const turns = new Turns({ atOnce: 1, each: 1 });
    const [first, done] = [open(), [] as string[]];
    const work = (key: string, name: string): Promise<unknown> => turns.during(async () => done.push(name), key);
    const before = turns.during(() => first.ended, 'a');
    const all = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map((name) => work(name.charAt(0), name));
    first.end();
    await Promise.all([before, ...all]);
    // Of those who came meanwhile, nobody goes twice before all have gone once.
    expect(done).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('leave room for others, however many one key wants', async () => {
    const turns = new Turns({ atOnce: 4, each: 2 });
    const endless = open();
    let begun = 0;
    const many = Array.from({ length: 64 }, () => turns.during(() => (begun++, endless.ended), 'busy'));
    await settle();
    expect(begun).toBe(2);
    await turns.during(() => Promise.resolve(), 'quiet');
    endless.end();
    await Promise.all(many);
  });

  it('are fewer for one key while others ask too, and as many as before a second later', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const turns = new Turns({ atOnce: 8, each: 3, eachBeside: 2 });
    const pieces = Array.from({ length: 12 }, open);
    let [begun, ended] = [0, 0];
    const many = pieces.map(({ ended: end }) => turns.during(() => (begun++, end), 'busy'));
    const endOne = async (): Promise<number> => {
      pieces[ended++]?.end();
      await settle();
      return begun - ended;
    };
    await settle();
    expect(begun).toBe(3);
    await turns.during(() => Promise.resolve(), OWN_WORK);
    expect(await endOne()).toBe(3);
    await turns.during(() => Promise.resolve(), 'quiet');
    expect([await endOne(), await endOne()]).toEqual([2, 2]);
    now += 1_000;
    expect([await endOne(), await endOne()]).toEqual([3, 3]);
    for (const { end } of pieces) end();
    await Promise.all(many);
  });

  it('are kept for what nobody asked for', async () => {
    const turns = new Turns({ atOnce: 3, each: 3, kept: 1 });
    const endless = open();
    const people = ['a', 'b', 'c'].map((key) => turns.during(() => endless.ended, key));
    await turns.during(() => Promise.resolve(), OWN_WORK);
    endless.end();
    await Promise.all(people);
  });

  it('are waited for two seconds by one request in all, however many it needs one after the other (F-80)', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const [tree, pool] = [new Turns({ atOnce: 1, each: 1 }), new Turns({ atOnce: 1, each: 1 })];
    const [freeTree, freePool] = [await tree.take('holder'), await pool.take('holder')];
    const log: string[] = [];
    const work = askedBy('person:a', async () => {
      const done = await tree.take();
      log.push('tree');
      await pool.take().catch((error: unknown) => log.push(isFailure(error, 'unavailable') ? 'busy' : 'error'));
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await pool.take().catch(() => log.push('busy again'));
      done();
    });
    await vi.advanceTimersByTimeAsync(1_500);
    freeTree();
    await vi.advanceTimersByTimeAsync(499);
    expect(log).toEqual(['tree']);
    await vi.advanceTimersByTimeAsync(1);
    expect(log).toEqual(['tree', 'busy']);
    // After work of its own it is as patient as before.
    await vi.advanceTimersByTimeAsync(1_500 + 1_999);
    expect(log).toEqual(['tree', 'busy']);
    await vi.advanceTimersByTimeAsync(1);
    expect(log).toEqual(['tree', 'busy', 'busy again']);
    freePool();
    await work;
  });

  it('are refused with a time to try again when too many wait under one key, or no turn comes in two seconds', async () => {
    const turns = new Turns({ atOnce: 1, each: 1, waiting: 64 });
    const endless = open();
    const at = turns.during(() => endless.ended, 'a');
    const codes = Array.from({ length: 66 }, () => turns.take('a').catch((error: unknown) => error));
    const watch = startWatch();
    const refused = await Promise.all(codes);
    expect(watch()).toBeLessThan(3_000);
    expect(refused.filter((error) => isFailure(error, 'unavailable'))).toHaveLength(64);
    expect(refused.filter((error) => isFailure(error, 'too-many'))).toHaveLength(2);
    expect(refused.every((error) => isFailure(error) && error.retryAfter === 2)).toBe(true);
    endless.end();
    await at;
    await turns.during(() => Promise.resolve(), 'a');
  });
});

describe('turns of the event loop (F-84)', () => {
  it('begin one piece of work in a round, and let who has just come go before who has gone already', async () => {
    const done: string[] = [];
    const piece = (who: string, name: string): Promise<unknown> =>
      askedBy(who, async () => (await turnOfLoop(), done.push(name)));
    const busy = Array.from({ length: 4 }, (_, index) => piece('busy', `busy ${String(index)}`));
    await settle();
    const quiet = piece('quiet', 'quiet');
    await Promise.all([...busy, quiet]);
    expect(done.indexOf('quiet')).toBeLessThan(3);
    expect(done.filter((name) => name !== 'quiet')).toEqual(['busy 0', 'busy 1', 'busy 2', 'busy 3']);
  });

  it('are taken once by a request, whatever number of doors it passes', async () => {
    const [asker, others] = [new Asker('somebody'), Array.from({ length: 20 }, () => new Asker('others'))];
    const crowd = others.map((other) => turnOfRequest(other));
    await turnOfRequest(asker);
    expect(turnOfRequest(asker)).toBeUndefined();
    await Promise.all(crowd.map(async (turn) => turn));
  });

  it('are given to a few requests of one person at a time, and to others before the rest of them', async () => {
    const turns = new LoopTurns(8);
    const done: string[] = [];
    const ask = async (who: string): Promise<void> => {
      await turns.take(who, Infinity);
      done.push(who);
    };
    const all = Array.from({ length: 64 }, () => ask('busy'));
    await Promise.resolve();
    expect(done.length).toBeGreaterThan(1);
    const begun = done.length;
    expect(begun).toBeLessThanOrEqual(8);
    all.push(ask('quiet'), ask('another'));
    await settle();
    await settle();
    expect(done.slice(begun, begun + 3).sort()).toEqual(['another', 'busy', 'quiet']);
    await Promise.all(all);
  });

  it('are given one by one beside somebody who asked within the last second (F-84)', async () => {
    const turns = new LoopTurns(8);
    await turns.take('quiet', Infinity);
    await settle();
    let begun = 0;
    const all = Array.from({ length: 64 }, async () => {
      await turns.take('busy', Infinity);
      begun += 1;
    });
    await Promise.resolve();
    expect(begun).toBe(1);
    await settle();
    expect(begun).toBe(2);
    await Promise.all(all);
  });

  it('are free while nobody else asks: no promise, no round', () => {
    expect(new LoopTurns(8).take('ana', Infinity)).toBeUndefined();
  });
});

describe('whom something is done for', () => {
  it('is known in all that follows, until its end', async () => {
    const seen: string[] = [];
    const work = askedBy('ana', async () => {
      await settle();
      seen.push(askerNow());
      await askedBy('bo', async () => {
        await settle();
        seen.push(askerNow());
      });
      seen.push(askerNow());
    });
    expect(askerNow()).toBe(OWN_WORK);
    await work;
    seen.push(askerNow());
    expect(seen).toEqual(['ana', 'bo', 'ana', OWN_WORK]);
  });

  it('is not lost because something else comes to its end', async () => {
    const work = askedBy('ana', async () => {
      await askedBy('bo', () => Promise.resolve());
      await settle();
      return askerNow();
    });
    await askedBy('cleo', () => Promise.resolve());
    expect(await work).toBe('ana');
  });

  it('is the house again when work throws at once', () => {
    const work = (): never => {
      throw new Error('no');
    };
    expect(() => askedBy('ana', work)).toThrow('no');
    expect(askerNow()).toBe(OWN_WORK);
  });
});
