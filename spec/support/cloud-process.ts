import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runHere } from './command-here.js';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const PROGRAM = path.join(ROOT, 'dist/src/main.js');

/** How long a cloud may take until it is ready, milliseconds. */
const READY_WITHIN = 30_000;
/** How much of a cloud's output is kept, for messages of failing specs. */
const KEPT_LINES = 200;

/** What a cloud is started with. */
export interface CloudOptions {
  readonly name: string;
  /** Database, contents, key, mails. Made when missing. */
  readonly dataDir: string;
  /** A free one unless given. */
  readonly port?: number;
  /** More settings, by their names in the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node.js, such as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
  /** Most files and connections that it may have open together; as many as ours unless given. */
  readonly descriptors?: number;
}

/** The built program, running as a process of its own. */
export interface CloudProcess {
  readonly name: string;
  /** `http://localhost:PORT` */
  readonly url: string;
  readonly dataDir: string;
  /** Of the running process; throws when it is down. */
  readonly pid: number;
  /** True from its start until it has exited. */
  readonly isUp: boolean;
  /** What it has written lately. */
  readonly output: string;
  /** Starts it, with the same folder and port, and waits until `/readyz` answers 200. */
  start(): Promise<void>;
  /** Sends a signal and waits until the process is gone; nothing happens when it is down. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Kills it and starts it again. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** Resident memory, bytes. */
  rss(): Promise<number>;
  /** Runs a command beside the service (see {@link runHere}) and answers its standard output; throws with what it said when it fails. */
  cli(args: readonly string[], stdin?: string): Promise<string>;
  /** Like {@link cli} with `--json`, parsed. */
  ask<Answer>(args: readonly string[], stdin?: string): Promise<Answer>;
  /** Ends it for good, kindly first. Safe to call twice. */
  stop(): Promise<void>;
}

/** A port that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

let built: Promise<void> | undefined;

/** Builds the program when it is older than its sources; once per process. */
export function ensureProgram(): Promise<void> {
  built ??= build();
  return built;
}

async function build(): Promise<void> {
  const script = pathToFileURL(path.join(ROOT, 'scripts/ensure-installed.mjs')).href;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', `const { ensureBuilt } = await import(${JSON.stringify(script)}); ensureBuilt();`],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const { status, output } = await finished(child);
  if (status !== 0) throw new Error(`the program could not be built:\n${output}`);
}

/** Starts a cloud and waits until it is ready. The caller stops it. */
export async function startCloud(options: CloudOptions): Promise<CloudProcess> {
  await ensureProgram();
  await mkdir(options.dataDir, { recursive: true });
  const cloud = new Running(options, options.port ?? (await freePort()));
  await cloud.start();
  return cloud;
}

class Running implements CloudProcess {
  readonly name: string;
  readonly url: string;
  readonly dataDir: string;
  readonly #options: CloudOptions;
  readonly #environment: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #lines: string[] = [];

  constructor(options: CloudOptions, port: number) {
    this.name = options.name;
    this.url = `http://localhost:${String(port)}`;
    this.dataDir = options.dataDir;
    this.#options = options;
    this.#environment = environmentOf(options, this.url);
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`${this.name} is down`);
    return this.#child.pid;
  }

  get isUp(): boolean {
    return this.#child !== undefined;
  }

  get output(): string {
    return this.#lines.join('\n');
  }

  async start(): Promise<void> {
    if (this.#child !== undefined) throw new Error(`${this.name} is up already`);
    const [command, ...args] = commandOf(this.#options);
    const child = spawn(command, args, {
      cwd: this.dataDir,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.once('close', () => (this.#child = undefined));
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => this.#keep(chunk));
    await this.#ready();
  }

  async #ready(): Promise<void> {
    const end = performance.now() + READY_WITHIN;
    await this.#firstWord();
    while (this.isUp && performance.now() < end) {
      if (await answers(`${this.url}/readyz`)) return;
      await pause(20);
    }
    await this.kill('SIGKILL');
    throw new Error(`${this.name} did not become ready:\n${this.output}`);
  }

  /** It prints its address once it listens; there is no point in asking before. */
  async #firstWord(): Promise<void> {
    const [child, output] = [this.#child, this.#child?.stdout];
    if (!child || !output) return;
    const signal = AbortSignal.timeout(READY_WITHIN);
    await Promise.race([once(output, 'data', { signal }), once(child, 'close', { signal })]).catch(() => undefined);
  }

  #keep(chunk: Buffer): void {
    this.#lines.push(...chunk.toString().trimEnd().split('\n'));
    this.#lines = this.#lines.slice(-KEPT_LINES);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const gone = once(child, 'close');
    child.kill(signal);
    await gone;
  }

  async restart(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.kill(signal);
    await this.start();
  }

  async rss(): Promise<number> {
    return residentMemory(this.pid);
  }

  async cli(args: readonly string[], stdin = ''): Promise<string> {
    const { status, output, answer } = await runHere(args, this.#environment, stdin);
    if (status !== 0)
      throw new Error(`footbridge ${args.join(' ')} at ${this.name}: status ${String(status)}\n${output}`);
    return answer;
  }

  async ask<Answer>(args: readonly string[], stdin?: string): Promise<Answer> {
    return JSON.parse(await this.cli([...args, '--json'], stdin)) as Answer;
  }

  async stop(): Promise<void> {
    const last = setTimeout(() => void this.kill('SIGKILL'), 5_000);
    await this.kill('SIGTERM');
    clearTimeout(last);
  }
}

/** The shell that sets a limit becomes the program, so that it has the same id. */
function commandOf({ nodeOptions = [], descriptors }: CloudOptions): [string, ...string[]] {
  const serve: [string, ...string[]] = [process.execPath, ...nodeOptions, PROGRAM, 'serve'];
  return descriptors === undefined
    ? serve
    : ['/bin/sh', '-c', 'ulimit -n "$0" && exec "$@"', String(descriptors), ...serve];
}

/** The settings of this process must not be inherited. */
function environmentOf({ name, dataDir, env }: CloudOptions, url: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith('FOOTBRIDGE_'));
  return {
    ...Object.fromEntries(inherited),
    FOOTBRIDGE_PUBLIC_URL: url,
    FOOTBRIDGE_CLOUD_NAME: name,
    FOOTBRIDGE_DATA_DIR: dataDir,
    FOOTBRIDGE_LOG_LEVEL: 'warn',
    ...env,
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return status === 200;
  } catch {
    return false;
  }
}

/** Resident memory of a process, bytes. */
async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8').catch(() => undefined);
  const kibibytes = status === undefined ? await askPs(pid) : /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`no memory figure for process ${String(pid)}`);
  return Number(kibibytes) * 1024;
}

/** For systems without `/proc`. */
async function askPs(pid: number): Promise<string | undefined> {
  const { answer } = await finished(spawn('ps', ['-o', 'rss=', '-p', String(pid)]));
  return answer.trim() || undefined;
}

async function finished(child: ChildProcess): Promise<{ status: number | null; output: string; answer: string }> {
  let [output, answer] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    answer += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output, answer };
}
