import knexFactory, { type Knex } from 'knex';
import type pg from 'pg';
import { MINUTE, SECOND } from '../../../kernel/index.js';
import { lendInTurn } from '../../turns/index.js';
import { judged } from './storable.js';
import { countWait, cutWhenSilent, type PgConnection } from './patience.js';

/** How long the work of one kind of connection may take, milliseconds (scale.md 2.3). */
interface Pace {
  /** Connections at most. */
  readonly connections: number;
  /** Waiting for a lock that somebody else holds. */
  readonly lock: number;
  /** One statement, by the server's clock. */
  readonly statement: number;
  /** One statement, by ours; undefined: the server is trusted to end it. */
  readonly silence?: number;
  /** A transaction without activity, such as that of a frozen process. */
  readonly idleInTransaction: number;
}

/** The answer 503 has to be out within 3 s (reliability.md PG-01), so the silence ends a little earlier. */
const REQUESTS: Pace = {
  connections: 10,
  lock: 3 * SECOND,
  statement: 15 * SECOND,
  silence: 2_500,
  idleInTransaction: 10 * SECOND,
};

/** Steps of the schema, and whatever else may take minutes; two replicas that start together wait for each other. */
const JOBS: Pace = {
  connections: 2,
  lock: 5 * MINUTE,
  statement: 10 * MINUTE,
  idleInTransaction: 10 * SECOND,
};

/**
 * Connections kept for deliveries, ends and health, and the most that work for one asker (scale.md 2.3): one less while
 * others ask too, because all statements share the server's processors and our event loop (ruling F-84).
 */
const KEPT = 2;
const EACH = 3;
const EACH_BESIDE = 2;

/**
 * Limits of one attempt to connect, of connecting with its first statements, and of an asker's whole wait for a
 * connection, milliseconds.
 */
const CONNECT_TIMEOUT = 2_000;
const ACQUIRE_TIMEOUT = 2_500;
const LENDING = 2_000;

/** Both kinds of connections to one PostgreSQL. */
export interface PostgresConnections {
  /** For requests and deliveries: handed out fairly by asker, dropped when the server is silent. */
  readonly requests: Knex;
  readonly jobs: Knex;
}

/** Opens them; the server is not asked before the first statement. */
export async function connectionsTo(url: string, instance: string, common: Knex.Config): Promise<PostgresConnections> {
  const requests = await knexAt(url, instance, REQUESTS, common);
  const shares = { atOnce: REQUESTS.connections, each: EACH, eachBeside: EACH_BESIDE, kept: KEPT };
  const fair = { ...shares, patience: LENDING, onLent: countWait };
  return { requests: lendInTurn(requests, fair), jobs: await knexAt(url, instance, JOBS, common) };
}

type TypeId = Parameters<typeof pg.types.getTypeParser>[0];

/** A knex instance on PostgreSQL whose bigint columns arrive as numbers: everything we keep there is below 2^53. */
async function knexAt(url: string, instance: string, pace: Pace, common: Knex.Config): Promise<Knex> {
  // Not at the top: loading it takes a tenth of a start, and most clouds keep SQLite.
  const { default: pg } = await import('pg');
  const types = {
    getTypeParser: (oid: TypeId, format?: 'text' | 'binary'): unknown =>
      oid === pg.types.builtins.INT8 ? Number : (pg.types.getTypeParser(oid, format ?? 'text') as unknown),
  };
  return judged(
    knexFactory({
      ...common,
      client: 'pg',
      connection: { connectionString: url, types, ...limitsOf(pace, instance) } as Knex.PgConnectionConfig,
      pool: {
        min: 0,
        max: pace.connections,
        // A connection that is opened while the server hangs must not keep its place in the pool.
        createTimeoutMillis: ACQUIRE_TIMEOUT,
        afterCreate: (connection: PgConnection, done: (error: Error | null, connection: PgConnection) => void) => {
          if (pace.silence !== undefined) cutWhenSilent(connection, pace.silence);
          done(null, connection);
        },
      },
      acquireConnectionTimeout: ACQUIRE_TIMEOUT,
      // knex would print every lost connection on standard output; the caller gets the error anyway.
      log: { warn: ignore, error: ignore },
    }),
  );
}

function ignore(): void {
  // Says nothing.
}

/** Settings for each connection. Those in the URL of the configuration override them. */
function limitsOf(pace: Pace, instance: string): object {
  return {
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    application_name: `footbridge/${instance}`,
    lock_timeout: pace.lock,
    statement_timeout: pace.statement,
    idle_in_transaction_session_timeout: pace.idleInTransaction,
    // With these two we notice that the server's machine is gone; with the options below the server notices that ours
    // is.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10 * SECOND,
    options: '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
  };
}
