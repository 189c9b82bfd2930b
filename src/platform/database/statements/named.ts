import type { Knex } from 'knex';
import { runDirectly, type Direct, type Value } from './direct.js';

/** What of a connection of `pg` is used here, as `cutWhenSilent` leaves it. */
interface PgConnection {
  query(statement: NamedStatement, done: (error: Error | null, result?: { readonly rows: unknown[] }) => void): unknown;
}

interface NamedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly Value[];
}

/** What of knex's client is used: who waits for a connection does so in turn (`lendInTurn`). */
interface PgClient {
  acquireConnection(): Promise<PgConnection>;
  releaseConnection(connection: PgConnection): Promise<void>;
  positionBindings(statement: string): string;
}

/** PostgreSQL keeps the plan of a named statement, and refuses it once a column has been added to what it selects. */
const PLAN_IS_OLD = '0A000';

/** Runs statements of a knex instance on PostgreSQL under names of their own, each prepared once by every connection. */
export function runNamed(knex: Knex): Knex {
  const client = knex.client as PgClient;
  const names = new Map<string, { readonly name: string; readonly text: string }>();
  let count = 0;
  const nameAnew = (statement: string): { readonly name: string; readonly text: string } => {
    count += 1;
    const named = { name: `footbridge_${String(count)}`, text: client.positionBindings(statement) };
    names.set(statement, named);
    return named;
  };
  const run: Direct = async (statement, values) => {
    const connection = await client.acquireConnection();
    try {
      const first = { ...(names.get(statement) ?? nameAnew(statement)), values };
      return await answerOf(connection, first).catch((error: unknown) => {
        if ((error as { code?: unknown }).code !== PLAN_IS_OLD) throw error;
        return answerOf(connection, { ...nameAnew(statement), values });
      });
    } finally {
      await client.releaseConnection(connection);
    }
  };
  runDirectly(knex, () => run);
  return knex;
}

function answerOf(connection: PgConnection, statement: NamedStatement): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    connection.query(statement, (error, result) => {
      if (error === null) resolve(result?.rows ?? []);
      else reject(error);
    });
  });
}
