import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import supertest from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCloud, type StorageOpening } from '../../src/cloud.js';
import { readConfig } from '../../src/config/index.js';
import { isFailure, ROOT_ID } from '../../src/kernel/index.js';
import { createDatabase, postgresReason } from '../support/postgres.js';
import { ANA } from '../support/seeds.js';
import { until } from '../support/until.js';

const noPostgres = (await postgresReason()) !== undefined;

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'storage-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function configOf(folder: string, more: Record<string, string> = {}) {
  return readConfig({ FOOTBRIDGE_DATA_DIR: folder, FOOTBRIDGE_LOG_LEVEL: 'silent', ...more });
}

/** Opens a cloud that stops when the test ends. */
async function open(config: ReturnType<typeof configOf>, storage?: StorageOpening) {
  const cloud = await openCloud(config, {}, storage);
  onTestFinished(() => cloud.stop());
  return cloud;
}

/** A cloud with one file of Ana's, and how she reads and writes. */
async function withFile(folder: string) {
  const cloud = await open(configOf(folder));
  const {
    people: { accounts },
    files: { tree },
  } = cloud.services;
  const ana = { kind: 'person', accountId: (await accounts.add(ANA.email, ANA.name)).id } as const;
  const content = (text: string) => ({ body: Readable.from([Buffer.from(text)]) });
  const writeSmall = (name: string) => tree.create(ana, ROOT_ID, name, content('words'));
  const write = (name: string) => tree.create(ana, ROOT_ID, name, content('words'.padEnd(20_000)));
  const { id } = await write('file');
  return { cloud, write, writeSmall, read: () => tree.open(ana, id), contents: path.join(folder, 'contents') };
}

async function isRefused(write: Promise<unknown>): Promise<boolean> {
  return write.then(
    () => false,
    (error: unknown) => isFailure(error, 'unavailable'),
  );
}

describe('a cloud and its storage folder', () => {
  it.skipIf(noPostgres)('F-01 a new PostgreSQL beside an old data folder is refused', async () => {
    const folder = await newFolder();
    await withFile(folder);
    const database = await createDatabase();
    onTestFinished(() => database.drop());
    const config = configOf(folder, { FOOTBRIDGE_DATABASE_URL: database.url });
    await expect(openCloud(config)).rejects.toThrow(/belongs to a database.*serve --adopt-storage/);
    const cloud = await open(config, 'adopt');
    await supertest(cloud.app).get('/readyz').expect(200);
  });

  it('F-01 a copy of the database that is restored by hand, and goes on, has sync programs upload what it misses', async () => {
    const folder = await newFolder();
    const { cloud } = await withFile(folder);
    const account = await cloud.services.people.accounts.byEmail(ANA.email);
    const { password } = await cloud.services.apps.appPasswords.add(account?.id ?? expect.fail('nobody'), 'sync');
    const fingerprint = async (app: typeof cloud.app): Promise<string | undefined> => {
      const asked =
        '<propfind xmlns="DAV:" xmlns:oc="http://owncloud.org/ns"><prop><oc:data-fingerprint/></prop></propfind>';
      const agent = supertest(app).propfind('/dav/').set('depth', '0').auth(ANA.email, password);
      const { text } = await agent.set('content-type', 'application/xml').send(asked).expect(207);
      return /<oc:data-fingerprint>(.*)<.oc:data-fingerprint>/.exec(text)?.[1] ?? '';
    };
    expect(await fingerprint(cloud.app)).toBe('');
    await cloud.stop();
    await cp(path.join(folder, 'footbridge.sqlite'), path.join(folder, 'copy'));
    const next = await open(configOf(folder));
    const ana = { kind: 'person', accountId: account?.id ?? expect.fail('nobody') } as const;
    const body = { body: Readable.from([Buffer.alloc(20_000, 'x')]) };
    await next.services.files.tree.create(ana, ROOT_ID, 'later', body);
    await next.stop();
    await rename(path.join(folder, 'copy'), path.join(folder, 'footbridge.sqlite'));
    await expect(openCloud(configOf(folder))).rejects.toThrow(/is newer than this database.*--adopt-storage/);
    const restored = await open(configOf(folder), 'adopt');
    const word = await fingerprint(restored.app);
    expect(word).toMatch(/^[0-9a-f]{16}$/);
    await restored.stop();
    const again = await open(configOf(folder), 'adopt');
    expect(await fingerprint(again.app)).toBe(word);
  });

  it('F-02 a disk that vanishes: /readyz 503 with the reason, writes and reads 503, and all is well once it is back', async () => {
    const { cloud, write, writeSmall, read, contents } = await withFile(await newFolder());
    await rename(contents, `${contents}.away`);
    await mkdir(contents);
    const reasons = [{ what: 'storage', description: 'The storage folder is not there: is its disk mounted?' }];
    await supertest(cloud.app).get('/readyz').expect(503, { ok: false, reasons });
    await expect(write('other')).rejects.toMatchObject({ code: 'unavailable' });
    // Nothing of a small one goes there: a look each second is enough for it.
    await until('small files are refused too', () => isRefused(writeSmall(String(performance.now()))));
    await expect(read()).rejects.toMatchObject({ code: 'unavailable' });
    await rm(contents, { recursive: true });
    await rename(`${contents}.away`, contents);
    await supertest(cloud.app).get('/readyz').expect(200);
    await write('other');
    await read();
  });

  it('F-02 commands that only read go on where the storage is away, the others say what to do', async () => {
    const folder = await newFolder();
    const { cloud, contents } = await withFile(folder);
    await cloud.stop();
    await rm(contents, { recursive: true });
    await expect(openCloud(configOf(folder))).rejects.toThrow('Mount its disk');
    const reading = await open(configOf(folder), 'read');
    expect(await reading.services.people.accounts.byEmail(ANA.email)).toMatchObject({ name: ANA.name });
  });
});
