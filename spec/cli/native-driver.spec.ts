import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureProgram } from '../support/cloud-process.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const COMPILED = { 'better-sqlite3': 'better_sqlite3.node', sqlite3: 'node_sqlite3.node' } as const;

describe('a SQLite driver whose machine code is not for this Node.js (F-57)', () => {
  let folder: string;

  beforeAll(async () => {
    await ensureProgram();
    folder = await mkdtemp(path.join(tmpdir(), 'footbridge-native-'));
    const packages = path.join(folder, 'node_modules');
    await mkdir(packages);
    await cp(path.join(ROOT, 'dist'), path.join(folder, 'dist'), { recursive: true });
    await symlink(path.join(ROOT, 'views'), path.join(folder, 'views'));
    for (const name of await readdir(path.join(ROOT, 'node_modules')))
      if (!(name in COMPILED)) await symlink(path.join(ROOT, 'node_modules', name), path.join(packages, name));
    for (const [name, file] of Object.entries(COMPILED)) await spoil(path.join(packages, name), name, file);
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** The package as it is installed, with something else in place of its machine code. */
  async function spoil(target: string, name: string, file: string): Promise<void> {
    for (const part of ['lib', 'package.json'])
      await cp(path.join(ROOT, 'node_modules', name, part), path.join(target, part), { recursive: true });
    await mkdir(path.join(target, 'build', 'Release'), { recursive: true });
    await writeFile(path.join(target, 'build', 'Release', file), 'made for another machine');
  }

  function start(driver: string, command: string): Promise<{ code: unknown; said: string }> {
    const env = {
      ...process.env,
      FOOTBRIDGE_PUBLIC_URL: 'http://localhost:4000',
      FOOTBRIDGE_DATA_DIR: path.join(folder, 'data'),
      FOOTBRIDGE_SQLITE_DRIVER: driver,
    };
    return new Promise((resolve) => {
      execFile(process.execPath, [path.join(folder, 'dist/src/main.js'), command], { env }, (error, stdout, stderr) => {
        resolve({ code: error?.code, said: stdout + stderr });
      });
    });
  }

  it.each(Object.keys(COMPILED))(
    '%s: serve and migrate say in one line what to do, and make no database',
    async (driver) => {
      for (const command of ['serve', 'migrate']) {
        const { code, said } = await start(driver, command);
        expect(code).toBe(1);
        expect(said).toMatch(
          `The SQLite driver ${driver} was not built for this Node.js (${process.version}): run "npm`,
        );
        expect(said.trimEnd().split('\n'), said).toHaveLength(1);
      }
      expect(await readdir(path.join(folder, 'data')).catch(() => [])).not.toContain('footbridge.sqlite');
    },
  );
});
