import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStorageClient, type Credentials } from '../../src/client/index.js';
import { startCloud, type CloudProcess } from '../support/cloud-process.js';
import { createPerson } from '../support/person.js';
import { ANA } from '../support/seeds.js';

const EXAMPLES = path.resolve(import.meta.dirname, '../../examples');
const PASSWORD = 'correct horse battery staple';

/** A program of examples, running as an app's author would run it. */
function start(name: string, ...args: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [path.join(EXAMPLES, name), ...args], { stdio: 'pipe' });
}

/** Runs one to its end; its output, or what it complained of. */
async function run(name: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = start(name, ...args);
  return (await Promise.all([text(stdout), text(stderr)])).join('');
}

describe('the examples', () => {
  let folder: string;
  let cloud: CloudProcess;
  let base: string;
  /** Files with the credentials of Ana's script, and of an app. */
  let credentials: string;
  let app: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'footbridge-examples-'));
    const env = { FOOTBRIDGE_ALLOW_INSECURE_PEERS: 'true' };
    cloud = await startCloud({ name: 'Alder', dataDir: path.join(folder, 'alder'), env });
    base = `${cloud.url}/v1/`;
    await cloud.cli(['user', 'add', ANA.email, '--name', ANA.name, '--password-stdin'], `${PASSWORD}\n`);
    app = await keep('app.json', await cloud.cli(['client', 'add', 'Notes', '--json']));
    credentials = await keep(
      'credentials.json',
      await cloud.cli(['token', 'add', ANA.email, '--client', 'Notes', '--json']),
    );
  }, 120_000);

  afterAll(async () => {
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function keep(name: string, content: string): Promise<string> {
    const file = path.join(folder, name);
    await writeFile(file, content);
    return file;
  }

  it('save a file, then its next version, and list it', async () => {
    const notes = await keep('notes.txt', 'hello');
    expect(await run('save-file.mjs', base, credentials, notes)).toBe('notes.txt is saved as version 1, 5 bytes.\n');
    await keep('notes.txt', 'hello again');
    expect(await run('save-file.mjs', base, credentials, notes)).toBe('notes.txt is saved as version 2, 11 bytes.\n');
    expect(await run('list-files.mjs', base, credentials)).toMatch(/^\d+\t11 bytes\tnotes\.txt\n$/);
  });

  it('say in the cloud’s words what was refused', async () => {
    const control = await keep(`${'x'.repeat(101)}.txt`, 'hello');
    expect(await run('save-file.mjs', base, credentials, control)).toBe('Invalid file name.\n');
  });

  it('come by a person’s credentials', async () => {
    const example = start('connect.mjs', cloud.url, app);
    const ana = createPerson({ ...ANA, password: PASSWORD });
    await ana.signIn(cloud.url);
    await ana.visit(await addressIn(example.stderr));
    const page = await ana.submit('/oauth/authorize', {}, { button: 'allow' });
    example.stdin.end(`${wordOn(page.text)}\n`);
    const found = JSON.parse(await text(example.stdout)) as Credentials;
    expect(await createStorageClient({ base, credentials: found }).list()).toMatchObject({ filename: 'root' });
  });
});

/** The address that a program asks a person to open. */
async function addressIn(output: AsyncIterable<Buffer>): Promise<string> {
  let said = '';
  for await (const piece of output) {
    said += piece.toString();
    const address = /^http\S+$/m.exec(said)?.[0];
    if (address !== undefined && said.includes('The word')) return address;
  }
  throw new Error(`no address: ${said}`);
}

/** The word that a person copies from the page. */
function wordOn(page: string): string {
  return /\b[A-Za-z0-9]{16,64}\b/.exec(page)?.[0] ?? '';
}
