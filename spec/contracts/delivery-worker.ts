import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Breakers } from '../../src/deliveries/index.js';
import { createSealer } from '../../src/platform/index.js';
import { createHandClock } from '../support/seeds.js';
import type { Bench } from '../support/each-database.js';
import { createQueue, done, hanging, recorder, retry, type QueueBench } from '../deliveries/queue-bench.js';

/**
 * What every worker on a delivery queue must do: survive bad messages, isolate peers, start and stop cleanly (DLV-06,
 * PEER-02, PEER-03, OPS-01).
 */
export function deliveryWorkerContract(bench: Bench): void {
  const open = async (): Promise<QueueBench> => createQueue(await bench.open());

  describe('DLV-06 no poison', () => {
    const poisons: Record<string, (queue: QueueBench) => Promise<unknown>> = {
      'a handler that throws': ({ enqueue }) =>
        enqueue({ lane: 'poison', peerId: 'birch', payload: { poison: 'throw' } }),
      'a settlement that throws': ({ enqueue }) =>
        enqueue({ lane: 'poison', peerId: 'birch', payload: { poison: 'settle' } }),
      'a kind that nobody knows': ({ enqueue }) => enqueue({ lane: 'poison', peerId: 'birch', kind: 'unheard-of' }),
      'a payload that cannot be read': async ({ enqueue, database }) => {
        const id = await enqueue({ lane: 'poison', peerId: 'birch' });
        await database.write((trx) => trx('deliveries').where({ id }).update({ payload: 'v1.garbage' }));
      },
    };

    for (const [name, poison] of Object.entries(poisons)) {
      it(`DLV-06 ${name} delays no other lane and stops no worker, first in line or later`, async () => {
        const queue = await open();
        await poison(queue);
        for (const lane of ['a', 'b', 'c', 'd', 'e', 'f']) await queue.enqueue({ lane, peerId: 'birch' });
        const act = recorder(({ payload }) => {
          if (payload['poison'] === 'throw') throw new TypeError('a bug of ours');
          if (payload['poison'] !== 'settle') return done;
          return { ...done, settle: async () => Promise.reject(new Error('no such column')) };
        });
        const one = queue.worker(act);
        await one.drain();
        await queue.enqueue({ lane: 'g', peerId: 'birch' });
        await one.drain();
        expect(
          act.seen
            .map(({ lane }) => lane)
            .filter((lane) => lane !== 'poison')
            .sort(),
        ).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
        const left = [...(await queue.outbox.pending('poison')), ...(await queue.outbox.failed('poison'))];
        expect(left).toMatchObject([{ attempts: 1, lastAnswer: expect.any(String) }]);
      });
    }

    it('DLV-06 our own stumbling does not open the breaker of the peer', async () => {
      const queue = await open();
      const breakers = new Breakers(queue.clock);
      for (let number = 0; number < 8; number += 1) await queue.enqueue({ lane: String(number), peerId: 'birch' });
      const act = recorder(() => {
        throw new TypeError('a bug of ours');
      });
      await queue.worker(act, { breakers }).drain();
      expect(breakers.of('birch').allow()).toBe(true);
    });

    it('SEC-02 what a handler threw is not shown in the note', async () => {
      const { enqueue, worker, outbox } = await open();
      await enqueue({});
      const act = recorder(() => {
        throw new Error('token=abc');
      });
      await worker(act).drain();
      expect((await outbox.pending('lane'))[0]?.lastAnswer).not.toContain('abc');
    });
  });

  describe('peers', () => {
    it('PEER-02 while a peer rests its messages wait without using up attempts, and one probe goes first', async () => {
      const queue = await open();
      for (let number = 0; number < 12; number += 1) await queue.enqueue({ lane: String(number), peerId: 'birch' });
      await queue.enqueue({ lane: 'elsewhere', peerId: 'cedar' });
      const act = recorder(({ peerId }) => (peerId === 'birch' ? { ...retry, after: 3_600 } : done));
      const one = queue.worker(act, { slots: { total: 8, perPeer: 1 } });
      await one.drain();
      expect(act.seen.filter(({ peerId }) => peerId === 'birch')).toHaveLength(5);
      expect(act.seen.filter(({ peerId }) => peerId === 'cedar')).toHaveLength(1);
      // Ten seconds, give or take a half (F-85).
      queue.clock.advance(4_999);
      await one.drain();
      expect(act.seen).toHaveLength(6);
      queue.clock.advance(10_001);
      await one.drain();
      expect(act.seen).toHaveLength(7);
      const attempts = (await queue.outbox.ofPeer('birch')).map((row) => row.attempts);
      expect(attempts.filter((count) => count === 0)).toHaveLength(6);
    });

    it('PEER-02 when the probe succeeds everything that waits goes out', async () => {
      const queue = await open();
      for (let number = 0; number < 9; number += 1) await queue.enqueue({ lane: String(number), peerId: 'birch' });
      let up = false;
      const act = recorder(() => (up ? done : { ...retry, after: 30 }));
      const one = queue.worker(act, { slots: { total: 4, perPeer: 1 } });
      await one.drain();
      up = true;
      queue.clock.advance(60_000);
      await one.drain();
      expect(await queue.outbox.ofPeer('birch')).toEqual([]);
    });

    it('PEER-03 DOS-06 a hung peer holds only its own slots', async () => {
      const { enqueue, worker, outbox } = await open();
      for (let number = 0; number < 10; number += 1)
        await enqueue({ lane: `birch ${String(number)}`, peerId: 'birch' });
      for (let number = 0; number < 10; number += 1)
        await enqueue({ lane: `cedar ${String(number)}`, peerId: 'cedar' });
      const hung = hanging();
      const cedar = recorder();
      const one = worker((delivery) => (delivery.peerId === 'birch' ? hung.act(delivery) : cedar(delivery)), {
        slots: { total: 6, perPeer: 4 },
      });
      const drained = one.drain();
      while ((await outbox.ofPeer('cedar')).length > 0) await new Promise((resolve) => setImmediate(resolve));
      expect(hung.seen).toHaveLength(4);
      await one.stop(0);
      hung.end();
      await drained;
    });

    it('PEER-03 peers take turns, however many messages wait for one of them and since when', async () => {
      const { enqueue, worker, clock } = await open();
      for (const peerId of ['alder', 'birch', 'cedar', undefined]) {
        for (let number = 0; number < 6; number += 1)
          await enqueue({ lane: `${String(peerId)} ${String(number)}`, peerId });
        clock.advance(1_000);
      }
      const order = recorder();
      await worker(order, { slots: { total: 2, perPeer: 2 } }).drain();
      const sent = order.seen.map(({ peerId }) => peerId);
      for (let turn = 0; turn < 6; turn += 1) expect(new Set(sent.slice(turn * 4, turn * 4 + 4)).size).toBe(4);
    });

    it('ADM-03 everything on its way to a peer can be removed but for the ends', async () => {
      const { enqueue, database, outbox } = await open();
      await enqueue({ lane: 'a', kind: 'grant', peerId: 'birch' });
      await enqueue({ lane: 'b', kind: 'end', peerId: 'birch' });
      await enqueue({ lane: 'c', kind: 'grant', peerId: 'cedar' });
      await database.write((trx) => outbox.dropPeer(trx, 'birch', ['end']));
      expect((await outbox.ofPeer('birch')).map(({ kind }) => kind)).toEqual(['end']);
      expect(await outbox.ofPeer('cedar')).toHaveLength(1);
      await database.write((trx) => outbox.dropPeer(trx, 'birch'));
      expect(await outbox.ofPeer('birch')).toEqual([]);
    });

    it('SEC-01 a stolen or redirected row yields nothing: the payload is sealed for its peer', async () => {
      const { enqueue, worker, database, outbox } = await open();
      const id = await enqueue({ peerId: 'birch', payload: { secret: 'marker-of-a-secret' } });
      expect(JSON.stringify(await database.read('deliveries'))).not.toContain('marker');
      await database.write((trx) => trx('deliveries').where({ id }).update({ peer_id: 'mallory' }));
      const act = recorder();
      await worker(act).drain();
      expect(act.seen).toEqual([]);
      expect(await outbox.failed()).toHaveLength(1);
    });

    it('SEC-03 a worker with another key sends nothing', async () => {
      const { enqueue, worker } = await open();
      await enqueue({});
      const act = recorder();
      await worker(act, { sealer: createSealer(Buffer.alloc(32, 8)) }).drain();
      expect(act.seen).toEqual([]);
    });
  });

  describe('start and stop', () => {
    describe('woken by the commit', () => {
      // The worker's timer is stopped, so that nothing begins because of it.
      beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval'] }));
      afterEach(() => void vi.useRealTimers());

      it('a message begins with the commit that queued it, without waiting for the timer or for the clock', async () => {
        const { enqueue, worker } = await open();
        const slow = hanging();
        const one = worker(slow.act);
        await one.start();
        await enqueue({});
        await slow.begun(1);
        slow.end();
        await one.stop();
      });

      it('what one commit queues is under way together: a letter and keys to a peer do not wait for each other', async () => {
        const { database, outbox, worker } = await open();
        const slow = hanging();
        const one = worker(slow.act);
        await one.start();
        await database.write(async (trx) => {
          await outbox.enqueue(trx, { kind: 'note', lane: 'letter', payload: {} });
          await outbox.enqueue(trx, { kind: 'grant', lane: 'share', peerId: 'birch', payload: {} });
        });
        await slow.begun(2);
        expect(slow.seen.map(({ kind }) => kind).sort()).toEqual(['grant', 'note']);
        slow.end();
        await one.stop();
      });

      it('the next message of a lane begins when the one before it has ended', async () => {
        const { enqueue, worker } = await open();
        const slow = hanging();
        const one = worker(slow.act);
        await one.start();
        await enqueue({ payload: { number: 1 } });
        await enqueue({ payload: { number: 2 } });
        await slow.begun(1);
        slow.end();
        await slow.begun(2);
        slow.end();
        await one.stop();
      });
    });

    it('a started worker finds what another process queued', async () => {
      const queue = await open();
      const slow = hanging();
      const one = queue.worker(slow.act);
      await one.start();
      await createQueue(queue.database).enqueue({});
      await slow.begun(1);
      slow.end();
      await one.stop();
    });

    it('OPS-01 a stopping worker waits for what is under way and takes nothing new', async () => {
      const { enqueue, worker, outbox } = await open();
      await enqueue({ payload: { number: 1 } });
      await enqueue({ payload: { number: 2 } });
      const slow = hanging();
      const one = worker(slow.act);
      await one.start();
      await slow.begun(1);
      const stopped = one.stop();
      slow.end();
      await stopped;
      expect(slow.seen).toHaveLength(1);
      expect(await outbox.pending('lane')).toHaveLength(1);
    });

    it('OPS-01 a stopping worker releases what does not end, for another to take at once', async () => {
      const { enqueue, worker } = await open();
      await enqueue({});
      const hung = hanging();
      const one = worker(hung.act);
      await one.start();
      await hung.begun(1);
      await one.stop(0);
      const act = recorder();
      await worker(act).drain();
      expect(act.seen).toHaveLength(1);
    });

    it('OPS-06 a replica whose clock runs ahead takes nothing away from another', async () => {
      const { enqueue, worker, database, clock } = await open();
      const fast = createHandClock(clock.now() + 3_600_000);
      // On SQLite there is one process and one clock.
      const leases = { leaseTime: database.engine === 'sqlite' ? async () => clock.now() : undefined };
      await enqueue({});
      const slow = hanging();
      const drained = worker(slow.act, leases).drain();
      await slow.begun(1);
      const act = recorder();
      await worker(act, { clock: fast, ...leases }).drain();
      expect(act.seen).toEqual([]);
      slow.end();
      await drained;
    });

    it('OPS-02 a start on SQLite does not wait for the leases of a killed process', async () => {
      const { enqueue, worker, database } = await open();
      await enqueue({});
      const killed = hanging();
      void worker(killed.act).drain();
      await killed.begun(1);
      const slow = hanging();
      const one = worker(slow.act);
      await one.start();
      if (database.engine === 'sqlite') await slow.begun(1);
      else await one.drain();
      expect(slow.seen).toHaveLength(database.engine === 'sqlite' ? 1 : 0);
      slow.end();
      await one.stop();
    });
  });
}
