import type { Knex } from 'knex';
import { requestNow } from './asker.js';
import { Turns, type Release, type TurnsOptions } from './turns.js';

/** The part of knex's client that hands out connections: once for a statement, once for a whole transaction. */
interface Lender {
  acquireConnection(): Promise<object>;
  releaseConnection(connection: object): Promise<void>;
}

/** How a pool's connections are handed out. */
export interface LendingOptions extends TurnsOptions {
  /** Longest wait for a turn and a connection together, milliseconds; then the asker is refused with `unavailable`. */
  readonly patience: number;
  /** Is called with each connection that is handed out, and how long its request had waited, milliseconds. */
  readonly onLent: (connection: object, waited: number) => void;
}

/** Makes waiting for a knex instance's connections bounded, and fair by asker. */
export function lendInTurn(knex: Knex, options: LendingOptions): Knex {
  const turns = new Turns(options);
  const lender = knex.client as Lender;
  const acquire = lender.acquireConnection.bind(lender);
  const giveBack = lender.releaseConnection.bind(lender);
  const releases = new WeakMap<object, Release>();
  lender.acquireConnection = async () => {
    const [request, since] = [requestNow(), performance.now()];
    const waited = (): number => performance.now() - since;
    const release = await turns.take();
    const asked = performance.now();
    try {
      const connection = await within(options.patience - waited(), acquire(), giveBack);
      releases.set(connection, release);
      request?.hasWaited(performance.now() - asked);
      options.onLent(connection, request?.waitedLately ?? waited());
      return connection;
    } catch (error) {
      release();
      throw error;
    }
  };
  lender.releaseConnection = async (connection) => {
    const release = releases.get(connection);
    releases.delete(connection);
    await giveBack(connection).finally(release);
  };
  return knex;
}

/** The connection, or the error of a database that is away after `millis`; one that comes too late is given back. */
async function within(
  millis: number,
  coming: Promise<object>,
  giveBack: (connection: object) => Promise<void>,
): Promise<object> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, millis), undefined);
  });
  const connection = await Promise.race([coming, tooLate]).finally(() => {
    clearTimeout(timer);
  });
  if (connection !== undefined) return connection;
  coming.then(giveBack).catch(() => undefined);
  throw Object.assign(new Error('Timeout: no connection came in time.'), { code: 'ETIMEDOUT' });
}
