import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureProgram } from '../support/cloud-process.js';
import { createDatabase, postgresReason } from '../support/postgres.js';

const run = promisify(execFile);
const noPostgres = (await postgresReason()) !== undefined;
const ROOT = path.resolve(import.meta.dirname, '../..');

/** Starts the program as what is started by name does, and says whether V8 refused the code that it brought. */
const ASKS_WHETHER_TAKEN = `import { launch } from './launch.js';

const script = launch();
process.on('exit', () => console.log('refused: ' + script.cachedDataRejected));
`;

describe('the built program', () => {
  let folder: string;
  const file = (name: string): string => path.join(folder, 'dist', name);

  beforeAll(async () => {
    await ensureProgram();
    folder = await mkdtemp(path.join(tmpdir(), 'footbridge-launch-'));
    await cp(path.join(ROOT, 'dist'), path.join(folder, 'dist'), { recursive: true });
    await cp(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
    await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
    // It may have to be built first.
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const migrate = async (settings: Record<string, string>): Promise<string> => {
    const usual = { FOOTBRIDGE_PUBLIC_URL: 'http://localhost:4000', FOOTBRIDGE_DATA_DIR: path.join(folder, 'data') };
    const env = { ...process.env, ...usual, ...settings };
    return (await run(process.execPath, [file('src/main.js'), 'migrate'], { env })).stdout;
  };
  const help = async (): Promise<string> => (await run(process.execPath, [file('src/main.js'), '--help'])).stdout;

  it('brings the code that V8 made of it, and this Node.js takes it', async () => {
    // As people start it: V8 takes the code only under the flags that it was made with, and here are others.
    await writeFile(file('asked.mjs'), ASKS_WHETHER_TAKEN);
    const { stdout } = await run(process.execPath, [file('asked.mjs'), '--help']);
    expect(stdout).toContain('refused: false');
    expect(await help()).toContain('Usage: footbridge');
  });

  it('runs with the code of another release of Node.js, and without any', async () => {
    await writeFile(file('program.cache'), 'nothing that V8 knows');
    expect(await help()).toContain('Usage: footbridge');
    await rm(file('program.cache'));
    expect(await help()).toContain('Usage: footbridge');
    await cp(path.join(ROOT, 'dist/program.cache'), file('program.cache'));
  });

  it('has the licences of the packages in it beside it', async () => {
    const { dependencies } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const licences = await readFile(file('LICENSES.txt'), 'utf8');
    const native = ['@node-rs/argon2', 'better-sqlite3', 'sqlite3'];
    for (const [name, version] of Object.entries(dependencies).filter(([each]) => !native.includes(each)))
      expect(licences).toContain(`== ${name} ${version} (`);
  });

  it.each(['sqlite3', 'better-sqlite3'])('finds the driver %s, which is not in it', async (driver) => {
    const data = path.join(folder, driver);
    expect(await migrate({ FOOTBRIDGE_SQLITE_DRIVER: driver, FOOTBRIDGE_DATA_DIR: data })).toContain('0001-accounts');
  });

  it.skipIf(noPostgres)('brings the driver of PostgreSQL', async () => {
    const database = await createDatabase();
    try {
      expect(await migrate({ FOOTBRIDGE_DATABASE_URL: database.url })).toContain('0001-accounts');
    } finally {
      await database.drop();
    }
  });
});
