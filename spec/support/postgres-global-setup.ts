import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { type PostgresServer, startPostgres } from './postgres-server.js';

/** What the set-up tells a spec that asks for PostgreSQL; names of the run's databases begin with `prefix`. */
export type PostgresAnswer = { readonly url: string; readonly prefix: string } | { readonly reason: string };

declare module 'vitest' {
  interface ProvidedContext {
    /** Loopback port that answers each connection with one {@link PostgresAnswer} as JSON. */
    readonly postgresPort: number;
  }
}

/**
 * One PostgreSQL for the whole run, shared by all worker processes and started when the first of them asks: a run that
 * needs none does not pay for it. `TEST_POSTGRES_URL` names an existing server to use instead. Without fsync: its specs
 * kill clouds, never the machine; a spec about durability starts its own.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let server: Promise<PostgresServer> | undefined;
  const prefix = `spec_${randomBytes(4).toString('hex')}_`;
  const existing = process.env['TEST_POSTGRES_URL'];
  const ask = async (): Promise<PostgresAnswer> => {
    if (existing) return { url: existing, prefix };
    try {
      server ??= startPostgres({ fsync: false });
      return { url: (await server).url, prefix };
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error) };
    }
  };
  const closeDoor = await answerEach(ask, (port) => {
    project.provide('postgresPort', port);
  });
  return async () => {
    closeDoor();
    await server?.then((it) => it.stop()).catch(() => undefined);
    if (existing) await dropAll(existing, prefix);
  };
}

/** Leaves a server that is not ours as it was: some databases are kept from test to test. */
async function dropAll(url: string, prefix: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      'select datname as name from pg_database where starts_with(datname, $1)',
      [prefix],
    );
    for (const { name } of rows) await client.query(`drop database ${name} with (force)`);
  } finally {
    await client.end();
  }
}

async function answerEach(ask: () => Promise<PostgresAnswer>, provide: (port: number) => void): Promise<() => void> {
  const door = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    void ask().then((answer) => socket.end(JSON.stringify(answer)));
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  provide((door.address() as AddressInfo).port);
  return () => door.close();
}
