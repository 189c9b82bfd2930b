import { describe, expect, it } from 'vitest';
import { QueueView, type Verdict } from '../../src/deliveries/index.js';
import { eachDatabase } from '../support/each-database.js';
import { createQueue, recorder, retry, type QueueBench } from './queue-bench.js';

const refused = { kind: 'failed', note: 'answered 400' } as const satisfies Verdict;

eachDatabase((bench) => {
  const open = async (): Promise<QueueBench & { view: QueueView }> => {
    const queue = createQueue(await bench.open());
    return { ...queue, view: new QueueView(queue) };
  };

  /** One message of each standing towards Birch, and a mail that waits. */
  async function populated() {
    const queue = await open();
    const verdicts: Readonly<Record<string, Verdict>> = { failing: retry, failed: refused };
    for (const lane of ['failing', 'failed']) await queue.enqueue({ lane, peerId: 'birch', payload: { lane } });
    await queue.worker(recorder(({ lane }) => verdicts[lane] ?? retry)).drain();
    queue.clock.advance(100);
    await queue.enqueue({ lane: 'waiting', peerId: 'birch' });
    await queue.enqueue({ lane: 'scheduled', peerId: 'birch', runAt: queue.clock.now() + 60_000 });
    await queue.enqueue({ lane: 'mail:outgoing:7:x', kind: 'note' });
    return queue;
  }

  describe('the queue as people look at it', () => {
    it('counts by peer what waits, what is tried in vain and what was given up, trouble first', async () => {
      const { view, clock } = await populated();
      expect(await view.counts()).toEqual([
        { peerId: 'birch', waiting: 1, failing: 1, failed: 1, troubleSince: clock.now() - 100 },
        { peerId: undefined, waiting: 1, failing: 0, failed: 0, troubleSince: undefined },
      ]);
    });

    it('tells each standing apart', async () => {
      const { view } = await populated();
      const lanes = async (standing: 'waiting' | 'failing' | 'failed', peerId?: string | null): Promise<string[]> =>
        (await view.page({ standing, peerId, limit: 10 })).records.map(({ lane }) => lane);
      expect(await lanes('waiting')).toEqual(['waiting', 'mail:outgoing:7:x']);
      expect(await lanes('waiting', 'birch')).toEqual(['waiting']);
      expect(await lanes('waiting', null)).toEqual(['mail:outgoing:7:x']);
      expect(await lanes('failing')).toEqual(['failing']);
      expect(await lanes('failed')).toEqual(['failed']);
      const [scheduled] = await view.inLanes(['scheduled']);
      expect(scheduled && view.standingOf(scheduled)).toBe('scheduled');
    });

    it('FLW-02 is read page by page, oldest first, whatever its length', async () => {
      const { view, enqueue } = await open();
      for (let number = 0; number < 5; number += 1) await enqueue({ lane: `lane ${String(number)}`, peerId: 'birch' });
      const first = await view.page({ standing: 'waiting', limit: 2 });
      const second = await view.page({ standing: 'waiting', limit: 2, after: first.next });
      const third = await view.page({ standing: 'waiting', limit: 2, after: second.next });
      const lanes = [first, second, third].map(({ records }) => records.map(({ lane }) => lane));
      expect(lanes).toEqual([['lane 0', 'lane 1'], ['lane 2', 'lane 3'], ['lane 4']]);
      expect(third.next).toBeUndefined();
    });

    it('finds the lanes of one share and of no other', async () => {
      const { view, enqueue } = await open();
      for (const lane of ['outgoing:ab:one', 'outgoing:ab:two', 'outgoing:abc:one', 'outgoing:AB:one', 'outgoing:ab']) {
        await enqueue({ lane });
      }
      const found = await view.inLanes(['outgoing:ab', 'mail:outgoing:ab']);
      expect(found.map(({ lane }) => lane)).toEqual(['outgoing:ab:one', 'outgoing:ab:two', 'outgoing:ab']);
    });
  });

  describe('a person repeats what a peer did not get', () => {
    it('DLV-01 everything tried in vain or given up is due at once, and nothing else', async () => {
      const { outbox, view, clock, worker } = await populated();
      expect(await outbox.retryPeer('birch')).toBe(2);
      const act = recorder();
      await worker(act).drain();
      expect(act.seen.map(({ lane }) => lane).sort()).toEqual(['failed', 'failing', 'mail:outgoing:7:x', 'waiting']);
      expect((await view.inLanes(['scheduled']))[0]?.runAt).toBeGreaterThan(clock.now());
    });

    it('leaves other peers and mail alone', async () => {
      const { outbox } = await populated();
      expect(await outbox.retryPeer('elm')).toBe(0);
      expect(await outbox.retryPeer(null)).toBe(0);
    });
  });
});
