import { describe, expect, it } from 'vitest';
import type { Delivery, Verdict } from '../../src/deliveries/index.js';
import type { Bench } from '../support/each-database.js';
import { createQueue, done, hanging, LEASE, recorder, retry, type QueueBench } from '../deliveries/queue-bench.js';

/** What every delivery queue must do, on every database (reliability.md DLV-01 to DLV-05, K9 to K11). */
export function deliveryQueueContract(bench: Bench): void {
  const open = async (): Promise<QueueBench> => createQueue(await bench.open());

  describe('DLV-01 at least once', () => {
    it('DLV-01 queues nothing when the change rolls back', async () => {
      const { database, outbox, worker } = await open();
      const act = recorder();
      const change = database.write(async (trx) => {
        await outbox.enqueue(trx, { kind: 'grant', lane: 'lane', payload: {} });
        throw new Error('the change failed');
      });
      await expect(change).rejects.toThrow('the change failed');
      await worker(act).drain();
      expect(act.seen).toEqual([]);
    });

    it('DLV-01 K9 delivers after a restart what was committed and not sent', async () => {
      const { enqueue, worker, outbox } = await open();
      await enqueue({ payload: { share: 's1' }, peerId: 'birch' });
      const act = recorder();
      await worker(act).drain();
      expect(act.seen).toMatchObject([{ payload: { share: 's1' }, peerId: 'birch', lane: 'lane', attempts: 0 }]);
      expect(await outbox.pending('lane')).toEqual([]);
    });

    it('DLV-01 K10 sends again what a killed worker sent and did not mark', async () => {
      const { enqueue, worker, clock } = await open();
      await enqueue({});
      const killed = hanging();
      void worker(killed.act).drain();
      await killed.begun(1);
      const act = recorder();
      await worker(act).drain();
      expect(act.seen).toEqual([]);
      clock.advance(LEASE);
      await worker(act).drain();
      expect(act.seen).toHaveLength(1);
    });

    it('DLV-01 K11 goes on with the next row when a worker died after marking one', async () => {
      const { enqueue, worker } = await open();
      await enqueue({ payload: { number: 1 } });
      await enqueue({ payload: { number: 2 } });
      const first = recorder();
      const dying = worker(first, { slots: { total: 1, perPeer: 1 } });
      await dying.drain();
      expect(first.seen.map(({ payload }) => payload['number'])).toEqual([1, 2]);
      await enqueue({ payload: { number: 3 } });
      const second = recorder();
      await worker(second).drain();
      expect(second.seen.map(({ payload }) => payload['number'])).toEqual([3]);
    });

    it('DLV-01 K10 a worker that was believed dead marks nothing once another has taken over', async () => {
      const { enqueue, worker, clock, outbox } = await open();
      await enqueue({});
      const slow = hanging();
      const paused = worker(slow.act);
      const pausedDrain = paused.drain();
      await slow.begun(1);
      clock.advance(LEASE);
      await worker(recorder(retry)).drain();
      let settled = 0;
      slow.end({ ...done, settle: async () => void (settled += 1) });
      await pausedDrain;
      expect(settled).toBe(0);
      expect(await outbox.pending('lane')).toMatchObject([{ attempts: 1, lastAnswer: '503' }]);
    });

    it('DLV-01 shows a message whose lifetime is over as failed, with its last answer, and sends it no more', async () => {
      const { enqueue, worker, clock, outbox } = await open();
      await enqueue({ expiresAt: clock.now() + 10_000 });
      const act = recorder(retry);
      const one = worker(act);
      await one.drain();
      clock.advance(10_000);
      await one.drain();
      expect(act.seen).toHaveLength(1);
      expect(await outbox.failed('lane')).toMatchObject([{ lastAnswer: expect.stringContaining('503') }]);
    });

    it('DLV-01 runs what the answer changes in the transaction that marks the message', async () => {
      const { enqueue, worker, database, outbox } = await open();
      await enqueue({});
      const settle: Verdict['settle'] = async (trx) => {
        await trx('meta').insert({ key: 'settled', value: 'yes' });
        await outbox.enqueue(trx, { kind: 'note', lane: 'other', payload: {} });
      };
      await worker(recorder(({ kind }) => (kind === 'grant' ? { ...done, settle } : done))).drain();
      expect(await database.read('meta').where({ key: 'settled' })).toHaveLength(1);
    });
  });

  describe('DLV-02 one effect', () => {
    it('DLV-02 two workers on one queue send each message once', async () => {
      const { enqueue, worker } = await open();
      for (let number = 0; number < 30; number += 1)
        await enqueue({ lane: `lane ${String(number)}`, payload: { number } });
      const act = recorder();
      await Promise.all([worker(act).drain(), worker(act).drain()]);
      const numbers = act.seen.map(({ payload }) => Number(payload['number'])).sort((a, b) => a - b);
      expect(numbers).toEqual([...Array(30).keys()]);
    });

    it('DLV-02 a message that must not be queued twice is queued once, also while it is under way', async () => {
      const { outbox, enqueue, worker } = await open();
      const count = async (): Promise<number> => (await outbox.pending('lane')).length;
      await enqueue({});
      await enqueue({ unlessQueued: true });
      expect(await count()).toBe(1);
      const slow = hanging();
      const drained = worker(slow.act).drain();
      await slow.begun(1);
      await enqueue({ unlessQueued: true });
      expect(await count()).toBe(1);
      slow.end();
      await drained;
      await enqueue({ unlessQueued: true });
      expect(await count()).toBe(1);
    });

    it('DLV-02 of several transactions that queue the same at once one succeeds', async () => {
      const { enqueue, outbox } = await open();
      await Promise.all(Array.from({ length: 8 }, () => enqueue({ unlessQueued: true })));
      expect(await outbox.pending('lane')).toHaveLength(1);
    });
  });

  describe('DLV-03 order per lane', () => {
    it('DLV-03 a message that waits for its retry holds back the later ones of its lane, and no other lane', async () => {
      const { enqueue, worker, clock } = await open();
      await enqueue({ lane: 'a', payload: { name: 'a1' } });
      await enqueue({ lane: 'a', payload: { name: 'a2' } });
      await enqueue({ lane: 'b', payload: { name: 'b1' } });
      const act = recorder(({ payload, attempts }) => (payload['name'] === 'a1' && attempts === 0 ? retry : done));
      const one = worker(act);
      const names = (): unknown[] => act.seen.map(({ payload }) => payload['name']);
      await one.drain();
      expect(names()).toEqual(['a1', 'b1']);
      clock.advance(2_000);
      await one.drain();
      expect(names()).toEqual(['a1', 'b1', 'a1', 'a2']);
    });

    it('DLV-03 a message that is to run later holds back the later ones of its lane', async () => {
      const { enqueue, worker, clock } = await open();
      await enqueue({ payload: { name: 'later' }, runAt: clock.now() + 5_000 });
      await enqueue({ payload: { name: 'now' } });
      const act = recorder();
      const one = worker(act);
      await one.drain();
      expect(act.seen).toEqual([]);
      clock.advance(5_000);
      await one.drain();
      expect(act.seen.map(({ payload }) => payload['name'])).toEqual(['later', 'now']);
    });

    it('DLV-03 two workers never have two messages of one lane under way', async () => {
      const { enqueue, worker } = await open();
      for (let number = 0; number < 12; number += 1) await enqueue({ payload: { number } });
      let flying = 0;
      let most = 0;
      const order: unknown[] = [];
      const act = async ({ payload }: Delivery): Promise<Verdict> => {
        flying += 1;
        most = Math.max(most, flying);
        order.push(payload['number']);
        await new Promise((resolve) => setImmediate(resolve));
        flying -= 1;
        return done;
      };
      while (order.length < 12) await Promise.all([worker(act).drain(), worker(act).drain()]);
      expect(most).toBe(1);
      expect(order).toEqual([...Array(12).keys()]);
    });

    it('DLV-03 an end removes what it makes pointless', async () => {
      const { enqueue, worker, database, outbox } = await open();
      await enqueue({ kind: 'grant' });
      await enqueue({ kind: 'note' });
      await database.write(async (trx) => {
        await outbox.drop(trx, 'lane', ['grant']);
        await outbox.enqueue(trx, { kind: 'end', lane: 'lane', payload: {} });
      });
      const act = recorder();
      await worker(act).drain();
      expect(act.seen.map(({ kind }) => kind)).toEqual(['note', 'end']);
    });

    it('DLV-03 an end overtakes a message under way, which then has no effect, and follows when that attempt is over', async () => {
      const { enqueue, worker, database, outbox } = await open();
      await enqueue({ kind: 'grant' });
      const slow = hanging();
      const drained = worker(slow.act).drain();
      await slow.begun(1);
      await database.write(async (trx) => {
        await outbox.drop(trx, 'lane');
        await outbox.enqueue(trx, { kind: 'end', lane: 'lane', payload: {} });
      });
      const act = recorder();
      await worker(act).drain();
      expect(act.seen).toEqual([]);
      let settled = 0;
      slow.end({ ...done, settle: async () => void (settled += 1) });
      await slow.begun(2);
      slow.end();
      await drained;
      expect(settled).toBe(0);
      expect(slow.seen.map(({ kind }) => kind)).toEqual(['grant', 'end']);
      expect(await database.read('deliveries')).toEqual([]);
    });

    it('DLV-03 an end does not wait for ever behind a dropped message whose worker died', async () => {
      const { enqueue, worker, database, outbox, clock } = await open();
      await enqueue({ kind: 'grant' });
      const killed = hanging();
      void worker(killed.act).drain();
      await killed.begun(1);
      await database.write((trx) => outbox.drop(trx, 'lane'));
      await enqueue({ kind: 'end' });
      clock.advance(LEASE);
      const act = recorder();
      await worker(act).drain();
      expect(act.seen.map(({ kind }) => kind)).toEqual(['end']);
      expect(await database.read('deliveries')).toEqual([]);
    });

    it('DLV-03 ids follow commits in a lane even when two transactions overlap', async () => {
      const { database, outbox } = await open();
      const order: string[] = [];
      const write = (name: string) =>
        database.write(async (trx) => {
          await outbox.enqueue(trx, { kind: 'note', lane: 'lane', payload: { name } });
          await new Promise((resolve) => setTimeout(resolve, name === 'first' ? 20 : 0));
          order.push(name);
        });
      await Promise.all([write('first'), write('second'), write('third')]);
      const rows = await outbox.pending('lane');
      expect(rows.map(({ id }) => id)).toEqual(rows.map(({ id }) => id).sort((a, b) => a - b));
      const act = recorder();
      await createQueue(database).worker(act).drain();
      expect(act.seen.map(({ payload }) => payload['name'])).toEqual(order);
    });
  });

  describe('DLV-04 retries', () => {
    it('DLV-04 waits longer after each failed attempt and remembers the last answer', async () => {
      const { enqueue, worker, clock, outbox } = await open();
      await enqueue({ peerId: 'birch' });
      const one = worker(recorder({ ...retry, slow: true }));
      const waits: number[] = [];
      for (let attempt = 1; attempt <= 7; attempt += 1) {
        await one.drain();
        const [row] = await outbox.pending('lane');
        expect(row).toMatchObject({ attempts: attempt, lastAnswer: '503', lastAttemptAt: clock.now() });
        waits.push((row?.runAt ?? 0) - clock.now());
        clock.advance(waits.at(-1) ?? 0);
      }
      const steps = [600, 600, 600, 600, 600, 3_600, 21_600];
      expect(waits.every((wait, index) => Math.abs(wait / 1_000 / (steps[index] ?? 0) - 1) <= 0.2)).toBe(true);
    });

    it('DLV-04 obeys what the peer asked for', async () => {
      const { enqueue, worker, clock, outbox } = await open();
      await enqueue({});
      await worker(recorder({ ...retry, after: 300 })).drain();
      const [row] = await outbox.pending('lane');
      expect(row?.runAt).toBeGreaterThanOrEqual(clock.now() + 300_000);
      expect(row?.runAt).toBeLessThanOrEqual(clock.now() + 360_000);
    });

    it('DLV-04 a postponed message uses up no attempt', async () => {
      const { enqueue, worker, clock, outbox } = await open();
      await enqueue({});
      await worker(recorder({ kind: 'postpone', until: clock.now() + 4_000 })).drain();
      expect(await outbox.pending('lane')).toMatchObject([{ attempts: 0, runAt: clock.now() + 4_000 }]);
    });

    it('DLV-04 a message postponed to now does not spin', async () => {
      const { enqueue, worker, clock } = await open();
      await enqueue({});
      const act = recorder({ kind: 'postpone', until: clock.now() });
      await worker(act).drain();
      expect(act.seen).toHaveLength(1);
    });
  });

  describe('DLV-05 definite answers', () => {
    it('DLV-05 a message that is wrong for good stays, shown as failed, and lets its lane go on', async () => {
      const { enqueue, worker, outbox } = await open();
      await enqueue({ kind: 'grant' });
      await enqueue({ kind: 'end' });
      const act = recorder(({ kind }) =>
        kind === 'grant' ? { kind: 'failed', note: '400 share_id is missing' } : done,
      );
      await worker(act).drain();
      expect(act.seen.map(({ kind }) => kind)).toEqual(['grant', 'end']);
      expect(await outbox.failed()).toMatchObject([
        { kind: 'grant', lastAnswer: '400 share_id is missing', attempts: 1 },
      ]);
    });

    it('DLV-01 a failed message is sent again when somebody asks, with a lifetime as long as before', async () => {
      const { enqueue, worker, outbox, clock } = await open();
      const id = await enqueue({ payload: { share: 's1' }, expiresAt: clock.now() + 5_000 });
      await worker(recorder({ kind: 'failed', note: '400' })).drain();
      clock.advance(60_000);
      expect(await outbox.retry(id)).toBe(true);
      expect(await outbox.pending('lane')).toMatchObject([{ attempts: 0, expiresAt: clock.now() + 5_000 }]);
      const act = recorder();
      await worker(act).drain();
      expect(act.seen).toMatchObject([{ payload: { share: 's1' } }]);
      expect(await outbox.failed()).toEqual([]);
    });

    it('a message that waits is sent at once when somebody asks', async () => {
      const { enqueue, worker, outbox } = await open();
      const id = await enqueue({});
      await worker(recorder({ ...retry, slow: true })).drain();
      await outbox.retry(id);
      const act = recorder();
      await worker(act).drain();
      expect(act.seen).toHaveLength(1);
    });

    it('a message that is not there cannot be retried', async () => {
      const { outbox } = await open();
      expect(await outbox.retry(4711)).toBe(false);
    });
  });
}
