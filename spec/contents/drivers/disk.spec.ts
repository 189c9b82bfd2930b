import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path, { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskCalls, type ContentTrouble, type DiskCalls } from '../../../src/contents/index.js';
import { isFailure, type Random } from '../../../src/kernel/index.js';
import { systemRandom } from '../../../src/platform/system-random.js';
import { diskContents } from '../../support/disk-contents.js';

let folder: string;
let troubles: ContentTrouble[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footbridge-contents-'));
  troubles = [];
});
afterEach(() => rm(folder, { recursive: true }));

const KEY = 'ab'.repeat(20);
/** What a draft is called by a process that has {@link predictable} chance. */
const DRAFT = `${KEY}.${'ab'.repeat(8)}`;
const predictable: Random = { bytes: (size) => Buffer.alloc(size, 0xab) };
const store = (calls?: DiskCalls, random: Random = systemRandom) =>
  diskContents({
    folder,
    random,
    ...(calls === undefined ? {} : { calls }),
    onTrouble: (trouble) => troubles.push(trouble),
  });
const bytes = (size = 3_000_000) => Readable.from([Buffer.alloc(size, 1)]);

/** Drafts and contents. */
async function files(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const stored = entries.filter((entry) => !entry.isDirectory() && path.basename(entry.parentPath) !== 'leases');
  return stored.map(({ name }) => name);
}

async function failureOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw new Error(`expected a Failure, got ${String(error)}`);
  return error;
}

type Point = 'create' | 'write' | 'sync' | 'close' | 'rename' | 'syncFolder' | 'syncFolder /blobs/SH';

/** The real calls, noting each one, with one of them failing. */
function scripted(notes: string[], failing?: Point, code = 'EIO'): DiskCalls {
  const at = async <T>(point: Point, path: string, call: () => Promise<T>): Promise<T> => {
    notes.push(
      `${point} ${path
        .replace(folder, '')
        .replace(/[0-9a-f]{40}/, 'KEY')
        .replace(/\.[0-9a-f]{16}$/, '.LEASE')
        .replace(/\/[0-9a-f]{2}\b/, '/SH')}`.trim(),
    );
    // A close that fails has closed all the same.
    if (point === 'close') await call();
    if (failing === point || failing === notes.at(-1)) throw Object.assign(new Error('scripted'), { code });
    return point === 'close' ? (undefined as T) : call();
  };
  return {
    create: (path) =>
      at('create', path, async () => {
        const file = await diskCalls.create(path);
        return {
          write: (batch) => at('write', '', () => file.write(batch)),
          sync: () => at('sync', '', () => file.sync()),
          close: () => at('close', '', () => file.close()),
        };
      }),
    rename: (from, to) => at('rename', to, () => diskCalls.rename(from, to)),
    syncFolder: (path) => at('syncFolder', path, () => diskCalls.syncFolder(path)),
  };
}

describe('the write path of the disk store', () => {
  it('DUR-01 writes, syncs the file, renames, syncs the folder, in this order', async () => {
    const notes: string[] = [];
    const disk = await store(scripted(notes), predictable);
    await disk.put(bytes());
    expect(notes).toEqual([
      'create /tmp/KEY.LEASE',
      'write',
      'sync',
      'close',
      'syncFolder /blobs',
      'rename /blobs/SH/KEY',
      'syncFolder /blobs/SH',
    ]);
  });

  it('gives every file a random name, shut to other users', async () => {
    const disk = await store();
    const { key } = await disk.put(bytes(10));
    const path = join(folder, 'blobs', key.slice(0, 2), key);
    expect(key).toMatch(/^[0-9a-f]{40}$/);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'blobs'))).mode & 0o777).toBe(0o700);
  });

  for (const point of ['create', 'write', 'sync', 'close', 'rename', 'syncFolder', 'syncFolder /blobs/SH'] as const) {
    it(`DUR-04 an I/O error at ${point} fails the upload, leaves nothing and shows in the health until the next success`, async () => {
      const notes: string[] = [];
      const calls = scripted(notes, point);
      const failing = await store(calls);
      expect((await failureOf(failing.put(bytes()))).code).toBe('internal');
      expect(await files()).toEqual([]);
      expect(await failing.health()).toEqual({ ok: false, reason: 'Storing failed: EIO.' });
      expect(troubles.map(({ kind }) => kind)).toContain('io');
      expect(notes.filter((note) => note.startsWith('sync')).length).toBeLessThanOrEqual(3);
      Object.assign(calls, scripted([]));
      await failing.put(bytes());
      expect(await failing.health()).toEqual({ ok: true });
    });
  }

  it('DUR-04 a failed sync is not tried again on the same file', async () => {
    const notes: string[] = [];
    await failureOf((await store(scripted(notes, 'sync'))).put(bytes()));
    expect(notes.filter((note) => note === 'sync')).toHaveLength(1);
    expect(notes.some((note) => note.startsWith('rename'))).toBe(false);
  });

  it('OPS-07 DOS-05 says that the disk is full or descriptors are gone, and stays healthy', async () => {
    for (const code of ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE']) {
      for (const point of ['create', 'write', 'sync'] as const) {
        const disk = await store(scripted([], point, code));
        const full = code === 'ENOSPC' || code === 'EDQUOT';
        expect((await failureOf(disk.put(bytes()))).code).toBe(full ? 'full' : 'unavailable');
        expect(await disk.health()).toEqual({ ok: true });
        expect(await files()).toEqual([]);
      }
    }
  });

  it('PTH-07 does not follow a link planted where a draft goes', async () => {
    const outside = join(folder, 'outside');
    await writeFile(outside, 'precious');
    const disk = await store(undefined, predictable);
    await symlink(outside, join(folder, 'tmp', DRAFT));
    expect((await failureOf(disk.put(bytes()))).code).toBe('internal');
    expect(await readFile(outside, 'utf8')).toBe('precious');
    expect(troubles).toEqual([{ kind: 'planted', key: KEY, detail: 'tmp' }]);
  });

  it('PTH-07 does not replace a file or link planted where a blob goes', async () => {
    const outside = join(folder, 'outside');
    await writeFile(outside, 'precious');
    const disk = await store(undefined, predictable);
    await mkdir(join(folder, 'blobs', 'ab'));
    const target = join(folder, 'blobs', 'ab', KEY);
    for (const plant of [() => symlink(outside, target), () => link(outside, target), () => writeFile(target, 'x')]) {
      await rm(target, { force: true });
      await plant();
      expect((await failureOf(disk.put(bytes()))).code).toBe('internal');
    }
    expect(await readFile(outside, 'utf8')).toBe('precious');
    expect(await readFile(target, 'utf8')).toBe('x');
    expect(troubles.map(({ kind }) => kind)).toEqual(['planted', 'planted', 'planted']);
  });

  it('PTH-07 does not write or read through a folder that became a link', async () => {
    const outside = join(folder, 'outside');
    await mkdir(outside);
    const disk = await store(undefined, predictable);
    await symlink(outside, join(folder, 'blobs', 'ab'));
    expect((await failureOf(disk.put(bytes()))).code).toBe('internal');
    await writeFile(join(outside, KEY), 'abc');
    const planted = { key: KEY, size: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' };
    expect((await failureOf(disk.open(planted))).code).toBe('internal');
    expect(await readdir(outside)).toEqual([KEY]);
  });

  it('PTH-07 does not read through a link planted in place of a blob', async () => {
    const disk = await store();
    const stored = await disk.put(Readable.from([Buffer.from('abc')]));
    const path = join(folder, 'blobs', stored.key.slice(0, 2), stored.key);
    await writeFile(join(folder, 'outside'), 'abc');
    await rm(path);
    await symlink(join(folder, 'outside'), path);
    expect((await failureOf(disk.open(stored))).code).toBe('internal');
    expect(troubles.map(({ kind }) => kind)).toEqual(['planted']);
  });

  it('PTH-07 is not held up by a pipe planted in place of a blob', async () => {
    const disk = await store();
    const stored = await disk.put(Readable.from([Buffer.from('abc')]));
    const path = join(folder, 'blobs', stored.key.slice(0, 2), stored.key);
    await rm(path);
    execFileSync('mkfifo', [path]);
    // More than the pool has threads: with each of them waiting, no other file could be opened.
    for (let reader = 0; reader < 5; reader += 1) expect((await failureOf(disk.open(stored))).code).toBe('internal');
    expect(troubles.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => 'damaged'));
  });

  it('DUR-05 reports damage and loss as well as refusing them', async () => {
    const disk = await store();
    const stored = await disk.put(Readable.from([Buffer.from('abc')]));
    const path = join(folder, 'blobs', stored.key.slice(0, 2), stored.key);
    await writeFile(path, 'abd');
    await expect((await disk.open(stored)).toArray()).rejects.toThrow();
    await writeFile(path, 'ab');
    await failureOf(disk.open(stored));
    await rm(path);
    await failureOf(disk.open(stored));
    expect(troubles.map(({ kind, key }) => `${kind} ${key}`)).toEqual(
      ['damaged', 'damaged', 'missing'].map((kind) => `${kind} ${stored.key}`),
    );
  });

  describe('drafts', () => {
    const slow = () => {
      const source = new Readable({ read: () => undefined });
      source.push(Buffer.alloc(2_000_000));
      return source;
    };
    const written = (name: string) =>
      expect.poll(async () => (await stat(join(folder, 'tmp', name)).catch(() => ({ size: 0 }))).size).toBe(2_000_000);
    /** Makes a file look as if nobody had written it for so many minutes. */
    const age = async (name: string, minutes: number) => {
      const then = (await stat(folder)).mtimeMs / 1_000 - minutes * 60;
      await utimes(join(folder, name), then, then);
    };

    it('F-86 another process’s sweep leaves a draft alone while its lease is renewed, however old its file looks', async () => {
      const [writer, other] = [await store(undefined, predictable), await store()];
      const source = slow();
      const put = writer.put(source);
      await written(DRAFT);
      await age(`tmp/${DRAFT}`, 60 * 24 * 9);
      expect(await other.sweepDrafts()).toBe(0);
      source.push(null);
      expect((await put).size).toBe(2_000_000);
    });

    it('F-86 the lease is written anew every 60 seconds while something is stored', async (test) => {
      const { vi } = await import('vitest');
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
      test.onTestFinished(() => void vi.useRealTimers());
      const writer = await store(undefined, predictable);
      const source = slow();
      const put = writer.put(source);
      await written(DRAFT);
      const lease = `leases/${'ab'.repeat(8)}`;
      await age(lease, 60);
      const old = (await stat(join(folder, lease))).mtimeMs;
      vi.advanceTimersByTime(60_000);
      await expect.poll(async () => (await stat(join(folder, lease))).mtimeMs).toBeGreaterThan(old);
      source.push(null);
      await put;
      expect(vi.getTimerCount()).toBe(0);
    });

    it('DUR-03 F-86 the drafts of a process that is gone are removed five minutes after its last sign', async () => {
      const dead = join(folder, 'tmp', DRAFT);
      const disk = await store();
      await writeFile(dead, 'rest');
      await writeFile(join(folder, 'leases', 'ab'.repeat(8)), '.');
      await writeFile(join(folder, 'tmp', 'README'), 'not ours');
      await age(`leases/${'ab'.repeat(8)}`, 4);
      expect(await disk.sweepDrafts()).toBe(0);
      await age(`leases/${'ab'.repeat(8)}`, 6);
      expect(await disk.sweepDrafts()).toBe(1);
      expect(await readdir(join(folder, 'tmp'))).toEqual(['README']);
    });

    it('DUR-03 a draft of release 0.1, which knows no lease, is removed after a day', async () => {
      const disk = await store();
      await writeFile(join(folder, 'tmp', KEY), 'rest');
      await age(`tmp/${KEY}`, 60 * 23);
      expect(await disk.sweepDrafts()).toBe(0);
      await age(`tmp/${KEY}`, 60 * 25);
      expect(await disk.sweepDrafts()).toBe(1);
    });

    it('never removes what this process is writing', async () => {
      const writer = await store(undefined, predictable);
      const source = slow();
      const put = writer.put(source);
      await written(DRAFT);
      for (const name of [`tmp/${DRAFT}`, `leases/${'ab'.repeat(8)}`]) await age(name, 60 * 24 * 9);
      expect(await writer.sweepDrafts()).toBe(0);
      source.push(null);
      await put;
      expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    });
  });

  it('FLW-01 does not read its source ahead of the disk', async () => {
    let taken = 0;
    const source = Readable.from(
      (function* () {
        for (; taken < 2_000; taken += 1) yield Buffer.alloc(65_536);
      })(),
      { objectMode: false },
    );
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const calls = scripted([]);
    const slow: DiskCalls = {
      ...calls,
      create: async (path) => {
        const file = await calls.create(path);
        return {
          ...file,
          write: async (batch) => {
            await held;
            await file.write(batch);
          },
        };
      },
    };
    const put = (await store(slow)).put(source);
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
    expect(taken * 65_536).toBeLessThan(4_000_000);
    release?.();
    expect((await put).size).toBe(2_000 * 65_536);
  });
});
