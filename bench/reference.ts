import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Credentials } from '../src/oauth1/index.js';

/** A small program of the measurements, a process of its own. */
export interface BareProgram {
  readonly url: string;
  readonly pid: number;
}

/** Small programs that do as little as possible, which the clouds are compared with in the same run. */
export interface Reference {
  /** A reverse proxy in front of {@link files}. */
  readonly proxy: BareProgram;
  /** A static file server. */
  readonly files: BareProgram;
  /**
   * The first of two programs that check signatures made with {@link BARE_KEYS}; it signs requests again for the
   * second, {@link checking}.
   */
  readonly signing: BareProgram;
  readonly checking: BareProgram;
  /** Takes bodies into a database, with a sync at each commit. */
  readonly writes: BareProgram;
  stop(): Promise<void>;
}

/** What the bare signed pair knows its only caller by. */
export const BARE_KEYS: Credentials = {
  consumerKey: 'bench',
  consumerSecret: 'secret-of-the-bench',
  token: 'bench',
  tokenSecret: 'secret-of-its-token',
};

/** Starts all of them for the files of a folder; what is written goes there too. */
export async function startReference(folder: string): Promise<Reference> {
  const files = await startProgram('static-server.mjs', folder);
  const proxy = await startProgram('reverse-proxy.mjs', String(files.port));
  const checking = await startProgram('signed-hop.mjs', folder);
  const signing = await startProgram('signed-hop.mjs', String(checking.port));
  const writes = await startProgram('write-server.mjs', folder);
  return {
    proxy,
    files,
    signing,
    checking,
    writes,
    async stop() {
      for (const program of [proxy, files, signing, checking, writes]) await program.stop();
    },
  };
}

interface Started extends BareProgram {
  readonly port: number;
  stop(): Promise<void>;
}

async function startProgram(name: string, argument: string): Promise<Started> {
  const script = path.join(import.meta.dirname, 'reference', name);
  const child = spawn(process.execPath, [script, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const port = Number(line);
  return {
    port,
    pid: child.pid ?? 0,
    url: `http://localhost:${String(port)}`,
    async stop() {
      const gone = once(child, 'close');
      child.kill();
      await gone;
    },
  };
}
