import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { openCloud } from '../../../src/cloud.js';
import { readConfig } from '../../../src/config/index.js';
import { ROOT_ID } from '../../../src/kernel/index.js';
import { openDatabase } from '../../../src/platform/index.js';
import { basic, DavProgram, propsOf } from '../../doors/dav/dav-story.js';
import { freePort, startCloud } from '../../support/cloud-process.js';
import { ANA, CLEO } from '../../support/seeds.js';
import { until } from '../../support/until.js';

const FILES = 120;

/** The files of a cloud that is down: Cleo has a folder full of files, and may write in one of Ana's. Answers her password. */
async function settle(env: Readonly<Record<string, string>>): Promise<string> {
  const { services, stop } = await openCloud(readConfig(env));
  const { people, files, agreements, apps } = services;
  const [ana, cleo] = [
    await people.accounts.add(ANA.email, ANA.name),
    await people.accounts.add(CLEO.email, CLEO.name),
  ];
  const [her, him] = [
    { kind: 'person', accountId: ana.id },
    { kind: 'person', accountId: cleo.id },
  ] as const;
  const shared = await files.tree.makeFolder(her, ROOT_ID, 'Shared');
  const terms = { addresses: [CLEO.email], permission: 'read-write', again: {} } as const;
  await agreements.sharing.share(ana.id, shared.id, terms);
  const box = await files.tree.makeFolder(him, ROOT_ID, 'Box');
  for (let at = 0; at < FILES; at += 1) {
    const body = Readable.from([Buffer.from(String(at))], { objectMode: false });
    await files.tree.put(him, box.id, `${String(at)}.txt`, { body });
  }
  const { password } = await apps.appPasswords.add(cleo.id, 'WebDAV');
  await stop();
  return password;
}

it('a move from one person to another whose process is killed is done by the next, whole and once', async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'footbridge-transfers-'));
  const port = await freePort();
  const url = `http://localhost:${String(port)}`;
  const env = { FOOTBRIDGE_PUBLIC_URL: url, FOOTBRIDGE_DATA_DIR: dataDir, FOOTBRIDGE_ALLOW_INSECURE_PEERS: 'true' };
  const password = await settle({ ...env, FOOTBRIDGE_CLOUD_NAME: 'Alder', FOOTBRIDGE_LOG_LEVEL: 'silent' });
  const cloud = await startCloud({ name: 'Alder', dataDir, port, env });
  const file = path.join(dataDir, 'footbridge.sqlite');
  const database = await openDatabase({ engine: 'sqlite', driver: 'better-sqlite3', file });
  onTestFinished(async () => {
    await database.close();
    await cloud.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const program = new DavProgram(url, basic(CLEO.email, password));
  const headers = { destination: '/dav/Shared/Box', prefer: 'respond-async' };
  const asked = await program.call('MOVE', '/dav/Box', { headers });
  const at = asked.headers.location ?? '';
  expect([asked.status, at]).toEqual([202, expect.stringContaining('/dav-transfers/')]);
  const copied = async (): Promise<number> => {
    const staged = database.read('transfers').select('staged_id');
    return (await database.read('items').whereIn('parent_id', staged).pluck('id')).length;
  };
  const halfWay = await until('some of its files', async () => ((await copied()) > 10 ? copied() : undefined), {
    every: 2,
  });
  await cloud.kill('SIGKILL');
  expect(halfWay).toBeLessThan(FILES);
  await cloud.start();
  const state = await until('its end', async () => {
    const told = JSON.parse((await program.call('GET', at)).text) as { status: string; href?: string };
    return told.status === 'queued' || told.status === 'running' ? undefined : told;
  });
  expect(state).toMatchObject({ status: 'done', href: '/dav/Shared/Box/' });
  const names = async (folder: string): Promise<string[]> =>
    [...(await program.find(folder, '1', propsOf('getetag'))).keys()].slice(1);
  expect((await names('/dav/Shared/Box')).length).toBe(FILES);
  expect([await names('/dav/'), await names('/dav/Shared/')]).toEqual([['/dav/Shared/'], ['/dav/Shared/Box/']]);
  expect((await program.call('GET', '/dav/Shared/Box/7.txt')).text).toBe('7');
});
