import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import supertest from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { openCloud, type Cloud } from '../../src/cloud.js';
import { readConfig } from '../../src/config/index.js';
import { freePort } from '../support/cloud-process.js';
import { openGate } from '../support/gate.js';
import { createDatabase, postgresReason } from '../support/postgres.js';
import { BO } from '../support/seeds.js';
import { until } from '../support/until.js';
import { startWatch } from '../support/stopwatch.js';

const folders: string[] = [];

async function settings(more: Record<string, string> = {}): Promise<Record<string, string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'start-'));
  folders.push(folder);
  return { FOOTBRIDGE_DATA_DIR: folder, FOOTBRIDGE_LOG_LEVEL: 'silent', ...more };
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** The type of a form that a browser posts. */
const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n';

const [KEY, OTHER] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];

const noPostgres = (await postgresReason()) !== undefined;

/** Requests that ask the database who or what they are about. */
const DOORS = [
  '/interop/result/unknown',
  '/invitations/unknown',
  '/v1/folder/0/contents?oauth_consumer_key=a&oauth_token=b&oauth_signature_method=PLAINTEXT&oauth_signature=c%26d',
];

async function statusAt({ app }: Cloud, path: string): Promise<number> {
  const { host } = readConfig({}).publicUrl;
  return (await supertest(app).get(path).set('Host', host)).status;
}

describe('a start', () => {
  it('SEC-03 is refused with another key than the one that sealed what is stored, and leaves nothing open', async () => {
    const environment = await settings({ FOOTBRIDGE_SECRET_KEY: KEY });
    await (await openCloud(readConfig(environment))).stop();
    await expect(openCloud(readConfig({ ...environment, FOOTBRIDGE_SECRET_KEY: OTHER }))).rejects.toThrow('key');
    await (await openCloud(readConfig(environment))).stop();
  });

  it('SEC-03 is refused in a data folder that has lost its key; a folder with other files gets one', async () => {
    const environment = await settings();
    await (await openCloud(readConfig(environment))).stop();
    await rm(path.join(String(environment['FOOTBRIDGE_DATA_DIR']), 'secret.key'));
    await expect(openCloud(readConfig(environment))).rejects.toThrow('missing although');
  });

  it('says in a sentence that the port is taken, and can be stopped', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => {
      blocker.listen(0, 'localhost', resolve);
    });
    const { port } = blocker.address() as AddressInfo;
    const cloud = await openCloud(
      readConfig(await settings({ FOOTBRIDGE_PUBLIC_URL: `http://localhost:${String(port)}` })),
    );
    await expect(cloud.listen()).rejects.toThrow(`Port ${String(port)} on localhost is in use`);
    await cloud.stop();
    await new Promise((resolve) => {
      blocker.close(resolve);
    });
  });

  it('says in a sentence that a certificate cannot be used', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'start-'));
    folders.push(folder);
    const file = path.join(folder, 'junk.pem');
    const open = async (cert: string): Promise<void> => {
      const tls = { FOOTBRIDGE_TLS_CERT: cert, FOOTBRIDGE_TLS_KEY: file };
      await (await openCloud(readConfig(await settings(tls)))).stop();
    };
    await expect(open('/no/such.pem')).rejects.toThrow('FOOTBRIDGE_TLS_CERT: /no/such.pem cannot be read.');
    await writeFile(file, 'junk');
    await expect(open(file)).rejects.toThrow('do not hold a certificate and its key');
  });

  it('OPS-01 answers /readyz with 503 once it stops, /healthz until the end', async () => {
    const cloud = await openCloud(readConfig(await settings()));
    await supertest(cloud.app).get('/readyz').expect(200);
    await supertest(cloud.app).get('/healthz').expect(200, { ok: true });
    await cloud.stop();
    await supertest(cloud.app).get('/readyz').expect(503);
  });

  it('OPS-02 is not ready while its database does not answer', async () => {
    const cloud = await openCloud(readConfig(await settings()));
    await cloud.services.base.database.close();
    await supertest(cloud.app).get('/readyz').expect(503);
    await supertest(cloud.app).get('/healthz').expect(200);
    await cloud.stop();
  });

  it.skipIf(noPostgres)(
    'PG-01 answers 503 at every door within 3 s while its database is away, and works once it is back',
    async () => {
      const database = await createDatabase();
      const url = new URL(database.url);
      const gate = await openGate(Number(url.port));
      url.port = String(gate.port);
      const cloud = await openCloud(readConfig(await settings({ FOOTBRIDGE_DATABASE_URL: url.href })));
      const statuses = (): Promise<number[]> => Promise.all(DOORS.map((door) => statusAt(cloud, door)));
      expect(await statuses()).toEqual([404, 404, 401]);
      await gate.shut();
      const watch = startWatch();
      expect(await statuses()).toEqual([503, 503, 503]);
      expect(watch()).toBeLessThan(3_000);
      await gate.open();
      expect(await statuses()).toEqual([404, 404, 401]);
      await cloud.stop();
      await gate.shut();
      await database.drop();
    },
  );

  it('OPS-01 sends nothing new while running requests come to their end', async () => {
    const port = await freePort();
    const environment = await settings({ FOOTBRIDGE_PUBLIC_URL: `http://localhost:${String(port)}` });
    const cloud = await openCloud(readConfig(environment));
    await cloud.listen();
    await cloud.start();
    const answers = (): Promise<boolean> =>
      fetch(`http://localhost:${String(port)}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
    const running = connect(port, 'localhost');
    running.write(`POST /login HTTP/1.1\r\nHost: localhost\r\n${FORM}Content-Length: 100\r\n\r\nemail=`);
    expect(await answers()).toBe(true);
    const stopping = cloud.stop();
    await until('the listener to close', async () => !(await answers()));
    const {
      base: { database },
      deliveries: { queueLetter },
    } = cloud.services;
    const letter = {
      letter: 'address-code',
      to: BO.email,
      data: { code: '12345678', askerName: BO.name, askerEmail: BO.email },
    };
    await database.write((trx) => queueLetter(trx, letter));
    await cloud.drain();
    running.destroy();
    await stopping;
    await expect(readdir(path.join(String(environment['FOOTBRIDGE_DATA_DIR']), 'mail'))).rejects.toThrow('ENOENT');
  });

  it('SSR-06 shows the switch for insecure peers in its readiness', async () => {
    const trial = await openCloud(readConfig(await settings()));
    await supertest(trial.app).get('/readyz').expect(200, { ok: true, insecurePeers: true });
    await trial.stop();
    const safe = await openCloud(readConfig(await settings({ FOOTBRIDGE_ALLOW_INSECURE_PEERS: 'false' })));
    await supertest(safe.app).get('/readyz').expect(200, { ok: true });
    await safe.stop();
  });

  it('SEC-03 keeps the generated key to its own user', async () => {
    const environment = await settings();
    await (await openCloud(readConfig(environment))).stop();
    const { mode } = await stat(path.join(String(environment['FOOTBRIDGE_DATA_DIR']), 'secret.key'));
    expect(mode & 0o777).toBe(0o600);
  });
});
