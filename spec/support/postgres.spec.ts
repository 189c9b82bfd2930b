import { existsSync } from 'node:fs';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { startPostgres } from './postgres-server.js';
import { migratedDatabase } from './postgres-pool.js';
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

  it('hands a database on to the next test as it was, unless it was changed otherwise', async () => {
    const first = await migratedDatabase();
    const [version] = await query(first.url, 'select count(*) as steps from schema_steps');
    await query(first.url, 'delete from schema_steps');
    await query(first.url, "insert into meta (key, value) values ('left', 'behind')");
    await first.drop();
    const second = await migratedDatabase();
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'select count(*) as steps from schema_steps')).toEqual([version]);
    expect(await query(second.url, "select * from meta where key = 'left'")).toEqual([]);
    await query(second.url, 'create table note (id integer)');
    await second.drop();
    const third = await migratedDatabase();
    expect(third.url).not.toBe(first.url);
    await third.drop();
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
