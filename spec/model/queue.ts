import { retryDelay, type NewDelivery, type Verdict } from '../../src/deliveries/index.js';

/** A queued message, as the outbox keeps it. */
export interface Row extends NewDelivery {
  readonly id: number;
  readonly createdAt: number;
  readonly runAt: number;
  readonly attempts: number;
  readonly hasFailed: boolean;
}

export type Queue = readonly Row[];

/** Waits without jitter, in the middle of their range. */
const EVEN = { bytes: (size: number) => Buffer.alloc(size, 0x7f) };

/** As `Outbox.enqueue`. */
export function enqueued(queue: Queue, delivery: NewDelivery, id: number, now: number): Queue {
  const { lane, kind } = delivery;
  if (delivery.unlessQueued === true && queue.some((row) => !row.hasFailed && row.lane === lane && row.kind === kind)) {
    return queue;
  }
  return [...queue, { ...delivery, id, createdAt: now, runAt: delivery.runAt ?? now, attempts: 0, hasFailed: false }];
}

/** As `Outbox.drop`. */
export function dropped(queue: Queue, lane: string, kinds?: readonly string[]): Queue {
  return queue.filter((row) => row.lane !== lane || (kinds !== undefined && !kinds.includes(row.kind)));
}

/** As `Outbox.hasten`. */
export function hastened(
  queue: Queue,
  { lane, message, interval }: { readonly lane: string; readonly message: string; readonly interval: number },
  now: number,
): Queue {
  const isMeant = (row: Row): boolean => row.lane === lane && row.kind === message && row.attempts === 0;
  const sooner = ({ runAt, createdAt }: Row): number => Math.min(runAt, Math.max(now, createdAt + interval));
  return queue.map((row) => (isMeant(row) && !row.hasFailed ? { ...row, runAt: sooner(row) } : row));
}

/** What may be sent now: the first of each lane that is due, where nothing of the lane is under way (DLV-03). */
export function dueOf(queue: Queue, now: number, busy: ReadonlySet<string>): Row[] {
  const seen = new Set(busy);
  return queue.filter((row) => {
    if (row.hasFailed || seen.has(row.lane)) return false;
    seen.add(row.lane);
    return row.runAt <= now;
  });
}

/** When the first message is due: that of some lane, which others wait behind. */
export function nextOf(queue: Queue): number {
  return Math.min(...dueOf(queue, Infinity, new Set()).map(({ runAt }) => runAt));
}

/** The queue after an attempt, as `Claims.end`. */
export function attempted(queue: Queue, row: Row, verdict: Verdict, now: number): Queue {
  if (verdict.kind === 'done') return queue.filter(({ id }) => id !== row.id);
  return queue.map((each) => (each.id === row.id ? after(each, verdict, now) : each));
}

function after(row: Row, verdict: Verdict, now: number): Row {
  const attempts = row.attempts + 1;
  if (verdict.kind !== 'retry') return { ...row, attempts, hasFailed: true };
  const runAt = now + retryDelay({ ...verdict, attempts }, EVEN);
  return { ...row, attempts, runAt: Math.min(runAt, row.expiresAt ?? runAt) };
}

/** Ends a message whose lifetime is over. */
export function expired(queue: Queue, row: Row): Queue {
  return queue.map((each) => (each.id === row.id ? { ...each, hasFailed: true } : each));
}

/** Somebody presses "retry" on everything that is shown as failed, or will be (DLV-01). */
export function retried(queue: Queue, now: number): Queue {
  const isLost = ({ hasFailed, expiresAt = Infinity }: Row): boolean => hasFailed || expiresAt <= now;
  const again = (row: Row): Row => ({
    ...row,
    ...(row.expiresAt === undefined ? {} : { expiresAt: now + row.expiresAt - row.createdAt }),
    createdAt: now,
    runAt: now,
    attempts: 0,
    hasFailed: false,
  });
  return [...queue.filter((row) => !isLost(row)), ...queue.filter(isLost).map(again)];
}
