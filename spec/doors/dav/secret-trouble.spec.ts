import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { storageTime } from '../../../src/kernel/index.js';
import { createLog } from '../../../src/platform/index.js';
import { halvesOf } from '../../journeys/support/story.js';
import { openDavStory, type DavProgram, type DavStory } from './dav-story.js';
import { rootOf, shareBySecret, type SecretShare } from './secret-share.js';

const ROOT = '/public.php/webdav/';
const INFO = '/index.php/apps/files_sharing/shareinfo';
const METHODS = ['GET', 'HEAD', 'PUT', 'DELETE', 'PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK'];
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let story: DavStory;
let share: SecretShare;
const lines: string[] = [];

beforeAll(async () => {
  const seen = new Writable({
    write: (line, _encoding, done) => {
      lines.push(String(line));
      done();
    },
  });
  story = await openDavStory({}, createLog('trace', seen));
  share = await shareBySecret(story, { permission: 'read-write' });
});
afterAll(() => story.close());
afterEach(() => story.forgetLimits());

/** What Nextcloud asks before it gives a folder up. */
const shareInfo = (program: DavProgram, query: string, body = 'password=&depth=0') =>
  program.as(undefined).call('POST', `${INFO}?${query}`, { headers: FORM, body });

/** Runs `work` while a table of the database is not to be found. */
async function without(table: string, work: () => Promise<void>): Promise<void> {
  const { database } = story.alder.services.base;
  const rename = (from: string, to: string) => database.write((trx) => trx.schema.renameTable(from, to));
  await rename(table, `${table}_away`);
  try {
    await work();
  } finally {
    await rename(`${table}_away`, table);
  }
}

describe('trouble of this cloud', () => {
  it.each(['outgoing_shares', 'grants', 'items', 'limits'])(
    'of the database (%s) is 503 for every method, never an end of the share (open-cloud-mesh.md 8)',
    async (table) => {
      await without(table, async () => {
        for (const root of [ROOT, rootOf(share)]) {
          for (const method of METHODS) {
            const headers = { depth: '0', destination: `${root}x`, 'lock-token': '<urn:x>' };
            const body = method === 'PUT' ? { body: 'x' } : {};
            const answer = await share.program.call(method, `${root}budget.txt`, { headers, ...body });
            expect([table, method, answer.status]).toEqual([table, method, 503]);
            expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
          }
        }
        const { status, headers } = await shareInfo(share.program, `t=${share.secret}`);
        expect([status, Number(headers['retry-after']) > 0]).toEqual([503, true]);
      });
      expect((await share.program.call('GET', `${ROOT}budget.txt`)).text).toBe('twelve');
    },
  );

  it('people hear of it in the usual way', async () => {
    await without('items', async () => {
      expect((await story.anaDav.call('GET', '/dav/x')).status).toBe(500);
    });
  });
});

describe('shareinfo', () => {
  it('tells the folder, and what is directly in it if that is wanted', async () => {
    const { program, secret, folder, name } = share;
    const ask = async (query: string, body?: string) => {
      const { status, headers, text } = await shareInfo(program, query, body);
      expect([status, headers['set-cookie']]).toEqual([200, undefined]);
      return JSON.parse(text) as { status: string; data: Record<string, unknown> };
    };
    const { data, status } = await ask(`t=${secret}`);
    const { mtime, etag } = data;
    expect([status, typeof mtime, String(etag).includes('"')]).toEqual(['success', 'number', false]);
    expect(data).toEqual({
      id: folder,
      parentId: 0,
      mtime,
      name,
      permissions: 15,
      size: -1,
      type: 'dir',
      etag,
      mimetype: 'httpd/unix-directory',
    });
    await program.call('MKCOL', `${ROOT}Deep`);
    await program.put(`${ROOT}Deep/x.txt`, 'x');
    const deep = await ask(`t=${secret}`, 'depth=-1');
    const children = deep.data['children'] as Record<string, unknown>[];
    expect(children.map(({ name: of, type, size, permissions }) => [of, type, size, permissions])).toEqual([
      ['budget.txt', 'file', 6, 11],
      ['Deep', 'dir', -1, 15],
    ]);
    // What is not told is left out, so that nobody takes it for empty (open-cloud-mesh.md 14).
    expect(children.map((child) => 'children' in child)).toEqual([false, false]);
    expect((await ask(`t=${secret}&dir=/Deep`, '')).data['name']).toBe('Deep');
  });

  it('404 means that the share is gone, and nothing else does', async () => {
    const { program, secret } = share;
    for (const query of ['', 't=', 't=no-such-secret', `x=${secret}`]) {
      expect([query, (await shareInfo(program, query)).status]).toEqual([query, 404]);
    }
    for (let at = 0; at < 20; at += 1) await shareInfo(program, 't=no-such-secret');
    expect((await shareInfo(program, `t=${secret}`)).status).toBe(503);
    await story.forgetLimits();
    expect((await program.call('GET', `${INFO}?t=${secret}`)).status).toBe(405);
    expect((await program.as(undefined).call('POST', `${INFO}?t=${secret}`, { body: '{}' })).status).toBe(415);
  });
});

describe('a share that has ended', () => {
  it('by its owner or by its time opens nothing from then on', async () => {
    const { alder, ana } = story;
    for (const end of ['revoked', 'expired'] as const) {
      const expires = storageTime(alder.clock.now() + 3_600_000);
      const ended = await shareBySecret(story, {
        permission: 'read-write',
        ...(end === 'expired' ? { expires_at: expires } : {}),
      });
      expect((await ended.program.call('GET', `${ROOT}budget.txt`)).status).toBe(200);
      if (end === 'expired') story.advance(3_600_001);
      else {
        const { outgoing } = await halvesOf(story, ended.folder);
        await alder.services.agreements.sharing.withdraw(ana.accountId, outgoing.id);
      }
      for (const root of [ROOT, rootOf(ended)]) {
        const { status, headers } = await ended.program.call('GET', `${root}budget.txt`);
        expect([end, root, status, headers['set-cookie']]).toEqual([end, root, 401, undefined]);
      }
      expect((await shareInfo(ended.program, `t=${ended.secret}`)).status).toBe(404);
      await story.forgetLimits();
    }
  });
});

describe('the secret of a share', () => {
  it('is in no line of the log, whatever was asked', () => {
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => line.includes(share.secret))).toEqual([]);
  });
});
