import { describe, expect, it } from 'vitest';
import { QueueView, type Verdict } from '../../src/deliveries/index.js';
import { createMemory, type Database } from '../../src/platform/index.js';
import { eachDatabase } from '../support/each-database.js';
import { numbers, plansOf, readsOf } from '../support/plans.js';
import { createQueue, recorder, retry, type QueueBench } from './queue-bench.js';

const refused = { kind: 'failed', note: 'answered 400' } as const satisfies Verdict;

eachDatabase((bench) => {
  const open = async (): Promise<QueueBench & { view: QueueView }> => {
    const queue = createQueue(await bench.open());
    return { ...queue, view: new QueueView({ ...queue, remember: createMemory(queue.database) }) };
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
      const birch = { waiting: 1, failing: 1, failed: 1, troubleSince: clock.now() - 100 };
      const mail = { waiting: 1, failing: 0, failed: 0, troubleSince: undefined };
      const counts = [
        { peerId: 'birch', ...birch },
        { peerId: undefined, ...mail },
      ];
      expect(await view.peers()).toEqual({ counts, next: undefined });
      expect([await view.countsOf('birch'), await view.countsOf(null)]).toMatchObject([birch, mail]);
      expect(await view.countsOf('elm')).toMatchObject({ waiting: 0, failing: 0, failed: 0 });
      expect(await view.sums()).toEqual({ ...birch, waiting: 2 });
      // Without a commit: what was scheduled is due.
      clock.advance(61_000);
      expect(await view.sums()).toMatchObject({ waiting: 3 });
    });

    it('SCA-25 lists clouds page by page, along an index, however many do not take what they are sent', async () => {
      const { view, database, enqueue } = await open();
      await enqueue({ lane: 'mail:outgoing:7:x', kind: 'note' });
      await fill(database, 20_000, 400);
      const asked = readsOf(database);
      const pages = await pagesOf(view);
      const ids = pages.flatMap(({ counts }) => counts.flatMap(({ peerId }) => peerId ?? []));
      expect(pages.map(({ counts }) => counts.length)).toEqual([51, ...new Array<number>(7).fill(50)]);
      expect(new Set(ids).size).toBe(400);
      expect(pages[0]?.counts[0]).toMatchObject({ failing: 25, failed: 25, waiting: 0 });
      expect(await view.sums()).toMatchObject({ failing: 10_000, failed: 10_000, waiting: 1 });
      const looks = asked.filter(({ sql }) => sql.includes('given_up') || sql.includes('as p'));
      expect(looks.length).toBeGreaterThanOrEqual(pages.length);
      for (const { sql, plan } of await plansOf(database, looks)) {
        expect(plan, sql).toMatch(/deliveries_(?:failed|missed)_of/);
        expect(plan, sql).not.toMatch(
          /SCAN deliveries(?! USING (?:COVERING )?INDEX deliveries_fresh)|SCAN d\b|Seq Scan on deliveries/,
        );
      }
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

async function pagesOf(view: QueueView) {
  const pages = [await view.peers()];
  for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next) pages.push(await view.peers(next));
  return pages;
}

/** Messages to so many peers in turn, half of them given up and half tried in vain. */
async function fill(database: Database, count: number, peers: number): Promise<void> {
  await database.job((trx) =>
    trx.raw(`insert into deliveries (kind, peer_id, lane, payload, state, attempts, run_at, created_at) ${numbers(count)}
      select 'unshare', 'peer' || (i % ${String(peers)}), 'out:' || i, 'sealed',
        case when (i / ${String(peers)}) % 2 = 0 then 'failed' else 'queued' end, 3, i, i from n`),
  );
  if (database.engine === 'postgres') await database.job((trx) => trx.raw('analyze'));
}
