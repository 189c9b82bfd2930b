import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Delivery, Verdict } from '../../src/deliveries/index.js';
import { sqliteBench } from '../support/each-database.js';
import { createQueue, done, KINDS, LEASE, retry, type QueueBench } from './queue-bench.js';

/** One thing that happens to the queue. */
type Step =
  | { readonly do: 'enqueue'; readonly lane: string; readonly kind: string; readonly later: number }
  | { readonly do: 'end'; readonly lane: string }
  | { readonly do: 'work'; readonly workers: number }
  | { readonly do: 'answer'; readonly which: number; readonly verdict: Verdict }
  | { readonly do: 'die' }
  | { readonly do: 'advance'; readonly millis: number };

const lane = fc.constantFrom('a', 'b', 'c');
const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(done) },
  { weight: 2, arbitrary: fc.constant(retry) },
  { weight: 1, arbitrary: fc.constant<Verdict>({ kind: 'failed', note: '400' }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('enqueue' as const),
      lane,
      kind: fc.constantFrom(...KINDS),
      later: fc.constantFrom(0, 0, 3_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), lane }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('work' as const), workers: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('answer' as const), which: fc.nat(5), verdict }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('advance' as const), millis: fc.constantFrom(1_000, 10_000, LEASE) }),
  },
);

/** An attempt that has begun and waits for the test to answer it. */
interface Attempt {
  readonly delivery: Delivery;
  readonly answer: (verdict: Verdict) => void;
}

/** Plays steps against a real queue and watches what the promise is about. */
class Story {
  readonly #queue: QueueBench;
  #attempts: Attempt[] = [];
  /** The last message begun in each lane. */
  readonly #newest = new Map<string, number>();
  readonly #ended = new Set<number>();
  readonly violations: string[] = [];
  readonly settled: number[] = [];

  constructor(queue: QueueBench) {
    this.#queue = queue;
  }

  readonly #handle = async (delivery: Delivery): Promise<Verdict> => {
    const { id, lane: name } = delivery;
    if (this.#attempts.some((attempt) => attempt.delivery.lane === name))
      this.violations.push(`two under way in ${name}`);
    if (id < (this.#newest.get(name) ?? 0)) this.violations.push(`${String(id)} begun after a later one in ${name}`);
    if (this.#ended.has(id)) this.violations.push(`${String(id)} begun after it was dropped`);
    this.#newest.set(name, id);
    return new Promise((resolve) => {
      this.#attempts.push({ delivery, answer: resolve });
    });
  };

  async play(now: Step): Promise<void> {
    const { clock, enqueue } = this.#queue;
    switch (now.do) {
      case 'enqueue':
        await enqueue({ lane: now.lane, kind: now.kind, runAt: clock.now() + now.later });
        return;
      case 'end':
        return this.#end(now.lane);
      case 'work':
        return this.#work(now.workers);
      case 'answer':
        return this.#answer(now.which, now.verdict);
      case 'die':
        // Their answers never come; time must pass before anybody takes over.
        this.#attempts = [];
        clock.advance(LEASE);
        return;
      case 'advance':
        // Live workers renew their leases; these have no timers, so time passes only while nothing is under way.
        if (this.#attempts.length === 0) clock.advance(now.millis);
    }
  }

  async #end(name: string): Promise<void> {
    const { database, outbox } = this.#queue;
    for (const { id } of await outbox.pending(name)) this.#ended.add(id);
    await database.write(async (trx) => {
      await outbox.drop(trx, name);
      await outbox.enqueue(trx, { kind: 'end', lane: name, payload: {} });
    });
  }

  async #work(workers: number): Promise<void> {
    for (let count = 0; count < workers; count += 1) void this.#queue.worker(this.#handle).drain();
    await rest();
  }

  async #answer(which: number, answer: Verdict): Promise<void> {
    const [attempt] = this.#attempts.splice(which % Math.max(1, this.#attempts.length), 1);
    if (attempt === undefined) return;
    const { id } = attempt.delivery;
    attempt.answer(answer.kind === 'done' ? { ...answer, settle: async () => void this.settled.push(id) } : answer);
    await rest();
  }

  /** Answers everything until nothing is left. */
  async finish(): Promise<void> {
    for (let round = 0; round < 200; round += 1) {
      await this.#work(1);
      while (this.#attempts.length > 0) await this.#answer(0, done);
      this.#queue.clock.advance(3_600_000);
      const [row] = await this.#queue.database.read('deliveries').whereNot('state', 'failed').limit(1);
      if (row === undefined) return;
    }
    this.violations.push('the queue never became empty');
  }

  /** Messages whose answer took effect although an end had overtaken them. */
  get resurrected(): number[] {
    return this.settled.filter((id) => this.#ended.has(id));
  }
}

/** better-sqlite3 answers at once: a few turns of the loop are all that workers need to come to rest. */
async function rest(): Promise<void> {
  for (let count = 0; count < 12; count += 1) await new Promise((resolve) => setImmediate(resolve));
}

it('DLV-03 whatever happens, a lane has one message under way, in commit order, and an end overtakes', async () => {
  const database = await sqliteBench().open();
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
    await database.write((trx) => trx('deliveries').delete());
    const story = new Story(createQueue(database));
    for (const now of steps) await story.play(now);
    await story.finish();
    expect(story.violations).toEqual([]);
    expect(story.resurrected).toEqual([]);
    expect(new Set(story.settled).size).toBe(story.settled.length);
  });
  await fc.assert(property, { numRuns: 100 });
}, 60_000);
