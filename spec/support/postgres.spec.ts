import { existsSync } from 'node:fs';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { startPostgres } from './postgres-server.js';
import { createDatabase, postgresReason } from './postgres.js';

const reason = await postgresReason();

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

describe.skipIf(reason !== undefined)("the run's PostgreSQL", () => {
  it('gives each caller a database of its own', async () => {
    const [ana, bo] = await Promise.all([createDatabase(), createDatabase()]);
    await query(ana.url, 'create table note (id integer)');
    await expect(query(bo.url, 'select * from note')).rejects.toThrow('does not exist');
    await Promise.all([ana.drop(), bo.drop()]);
  });

  it('drops a database that is still in use', async () => {
    const database = await createDatabase();
    const lingering = new pg.Client({ connectionString: database.url });
    lingering.on('error', () => undefined);
    await lingering.connect();
    await database.drop();
    await expect(query(database.url, 'select 1')).rejects.toThrow('does not exist');
  });

  it('can be started apart, durable, and leaves nothing behind', async () => {
    const server = await startPostgres();
    const [fsync] = await query(server.url, 'show fsync');
    const [folder] = (await query(server.url, 'show data_directory')) as { data_directory: string }[];
    await server.stop();
    expect(fsync).toEqual({ fsync: 'on' });
    expect(existsSync(folder?.data_directory ?? '/')).toBe(false);
  });
});
