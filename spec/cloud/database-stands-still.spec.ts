import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCloud, type Cloud } from '../../src/cloud.js';
import { readConfig } from '../../src/config/index.js';
import { freePort } from '../support/cloud-process.js';
import { postgresReason } from '../support/postgres.js';
import { startPostgres, type PostgresServer } from '../support/postgres-server.js';
import { ANA, BO } from '../support/seeds.js';
import { childrenOf, standStill } from '../support/standing-still.js';
import { startWatch } from '../support/stopwatch.js';
import { until } from '../support/until.js';
import { StorageClient } from '../journeys/support/storage-client.js';
import { send, type Answer } from '../journeys/support/wire.js';

const noPostgres = (await postgresReason()) !== undefined;

/** Every answer comes within so many milliseconds of ours (PG-01). */
const WITHIN = 3_000;

interface Timed {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
  readonly millis: number;
}

describe.skipIf(noPostgres)('a cloud whose PostgreSQL stands still', { timeout: 120_000 }, () => {
  let server: PostgresServer;
  let cloud: Cloud;
  let url: string;
  let dataDir: string;
  let app: Record<'ana' | 'bo', StorageClient>;

  beforeEach(async () => {
    server = await startPostgres({ fsync: false });
    dataDir = await mkdtemp(path.join(tmpdir(), 'footbridge-still-'));
    url = `http://localhost:${String(await freePort())}`;
    const settings = { FOOTBRIDGE_PUBLIC_URL: url, FOOTBRIDGE_DATA_DIR: dataDir, FOOTBRIDGE_LOG_LEVEL: 'silent' };
    cloud = await openCloud(readConfig({ ...settings, FOOTBRIDGE_DATABASE_URL: server.url }));
    await cloud.listen();
    await cloud.services.apps.clients.add('Desktop');
    app = { ana: await appOf(ANA), bo: await appOf(BO) };
  }, 60_000);

  afterEach(async () => {
    await cloud.stop();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }, 60_000);

  async function appOf({ email, name }: typeof ANA): Promise<StorageClient> {
    const {
      people: { accounts },
      apps: { tokens },
    } = cloud.services;
    const { id } = await accounts.add(email, name);
    return new StorageClient(url, await tokens.add(id, 'Desktop'));
  }

  /** A connection of the spec's own. */
  async function beside<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** Process ids of the server's processes that serve this cloud. */
  function backends(): Promise<number[]> {
    return beside(async (client) => {
      const sql = "select pid from pg_stat_activity where application_name like 'footbridge/%'";
      return (await client.query<{ pid: number }>(sql)).rows.map(({ pid }) => pid);
    });
  }

  const write = (client: StorageClient, name: string): Promise<Timed> =>
    timed(() => client.call(`file?name=${name}`, { method: 'POST', body: 'x' }));
  const list = (client: StorageClient): Promise<Timed> => timed(() => client.call('folder/0/contents'));
  const readiness = (): Promise<Timed> => timed(() => send(`${url}/readyz`));

  it('has time limits, keepalive and its name on every connection (F-80)', async () => {
    const { database } = cloud.services.base;
    const wanted = {
      lock_timeout: '3s',
      statement_timeout: '15s',
      idle_in_transaction_session_timeout: '10s',
      tcp_keepalives_idle: '10',
      tcp_keepalives_interval: '5',
      tcp_keepalives_count: '3',
    };
    const each = await Promise.all(Array.from({ length: 8 }, () => database.read.transaction((trx) => shown(trx))));
    expect(each.map(({ application_name: name, ...limits }) => [name?.startsWith('footbridge/'), limits])).toEqual(
      Array.from({ length: 8 }, () => [true, wanted]),
    );
    expect(await database.job(shown)).toMatchObject({ statement_timeout: '10min', lock_timeout: '5min' });
  });

  it('answers others at once while ten writes of one person wait for a lock, and those within 3 s (F-80)', async () => {
    await beside(async (holder) => {
      await holder.query('begin');
      await holder.query('select id from accounts for no key update');
      const writes = Array.from({ length: 10 }, (_, index) => write(app.ana, `a${String(index)}`));
      await until('a write that waits', () => beside(waitsForLock));
      const waiting = startWatch();
      const others = await Promise.all(Array.from({ length: 20 }, () => list(app.bo)));
      expect(others.map(({ status }) => status)).toEqual(others.map(() => 200));
      expect(Math.max(...others.map(({ millis }) => millis))).toBeLessThan(1_500);
      const refused = await Promise.all(writes);
      expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 503));
      expect(waiting()).toBeLessThan(WITHIN);
      await holder.query('rollback');
    });
    expect(await write(app.ana, 'after')).toMatchObject({ status: 201 });
  });

  it('lets one write to a tree wait in the database, 64 in memory, and refuses more with 429 (F-80)', async () => {
    await beside(async (holder) => {
      await holder.query('begin');
      await holder.query('select id from accounts for no key update');
      const writes = Array.from({ length: 70 }, (_, index) => write(app.ana, `a${String(index)}`));
      await until('a write that waits', () => beside(waitsForLock));
      const others = await Promise.all(Array.from({ length: 20 }, () => list(app.bo)));
      const answers = await Promise.all(writes);
      await holder.query('rollback');
      expect(counted(answers)).toEqual({ 429: 5, 503: 65 });
      expect(answers.map(({ retryAfter }) => retryAfter)).not.toContain(undefined);
      expect(counted(others)).toEqual({ 200: 20 });
      expect(Math.max(...[...answers, ...others].map(({ millis }) => millis))).toBeLessThan(WITHIN);
    });
  });

  it('says 503 within 3 s when open connections stop answering, and uses none of them again (F-80)', async () => {
    expect(counted(await Promise.all(Array.from({ length: 30 }, () => list(app.bo))))).toEqual({ 200: 30 });
    const stopped = await backends();
    expect(stopped.length).toBeGreaterThan(1);
    const goOn = await standStill(stopped);
    try {
      const answers = await Promise.all([...Array.from({ length: 20 }, () => list(app.bo)), write(app.ana, 'a')]);
      expect(Object.keys(counted(answers)).every((status) => ['200', '201', '503'].includes(status))).toBe(true);
      expect(answers.some(({ status }) => status === 503)).toBe(true);
      expect(Math.max(...answers.map(({ millis }) => millis))).toBeLessThan(WITHIN);
      // New connections are served: the server itself is well.
      await until('an answer', async () => (await list(app.bo)).status === 200, { deadline: 10_000 });
    } finally {
      goOn();
    }
  });

  it('says why it is not ready within 3 s while the whole server stands still, and is well after it (F-80)', async () => {
    expect(await readiness()).toMatchObject({ status: 200 });
    await list(app.bo);
    // First the one that makes connections: else a fresh one would answer.
    const goOn = [await standStill([server.pid]), await standStill(await childrenOf(server.pid))];
    try {
      const answers = await Promise.all([
        list(app.bo),
        write(app.ana, 'a'),
        timed(() => send(`${url}/login`)),
        readiness(),
      ]);
      expect(answers.slice(0, 3).map(({ status }) => status)).toEqual([503, 503, expect.any(Number)]);
      expect(Math.max(...answers.map(({ millis }) => millis))).toBeLessThan(WITHIN);
      const asked: Timed[] = [];
      const unready = await until('503', async () => {
        asked.push(await readiness());
        return asked.at(-1)?.status === 503 && asked.at(-1);
      });
      expect(Math.max(...asked.map(({ millis }) => millis))).toBeLessThan(WITHIN);
      expect(JSON.parse(unready.text)).toEqual({
        ok: false,
        reasons: [{ what: 'database', description: 'The database has not answered for five seconds.' }],
      });
      expect(await timed(() => send(`${url}/healthz`))).toMatchObject({ status: 200 });
    } finally {
      for (const each of goOn) each();
    }
    const continued = startWatch();
    await until('a cloud that is well', async () => {
      const [ready, listed] = [await readiness(), await list(app.bo)];
      return ready.status === 200 && listed.status === 200;
    });
    expect(continued()).toBeLessThan(10_000);
  });
});

async function timed(work: () => Promise<Pick<Answer, 'status' | 'text' | 'headers'>>): Promise<Timed> {
  const watch = startWatch();
  const { status, text, headers } = await work();
  return { status, text, retryAfter: headers['retry-after'], millis: watch() };
}

function counted(answers: readonly Timed[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const LIMITS = [
  'application_name',
  'lock_timeout',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'tcp_keepalives_idle',
  'tcp_keepalives_interval',
  'tcp_keepalives_count',
];

async function shown(trx: Cloud['services']['base']['database']['read']): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of LIMITS) {
    const { rows } = await trx.raw<{ rows: Record<string, string>[] }>(`show ${name}`);
    found[name] = rows[0]?.[name] ?? '';
  }
  return found;
}

async function waitsForLock(client: pg.Client): Promise<boolean> {
  const sql = "select count(*)::int as waiting from pg_stat_activity where wait_event_type = 'Lock'";
  return ((await client.query<{ waiting: number }>(sql)).rows[0]?.waiting ?? 0) > 0;
}
