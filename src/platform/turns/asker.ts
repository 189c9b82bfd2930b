import { AsyncLocalStorage } from 'node:async_hooks';

/** The asker of work that no request has caused: deliveries, sweeps, commands. */
export const OWN_WORK = 'own work';

interface AskerOptions {
  readonly onNamed?: (key: string) => void;
  readonly readsInTurn?: boolean;
}

/** Waits with at most this time between them count as one, milliseconds. */
const LATELY = 1_000;

/** Who a request comes from, as far as that is known. */
export class Asker {
  #key: string;
  readonly #onNamed: ((key: string) => void) | undefined;
  /** The request has had its turn of the event loop. */
  hasBegun = false;
  /** True: reads take turns too, for example for connections to a database. */
  readonly readsInTurn: boolean;
  #waited = 0;
  #waitedUntil = -Infinity;

  /** `key` is what is known before the proof is checked; `onNamed` is called when the door knows more. */
  constructor(key: string, { onNamed, readsInTurn = false }: AskerOptions = {}) {
    this.#key = key;
    this.#onNamed = onNamed;
    this.readsInTurn = readsInTurn;
  }

  get key(): string {
    return this.#key;
  }

  /**
   * How long this request has waited recently, milliseconds: for the event loop, a tree, a connection, one after the
   * other. Waits are bounded together, because otherwise a 503 would come only after the sum of all bounds (ruling
   * F-80). Waits before a long piece of work, such as an upload, no longer count.
   */
  get waitedLately(): number {
    return performance.now() - this.#waitedUntil > LATELY ? 0 : this.#waited;
  }

  /** Adds a wait that has just ended. */
  hasWaited(millis: number): void {
    this.#waited = this.waitedLately + millis;
    this.#waitedUntil = performance.now();
  }

  /** To be called when a door knows who asks: `person:ID`, the same for pages and all apps, or `peer:ID`. */
  name(key: string): void {
    if (this.#key === key) return;
    this.#key = key;
    this.#onNamed?.(key);
  }
}

const OF_REQUEST = Symbol('asker');

interface Asked {
  [OF_REQUEST]?: Asker;
}

/** Attaches the asker to a request. */
export function noteAsker(request: object, asker: Asker): void {
  (request as Asked)[OF_REQUEST] = asker;
}

/** The asker of a request; undefined if none was attached. */
export function askerOf(request: object): Asker | undefined {
  return (request as Asked)[OF_REQUEST];
}

const followed = new AsyncLocalStorage<Asker>();

/** Calls under way whose asynchronous steps are followed. */
let underWay = 0;

/**
 * Does `work`, with all its asynchronous steps, on behalf of an asker: turns are given to askers, not to calls
 * (scale.md 2.3). A promise is followed until it settles; what continues after that is the cloud's own work.
 *
 * Node.js 20 and 22 track every promise of the process while an async context is in use, which makes short calls a
 * quarter more expensive. Therefore reads that need only a turn of the event loop, for which the asker is passed
 * explicitly, are not tracked; and own work is not tracked while nothing else is.
 */
export function askedBy<T>(by: Asker | string, work: () => T): T {
  if (by === OWN_WORK && underWay === 0) return work();
  underWay += 1;
  let result: T;
  try {
    result = followed.run(typeof by === 'string' ? new Asker(by) : by, work);
  } catch (error) {
    end();
    throw error;
  }
  if (result instanceof Promise) result.then(end, end);
  else end();
  return result;
}

/** {@link askedBy} for work without a promise: answers a function to call once when it has ended. */
export function askedUntil(by: Asker, work: () => void): () => void {
  underWay += 1;
  followed.run(by, work);
  return end;
}

function end(): void {
  underWay -= 1;
  if (underWay === 0) followed.disable();
}

/** The request that the current work belongs to; undefined for own work, and for work that is not tracked. */
export function requestNow(): Asker | undefined {
  return underWay === 0 ? undefined : followed.getStore();
}

/** The key of the asker of the current work. */
export function askerNow(): string {
  return requestNow()?.key ?? OWN_WORK;
}
