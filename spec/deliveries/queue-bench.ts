import {
  Outbox,
  createWorker,
  type Delivery,
  type DeliveryHandler,
  type DeliveryWorker,
  type Verdict,
} from '../../src/deliveries/index.js';
import type { NewDelivery, WorkerParts } from '../../src/deliveries/index.js';
import { createLog, createSealer, type Database } from '../../src/platform/index.js';
import { createHandClock, createSeededRandom, type HandClock } from '../support/seeds.js';

/** Milliseconds after which a worker of these specs that fell silent has lost its messages. */
export const LEASE = 60_000;

/** A queue with a hand-driven clock; its workers come and go like processes. */
export interface QueueBench {
  readonly database: Database;
  readonly clock: HandClock;
  readonly outbox: Outbox;
  /** What the program logged, line by line. */
  readonly logged: string[];
  /** Queues a message in a transaction of its own; answers the id of the last one in its lane. */
  enqueue(message: Partial<NewDelivery>): Promise<number>;
  /** A worker whose handlers all do `act`, unless told otherwise. */
  worker(act: DeliveryHandler, parts?: Partial<WorkerParts>): DeliveryWorker;
}

/** The kinds of message that the workers of these specs know. */
export const KINDS = ['grant', 'end', 'note'] as const;

/** A queue on `database`. */
export function createQueue(database: Database): QueueBench {
  const clock = createHandClock();
  const random = createSeededRandom();
  const sealer = createSealer(Buffer.alloc(32, 7));
  const outbox = new Outbox({ database, clock, sealer });
  const logged: string[] = [];
  const log = createLog('info', { write: (line) => logged.push(line) });
  return {
    database,
    clock,
    outbox,
    logged,
    enqueue: async (message) => {
      const whole = { kind: 'grant', lane: 'lane', payload: {}, ...message };
      await database.write((trx) => outbox.enqueue(trx, whole));
      return (await outbox.pending(whole.lane)).at(-1)?.id ?? Number.NaN;
    },
    worker: (act, parts = {}) => {
      const handlers = Object.fromEntries(KINDS.map((kind) => [kind, act]));
      const leaseTime = async (): Promise<number> => clock.now();
      return createWorker({
        database,
        outbox,
        sealer,
        clock,
        random,
        log,
        handlers,
        lease: LEASE,
        leaseTime,
        ...parts,
      });
    },
  };
}

export const done = { kind: 'done', note: '200' } as const satisfies Verdict;
export const retry = { kind: 'retry', note: '503' } as const satisfies Verdict;

/** A handler that answers with `verdict` and remembers what it was given. */
export function recorder(
  verdict: Verdict | ((delivery: Delivery) => Verdict) = done,
): DeliveryHandler & { seen: Delivery[] } {
  const seen: Delivery[] = [];
  const act = async (delivery: Delivery): Promise<Verdict> => {
    seen.push(delivery);
    return typeof verdict === 'function' ? verdict(delivery) : verdict;
  };
  return Object.assign(act, { seen });
}

/** Something that a test waits for and another part of it brings about. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function createGate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** A handler whose every attempt hangs until the test ends it; `begun` resolves when `count` of them hang. */
export function hanging(): {
  act: DeliveryHandler;
  begun(count: number): Promise<void>;
  end(verdict?: Verdict): void;
  seen: Delivery[];
} {
  const seen: Delivery[] = [];
  const waiting: { count: number; gate: Gate }[] = [];
  let ends: ((verdict: Verdict) => void)[] = [];
  return {
    seen,
    act: (delivery) => {
      seen.push(delivery);
      for (const { count, gate } of waiting) if (seen.length >= count) gate.open();
      return new Promise((resolve) => ends.push(resolve));
    },
    begun: (count) => {
      const gate = createGate();
      if (seen.length >= count) gate.open();
      else waiting.push({ count, gate });
      return gate.opened;
    },
    end: (verdict = done) => {
      for (const end of ends) end(verdict);
      ends = [];
    },
  };
}
