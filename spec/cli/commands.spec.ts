import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { migrations } from '../../migrations/index.js';
import { createProgram } from '../../src/cli/program.js';
import { createContext } from '../../src/cli/context/context.js';
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
  const context = createContext({
    output: {
      say: (line) => said.lines.push(line),
      warn: (line) => said.lines.push(line),
      json: (value) => {
        said.json = JSON.parse(JSON.stringify(value));
      },
      table: (rows, whenEmpty) => {
        said.lines.push(...(rows.length === 0 ? [whenEmpty] : rows.map((row) => Object.values(row).join(' '))));
      },
    },
    config: () => config,
    input: Readable.from([input]),
  });
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
    await run('user add root@alder.example --name Root --admin --password-stdin', 'correct horse battery');
    const root = { email: 'root@alder.example' };
    await run('user disable ana@alder.example');
    expect((await run('user list --json')).json).toMatchObject([{ disabled: true }, root]);
    await run('user enable ana@alder.example');
    await run('user set ana@alder.example --admin no --quota none --name Anna');
    expect((await run('user list --json')).json).toMatchObject([
      { disabled: false, admin: false, quota: null, name: 'Anna' },
      root,
    ]);
    expect((await run('user remove ana@alder.example')).lines[1]).toContain('user restore ana@alder.example');
    expect((await run('user list --json')).json).toMatchObject([root]);
    const removed = { email: 'ana@alder.example', name: 'Anna' };
    expect((await run('user list --removed --json')).json).toMatchObject([removed]);
    const back = await run('user restore ana@alder.example --as anna@alder.example');
    expect(back.lines.join('\n')).toMatch(/http:\/\/localhost:4999\/account\/password\/[A-Za-z0-9]{32,}/);
    expect((await run('user list --json')).json).toMatchObject([{ ...removed, email: 'anna@alder.example' }, root]);
    expect((await run('user list --removed --json')).json).toEqual([]);
  });

  it('never loses the last administrator, however the address is written (F-08)', async () => {
    const { run } = await commandLine();
    await run('user add ana@alder.example --name Ana --admin --password-stdin', 'correct horse battery');
    for (const line of ['disable ANA@alder.example', 'remove Ana@Alder.Example', 'set aNa@alder.example --admin no']) {
      await expect(run(`user ${line}`)).rejects.toThrow('only administrator');
    }
    expect((await run('user list --json')).json).toMatchObject([{ admin: true, disabled: false }]);
  });

  it('lets somebody sign in with the password from standard input, and prints a one-time link without one', async () => {
    const { config, run } = await commandLine();
    await run('user add ana@alder.example --name Ana --password-stdin', 'correct horse battery');
    const { lines } = await run('user add bo@alder.example --name Bo');
    expect(lines.join('\n')).toMatch(/http:\/\/localhost:4999\/account\/password\/[A-Za-z0-9]{32,}/);
    const cloud = await openCloud(config);
    const answer = await cloud.services.people.passwords.signIn('ana@alder.example', 'correct horse battery', {
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

describe('footbridge trash (F-04)', () => {
  it('lists what somebody deleted, brings it back and empties it', async () => {
    const { config, run } = await commandLine();
    await run('user add ana@alder.example --name Ana --password-stdin', 'correct horse battery');
    const cloud = await openCloud(config);
    const {
      files: { tree },
      people: { accounts },
    } = cloud.services;
    const account = await accounts.byEmail(parseEmail('ana@alder.example'));
    if (account === undefined) throw new Error('Ana is not there');
    const ana = { kind: 'person', accountId: account.id } as const;
    const work = await tree.makeFolder(ana, '0' as ItemId, 'Work');
    const plan = await tree.create(ana, work.id, 'plan.txt', { body: Readable.from([Buffer.from('plan')]) });
    await tree.remove(ana, plan.id);
    await cloud.stop();

    const { json } = await run('trash list ana@alder.example --json');
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;
    expect(json).toEqual([
      {
        id: plan.id,
        name: 'plan.txt',
        kind: 'file',
        place: ['Work'],
        bytes: 4,
        deletedBy: `person:${account.id}`,
        deletedAt: time,
        goesAt: time,
      },
    ]);
    await expect(run('trash restore ana@alder.example')).rejects.toThrow('--all');
    await expect(run('trash restore ana@alder.example 999')).rejects.toThrow('not in the trash');
    await expect(run('trash list nobody@alder.example')).rejects.toThrow('no account');
    expect((await run(`trash restore ana@alder.example ${plan.id}`)).lines).toEqual([
      'Restored plan.txt: where it was.',
    ]);
    expect((await run('trash list ana@alder.example')).lines).toEqual(['The trash is empty.']);
    const again = await openCloud(config);
    await again.services.files.tree.remove(ana, work.id);
    await again.stop();
    expect((await run('trash empty ana@alder.example')).lines).toEqual(['Gone for good: 1 from the trash.']);
    expect((await run('trash list ana@alder.example --json')).json).toEqual([]);
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
      ocm: null,
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
        ocm: null,
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
    const peer = await cloud.services.neighbours.peers.byName('Birch');
    await cloud.stop();
    expect(peer?.outbound).toEqual({ key: 'key', secret: 'from-stdin' });
  });

  it('switches insecure ways on and off again, and leaves them as they are when they are not named', async () => {
    const { config, run } = await commandLine();
    await run(`peer add Birch ${PEER} --allow-unsigned --credentials-by-get`);
    const flags = async (): Promise<boolean[]> => {
      const cloud = await openCloud(config);
      const peer = await cloud.services.neighbours.peers.byName('Birch');
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
    const found = await cloud.services.apps.tokens.findByKey(String(token['consumerKey']), String(token['token']));
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

  it('register an app that has its key pair already, its secret on standard input (F-53)', async () => {
    const { config, run } = await commandLine();
    await expect(run('client add desktop --consumer-key desk.key-2', 'x y')).rejects.toThrow('standard input');
    const secret = 'given/secret+of=an+app';
    const { json } = await run('client add tablet --consumer-key desk.key-2 --json', secret);
    expect(json).toEqual({ name: 'tablet', consumerKey: 'desk.key-2', consumerSecret: secret });
    await expect(run('client add other --consumer-key desk.key-2', secret)).rejects.toThrow('this consumer key');
    for (const bad of ['', ' ', '\t']) {
      await expect(run('client add other --consumer-key desk.key-3', bad)).rejects.toThrow('consumer secret');
    }
    const cloud = await openCloud(config);
    const client = await cloud.services.apps.clients.byKey('desk.key-2');
    await cloud.stop();
    expect(client).toMatchObject({ name: 'tablet', consumerSecret: secret });
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
    const client = await cloud.services.apps.clients.byName('desktop');
    await cloud.stop();
    const expected = { callback, firstParty: true, delegated: true, forbiddenAs400: true };
    expect(client).toMatchObject({ ...expected, publicKey: pem });
    expect((await run('client list --json')).json).toMatchObject([{ name: 'desktop', ...expected }]);
    await expect(run('client add other --callback ftp://desktop.example/')).rejects.toThrow('callback');
  });
});

/** The keys of `share doctor --json` (docs/operators.md). */
const DOCTOR_KEYS = [
  ...[
    'shareId',
    'id',
    'direction',
    'state',
    'dialect',
    'since',
    'folder',
    'permission',
    'owner',
    'recipient',
    'createdAt',
  ],
  ...['expiresAt', 'invitationExpiresAt', 'mail', 'findings', 'deliveries', 'peer', 'history'],
];

describe('footbridge share', () => {
  it('lists both halves with the JSON keys of the operator’s interface, and ends one by name', async () => {
    const { config, run } = await commandLine();
    await run('user add ana@alder.example --name Ana --password-stdin', 'correct horse battery');
    const cloud = await openCloud(config);
    const ana = await cloud.services.people.accounts.byEmail(parseEmail('ana@alder.example'));
    const principal = { kind: 'person', accountId: ana?.id as never } as const;
    const folder = await cloud.services.files.tree.makeFolder(principal, '0' as ItemId, 'Plans');
    await cloud.services.agreements.sharing.share(principal.accountId, folder.id, {
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
      shareId,
      direction: 'outgoing',
      state: 'created',
      folder: 'Plans',
      peer: null,
      expiresAt: null,
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

/** Bytes of a content that lies in the storage folder. */
const LARGE = 20_000;

describe('footbridge verify', () => {
  it('DUR-05 names a damaged content and fails', async () => {
    const { config, run } = await commandLine();
    await run('user add ana@alder.example --name Ana --password-stdin', 'correct horse battery');
    const cloud = await openCloud(config);
    const ana = await cloud.services.people.accounts.byEmail(parseEmail('ana@alder.example'));
    const principal = { kind: 'person', accountId: ana?.id as never } as const;
    await cloud.services.files.tree.create(principal, '0' as ItemId, 'a.txt', {
      body: Readable.from([Buffer.alloc(LARGE, 'a')]),
    });
    await cloud.stop();
    expect((await run('verify')).lines.at(-1)).toBe(`1 contents, ${String(LARGE)} bytes checked.`);
    const blobs = await readdir(path.join(fileURLToPath(config.storageUrl), 'blobs'), {
      recursive: true,
      withFileTypes: true,
    });
    const [blob] = blobs.filter((entry) => entry.isFile());
    await writeFile(path.join(String(blob?.parentPath), String(blob?.name)), Buffer.alloc(LARGE, 'b'));
    await expect(run('verify')).rejects.toThrow('1 contents are not as they were stored');
  });
});

describe('footbridge contents sweep', () => {
  it('F-01 says what it put into quarantine, and what is left for an administrator’s word', async () => {
    const { config, run } = await commandLine();
    const cloud = await openCloud(config);
    for (let made = 0; made < 25; made += 1) {
      const { key } = await cloud.services.base.contents.put(Readable.from([Buffer.alloc(LARGE)]));
      await utimes(path.join(fileURLToPath(config.storageUrl), 'blobs', key.slice(0, 2), key), 0, 0);
    }
    await cloud.stop();
    expect((await run('contents sweep')).lines).toEqual([
      '20 put into quarantine, 0 removed, 0 taken back. 5 more that no file names: footbridge contents sweep --all.',
    ]);
    expect((await run('contents sweep --all')).lines).toEqual(['5 put into quarantine, 0 removed, 0 taken back.']);
    expect((await run('contents sweep --all --erase --json')).json).toMatchObject({ erased: 25 });
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

describe('footbridge app-password', () => {
  it('makes a password that opens the files of a person, lists it without it, and withdraws it', async () => {
    const { config, run } = await commandLine();
    await run('user add ana@alder.example --name Ana --password-stdin', 'correct horse battery');
    const made = (await run('app-password add ANA@alder.example --name Laptop --json')).json as Record<string, string>;
    expect(made).toEqual({ user: 'ana@alder.example', password: expect.stringMatching(/^[a-z2-9-]{31}$/) });
    const cloud = await openCloud(config);
    const proof = { user: made['user'] ?? '', password: made['password'] ?? '', address: '127.0.0.1' };
    expect(await cloud.services.apps.appPasswords.prove(proof)).toBeDefined();
    await cloud.stop();
    const { json } = await run('app-password list ana@alder.example --json');
    expect(json).toMatchObject([{ name: 'Laptop', email: 'ana@alder.example', lastUsedAt: null }]);
    expect(JSON.stringify(json)).not.toContain(made['password']);
    await run(`app-password remove ${(json as { id: string }[])[0]?.id ?? ''}`);
    expect((await run('app-password list --json')).json).toEqual([]);
    await expect(run('app-password add nobody@alder.example --name Laptop')).rejects.toThrow('no account');
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
      'app-password add',
      'verify',
      'contents sweep',
    ];
    for (const command of commands) await expect(run(`${command} --help`)).rejects.toMatchObject({ exitCode: 0 });
    await expect(run('fly')).rejects.toMatchObject({ exitCode: 1 });
  });
});
