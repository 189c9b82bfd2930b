import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mountReason } from '../../support/mounts.js';
import { serveAt, type Start } from '../../support/serving.js';
import { until } from '../../support/until.js';
import { openStage, personAt, signedOnce, type Stage } from './stage.js';

const MIB = 1024 * 1024;

describe.skipIf((await mountReason()) !== undefined)('a disk that is full to the last byte', () => {
  let stage: Stage;
  let file: number;
  /** The cloud after it was killed. */
  let again: Start | undefined;
  beforeAll(async () => {
    stage = await openStage();
    file = (await stage.app.makeFile('kept.txt', 'words')).id;
    for (const name of ['One', 'Two', 'Three']) {
      await stage.ana.files.makeFolder(name);
      await stage.ana.share(name, { addresses: 'bo@birch.example' });
    }
    const urls = ['--share-url', 'http://localhost:1/share', '--credentials-url', 'http://localhost:1/credentials'];
    await stage.cloud.cli(['peer', 'add', 'Birch', ...urls]);
    expect(await stage.reserve()).toBe(64 * MIB);
    await stage.fillDisk();
  });
  afterAll(async () => {
    await again?.stop();
    await stage.close();
  });

  const readyz = async (): Promise<string> => {
    const answer = await fetch(`${stage.cloud.url}/readyz`);
    return `${String(answer.status)} ${answer.status === 200 ? '' : await answer.text()}`.trim();
  };
  const shareNamed = async (folder: string): Promise<string> => {
    const lines = await stage.cloud.ask<{ shareId: string; folder: string }[]>(['share', 'list']);
    return String(lines.find((line) => line.folder === folder)?.shareId);
  };

  it('F-62 OPS-07: /readyz is 503 with the reason', async () => {
    await until('the full disk to be noticed', async () => (await readyz()).startsWith('503 '));
    expect(await readyz()).toContain('The disk of the database is full');
  });

  it('F-62 DOS-05: writes are 507 at the storage API, and nothing of them is left', async () => {
    const made = await stage.app.call('file?name=new', { method: 'POST', body: Buffer.alloc(2 * MIB) });
    expect(made.status).toBe(507);
    expect((await stage.app.replace(file, 'other words')).status).toBe(507);
    expect((await stage.app.json('folder', 'POST', { name: 'new' })).status).toBe(507);
    expect([...(await stage.app.children()).keys()].sort()).toEqual(['One', 'Three', 'Two', 'kept.txt']);
  });

  it('F-62: signed requests go on, a thousand of them, each lets in once', async () => {
    for (let round = 0; round < 100; round += 1) {
      const calls = Array.from({ length: 10 }, () => stage.app.call(`file/${String(file)}`));
      for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
    }
    const once = signedOnce(stage, `file/${String(file)}`);
    expect(await Promise.all([once(), once(), once()]).then((all) => all.sort())).toEqual([200, 401, 401]);
    expect((await stage.app.read(file)).toString()).toBe('words');
  });

  it('F-62: people sign in, read, end a share and sign out by the pages', async () => {
    const again = personAt();
    expect((await again.signIn(stage.cloud.url)).status).toBe(200);
    expect((await again.files.read('kept.txt')).text).toBe('words');
    await again.unshare('One', 'bo@birch.example');
    expect((await again.members('One')).text).toContain('Taken back before it was accepted');
    await again.signOut();
    expect((await again.visit(new URL('/files', stage.cloud.url))).url.pathname).toBe('/login');
  });

  it('F-62: a share is ended and a cloud is blocked by commands, however full it is meanwhile', async () => {
    await stage.fillDisk();
    await stage.cloud.cli(['share', 'end', await shareNamed('Two')]);
    await stage.fillDisk();
    await stage.cloud.cli(['peer', 'block', 'Birch']);
    await expect(stage.cloud.cli(['user', 'add', 'cleo@alder.example', '--name', 'Cleo'])).rejects.toThrow('is full');
  });

  it('F-62 OPS-02: killed and started on the full disk, it goes on as before', async () => {
    await stage.cloud.kill();
    await stage.fillDisk();
    again = await serveAt(Number(new URL(stage.cloud.url).port), { FOOTBRIDGE_DATA_DIR: stage.cloud.dataDir });
    expect(again.outcome, again.said).toBe('unready');
    expect((await stage.app.read(file)).toString()).toBe('words');
    await stage.cloud.cli(['share', 'end', await shareNamed('Three')]);
  });

  it('F-62 OPS-07: everything recovers by itself within 30 s of space returning, and nothing was lost', async () => {
    const once = signedOnce(stage, `file/${String(file)}`);
    expect(await once()).toBe(200);
    await stage.fillDisk();
    await stage.freeDisk();
    await until('it to be ready', async () => (await readyz()) === '200', { deadline: 30_000 });
    expect((await stage.app.makeFile('new.txt', Buffer.alloc(MIB))).size).toBe(MIB);
    expect(await once()).toBe(401);
    expect(await stage.reserve()).toBe(64 * MIB);
    await again?.stop();
    const database = new Database(path.join(stage.cloud.dataDir, 'footbridge.sqlite'), { readonly: true });
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
  });
});
