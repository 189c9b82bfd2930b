import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { migrations } from '../../migrations/index.js';
import { createProgram } from '../../src/cli/program.js';
import type { CommandContext } from '../../src/cli/context.js';
import { openCloud } from '../../src/cloud.js';
import { readConfig, type Config } from '../../src/config/index.js';
import { parseEmail, type ItemId } from '../../src/kernel/index.js';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** A cloud's settings in a folder of its own, and its command line with everything it says. */
async function commandLine(): Promise<{ config: Config; run: (line: string, input?: string) => Promise<Said> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cli-'));
  folders.push(folder);
  const config = readConfig({
    FOOTBRIDGE_DATA_DIR: folder,
    FOOTBRIDGE_PUBLIC_URL: 'http://localhost:4999',
    FOOTBRIDGE_LOG_LEVEL: 'silent',
  });
  return { config, run: (line, input = '') => run(config, line.split(' '), input) };
}

interface Said {
  readonly lines: string[];
  readonly json: unknown;
}

async function run(config: Config, words: string[], input: string): Promise<Said> {
  const said: { lines: string[]; json: unknown } = { lines: [], json: undefined };
  const context: CommandContext = {
    output: {
      say: (line) => said.lines.push(line),
      json: (value) => {
        said.json = JSON.parse(JSON.stringify(value));
      },
      table: (rows, whenEmpty) => {
        said.lines.push(...(rows.length === 0 ? [whenEmpty] : rows.map((row) => Object.values(row).join(' '))));
      },
    },
    config: () => config,
    withCloud: async (work) => {
      const cloud = await openCloud(config);
      try {
        return await work(cloud);
      } finally {
        await cloud.stop();
      }
    },
    readLine: () => Promise.resolve(input),
  };
  const program = createProgram(context).configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  await program.parseAsync(words, { from: 'user' });
  return said;
}

const PEER =
  '--share-url http://localhost:4998/interop/share --credentials-url http://localhost:4998/interop/credentials';

describe('footbridge user', () => {
  it('adds, changes, lists, disables, enables and removes people with the JSON keys of the operator’s interface', async () => {
    const { run } = await commandLine();
    await run('user add ana@alder.example --name Ana --admin --password-stdin', 'correct horse battery');
    await run('user set ana@alder.example --quota 1000');
    const { json } = await run('user list --json');
    expect(json).toEqual([
      {
        email: 'ana@alder.example',
        name: 'Ana',
        admin: true,
        disabled: false,
        quota: 1000,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      },
    ]);
    await run('user disable ana@alder.example');
    expect((await run('user list --json')).json).toMatchObject([{ disabled: true }]);
    await run('user enable ana@alder.example');
    await run('user set ana@alder.example --admin no --quota none --name Anna');
    expect((await run('user list --json')).json).toMatchObject([
      { disabled: false, admin: false, quota: null, name: 'Anna' },
    ]);
    await run('user remove ana@alder.example');
    expect((await run('user list --json')).json).toEqual([]);
  });

  it('lets somebody sign in with the password from standard input, and prints a one-time link without one', async () => {
    const { config, run } = await commandLine();
    await run('user add ana@alder.example --name Ana --password-stdin', 'correct horse battery');
    const { lines } = await run('user add bo@alder.example --name Bo');
    expect(lines.join('\n')).toMatch(/http:\/\/localhost:4999\/account\/password\/[A-Za-z0-9]{32,}/);
    const cloud = await openCloud(config);
    const answer = await cloud.services.passwords.signIn('ana@alder.example', 'correct horse battery', {
      address: '::1',
    });
    await cloud.stop();
    expect(answer.kind).toBe('ok');
  });

  it('refuses in a sentence and changes nothing', async () => {
    const { run } = await commandLine();
    await run('user add ana@alder.example --name Ana --password-stdin', 'correct horse battery');
    await expect(run('user add ana@alder.example --name Again')).rejects.toThrow('exists already');
    await expect(run('user add not-an-address --name X')).rejects.toThrow('not an e-mail address');
    await expect(run('user add bo@alder.example --name Bo --password-stdin', 'short')).rejects.toThrow();
    await expect(run('user set nobody@alder.example --quota 1')).rejects.toThrow('no account');
    await expect(run('user set ana@alder.example --quota 1.5')).rejects.toThrow('whole number');
    expect((await run('user list --json')).json).toHaveLength(1);
  });
});

describe('footbridge peer', () => {
  it('adds, changes, lists, blocks and removes peers with the JSON keys of the operator’s interface', async () => {
    const { run } = await commandLine();
    const added = await run(`peer add Birch ${PEER} --json`);
    expect(added.json).toEqual({
      name: 'Birch',
      issued: {
        consumerKey: expect.stringMatching(/^\w{32}$/) as string,
        consumerSecret: expect.stringMatching(/^\w{43}$/) as string,
      },
    });
    await run(
      'peer set Birch --consumer-key key --consumer-secret-stdin --unshare-url http://localhost:4998/u',
      'secret',
    );
    expect((await run('peer list --json')).json).toEqual([
      {
        name: 'Birch',
        dialect: 'spec',
        transport: 'server-post',
        shareUrl: 'http://localhost:4998/interop/share',
        unshareUrl: 'http://localhost:4998/u',
        credentialsUrl: 'http://localhost:4998/interop/credentials',
        origins: ['http://localhost:4998'],
        allowUnsigned: false,
        blocked: false,
      },
    ]);
    await run('peer block Birch');
    expect((await run('peer list --json')).json).toMatchObject([{ blocked: true }]);
    await run('peer unblock Birch');
    await run('peer remove Birch');
    expect((await run('peer list --json')).json).toEqual([]);
  });

  it('records the pair from standard input, so that it is on no command line', async () => {
    const { config, run } = await commandLine();
    await run(`peer add Birch ${PEER} --consumer-key key --consumer-secret-stdin`, 'from-stdin');
    const cloud = await openCloud(config);
    const peer = await cloud.services.peers.byName('Birch');
    await cloud.stop();
    expect(peer?.outbound).toEqual({ key: 'key', secret: 'from-stdin' });
  });

  it('switches insecure ways on and off again, and leaves them as they are when they are not named', async () => {
    const { config, run } = await commandLine();
    await run(`peer add Birch ${PEER} --allow-unsigned --credentials-by-get`);
    const flags = async (): Promise<boolean[]> => {
      const cloud = await openCloud(config);
      const peer = await cloud.services.peers.byName('Birch');
      await cloud.stop();
      return [peer?.allowUnsigned === true, peer?.credentialsByGet === true];
    };
    await run('peer set Birch --email-domain birch.example');
    expect(await flags()).toEqual([true, true]);
    await run('peer set Birch --no-allow-unsigned');
    expect(await flags()).toEqual([false, true]);
    await run('peer set Birch --no-credentials-by-get --allow-unsigned');
    expect(await flags()).toEqual([true, false]);
  });

  it('refuses half a pair, half an address and an unknown name', async () => {
    const { run } = await commandLine();
    await expect(run(`peer add Birch ${PEER} --consumer-key key`)).rejects.toThrow('belong together');
    await expect(run('peer add Birch --share-url http://localhost:4998/s')).rejects.toThrow('--credentials-url');
    await expect(run('peer block Nobody')).rejects.toThrow('no such peer');
    expect((await run('peer list --json')).json).toEqual([]);
  });
});

describe('footbridge client and token', () => {
  it('issue an access token for a script that opens the storage API', async () => {
    const { config, run } = await commandLine();
    await run('user add ana@alder.example --name Ana --password-stdin', 'correct horse battery');
    const client = (await run('client add script --json')).json as Record<string, string>;
    expect(Object.keys(client)).toEqual(['name', 'consumerKey', 'consumerSecret']);
    const token = (await run('token add ana@alder.example --client script --json')).json as Record<string, string>;
    expect(Object.keys(token)).toEqual(['consumerKey', 'consumerSecret', 'token', 'tokenSecret']);
    const cloud = await openCloud(config);
    const found = await cloud.services.tokens.findByKey(String(token['consumerKey']), String(token['token']));
    await cloud.stop();
    expect(found?.secret).toBe(token['tokenSecret']);
    const listed = (await run('token list ana@alder.example --json')).json as { id: string; client: string }[];
    expect(listed).toMatchObject([{ client: 'script', email: 'ana@alder.example', lastUsedAt: null }]);
    expect((await run('token list ANA@alder.example --json')).json).toEqual(listed);
    await expect(run('token list nobody@alder.example')).rejects.toThrow('no account');
    await run(`token remove ${String(listed[0]?.id)}`);
    await run('client remove script');
    expect((await run('token list --json')).json).toEqual([]);
    expect((await run('client list --json')).json).toEqual([]);
  });

  it('register an app with everything that it may do', async () => {
    const { config, run } = await commandLine();
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }));
    const file = path.join(config.dataDir, 'app.pem');
    await writeFile(file, pem);
    const callback = 'https://desktop.example/back';
    const traits = `--first-party --delegated --forbidden-as-400 --callback ${callback}`;
    await run(`client add desktop ${traits} --public-key ${file}`);
    const cloud = await openCloud(config);
    const client = await cloud.services.clients.byName('desktop');
    await cloud.stop();
    const expected = { callback, firstParty: true, delegated: true, forbiddenAs400: true };
    expect(client).toMatchObject({ ...expected, publicKey: pem });
    expect((await run('client list --json')).json).toMatchObject([{ name: 'desktop', ...expected }]);
    await expect(run('client add other --callback ftp://desktop.example/')).rejects.toThrow('callback');
  });
});

/** The keys of `share doctor --json` (docs/operators.md). */
const DOCTOR_KEYS = [
  ...['shareId', 'id', 'direction', 'state', 'since', 'folder', 'permission', 'owner', 'recipient', 'createdAt'],
  ...['expiresAt', 'invitationExpiresAt', 'mail', 'findings', 'deliveries', 'peer', 'history'],
];

describe('footbridge share', () => {
  it('lists both halves with the JSON keys of the operator’s interface, and ends one by name', async () => {
    const { config, run } = await commandLine();
    await run('user add ana@alder.example --name Ana --password-stdin', 'correct horse battery');
    const cloud = await openCloud(config);
    const ana = await cloud.services.accounts.byEmail(parseEmail('ana@alder.example'));
    const principal = { kind: 'person', accountId: ana?.id as never } as const;
    const folder = await cloud.services.tree.makeFolder(principal, '0' as ItemId, 'Plans');
    await cloud.services.sharing.share(principal.accountId, folder.id, {
      addresses: [parseEmail('bo@birch.example')],
      permission: 'read-only',
    });
    await cloud.stop();
    const [share] = (await run('share list --json')).json as Record<string, string>[];
    expect(share).toEqual({
      shareId: expect.stringMatching(/^[\w-]{32,36}$/) as string,
      direction: 'outgoing',
      state: 'created',
      folder: 'Plans',
      permission: 'read-only',
      owner: 'ana@alder.example',
      recipient: 'bo@birch.example',
      peer: null,
      createdAt: expect.stringMatching(/Z$/) as string,
      changedAt: expect.stringMatching(/Z$/) as string,
    });
    const shareId = String(share?.['shareId']);
    const [examined] = (await run(`share doctor ${shareId} --json`)).json as Record<string, unknown>[];
    expect(Object.keys(examined ?? {})).toEqual(DOCTOR_KEYS);
    expect(examined).toMatchObject({
      ...{ shareId, direction: 'outgoing', state: 'created', folder: 'Plans', peer: null, expiresAt: null },
      findings: [{ code: 'waits-for-choice', grade: 'waiting', detail: null }, { code: 'mail-queued' }],
      deliveries: [{ kind: 'mail', standing: 'waiting', attempts: 0, lastAttemptAt: null, lastAnswer: null }],
      history: [{ event: 'share', from: null, to: 'created', actor: 'Ana' }],
    });
    const { lines } = await run(`share doctor ${shareId}`);
    expect(lines.join('\n')).toContain('bo@birch.example has not picked a cloud yet. [waits-for-choice]');
    expect((await run(`share retry ${shareId}`)).lines).toEqual([
      'Nothing of this share has failed or waits to be sent again.',
    ]);
    await expect(run('share doctor nothing')).rejects.toThrow('No share');
    await expect(run('share retry nothing')).rejects.toThrow('No share');
    await run(`share end ${shareId}`);
    expect((await run('share list --json')).json).toMatchObject([{ state: 'withdrawn' }]);
    await expect(run(`share end ${String(share?.['shareId'])}`)).rejects.toThrow('already ended');
    await expect(run('share end nothing')).rejects.toThrow('No share');
  });
});

describe('footbridge verify', () => {
  it('DUR-05 names a damaged content and fails', async () => {
    const { config, run } = await commandLine();
    await run('user add ana@alder.example --name Ana --password-stdin', 'correct horse battery');
    const cloud = await openCloud(config);
    const ana = await cloud.services.accounts.byEmail(parseEmail('ana@alder.example'));
    const principal = { kind: 'person', accountId: ana?.id as never } as const;
    await cloud.services.tree.create(principal, '0' as ItemId, 'a.txt', {
      body: Readable.from([Buffer.from('hello')]),
    });
    await cloud.stop();
    expect((await run('verify')).lines.at(-1)).toBe('1 contents, 5 bytes checked.');
    const blobs = await readdir(path.join(config.storageDir, 'blobs'), { recursive: true, withFileTypes: true });
    const [blob] = blobs.filter((entry) => entry.isFile());
    await writeFile(path.join(String(blob?.parentPath), String(blob?.name)), 'hellO');
    await expect(run('verify')).rejects.toThrow('1 contents are not as they were stored');
  });
});

describe('footbridge migrate', () => {
  it('takes the schema up and one step back, in a new data folder too', async () => {
    const { run } = await commandLine();
    expect((await run('migrate')).lines[0]).toMatch(/^Took 0001-accounts/);
    expect((await run('migrate')).lines).toEqual(['The schema is up to date.']);
    expect((await run('migrate --rollback')).lines[0]).toContain(`Took back ${String(migrations.at(-1)?.name)}`);
    await run('migrate');
    await run('user add ana@alder.example --name Ana');
  });
});

describe('every command', () => {
  it('has help, and an unknown one is refused', async () => {
    const { run } = await commandLine();
    const commands = [
      'serve',
      'migrate',
      'user add',
      'user list',
      'peer add',
      'peer set',
      'share list',
      'client add',
      'token add',
      'verify',
    ];
    for (const command of commands) await expect(run(`${command} --help`)).rejects.toMatchObject({ exitCode: 0 });
    await expect(run('fly')).rejects.toMatchObject({ exitCode: 1 });
  });
});
