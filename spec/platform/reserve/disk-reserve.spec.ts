import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { createLog, DiskReserve } from '../../../src/platform/index.js';

let folder: string;
afterEach(() => rm(folder, { recursive: true, force: true }));

it('a reserve that another process is making does not look like a full disk (F-62, OPS-02)', async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'footbridge-reserve-'));
  await writeFile(path.join(folder, 'reserve'), Buffer.alloc(1024 * 1024));
  const reserve = new DiskReserve({ folder, log: createLog('silent') });
  await reserve.look();
  expect(reserve.isFull).toBe(false);
  await reserve.look('keep');
  expect(reserve.isFull).toBe(false);
  expect((await stat(path.join(folder, 'reserve'))).size).toBe(64 * 1024 * 1024);
});
