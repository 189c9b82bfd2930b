import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** The reference of the measurements: a bare reverse proxy in front of a bare static file server, a process each. */
export interface Reference {
  /** Files of the folder below this address, through the proxy. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts both for the files of a folder. */
export async function startReference(folder: string): Promise<Reference> {
  const files = await startProgram('static-server.mjs', folder);
  const proxy = await startProgram('reverse-proxy.mjs', String(files.port));
  return {
    url: `http://localhost:${String(proxy.port)}`,
    async stop() {
      for (const { child } of [proxy, files]) {
        const gone = once(child, 'close');
        child.kill();
        await gone;
      }
    },
  };
}

async function startProgram(name: string, argument: string): Promise<{ child: ChildProcess; port: number }> {
  const script = path.join(import.meta.dirname, 'reference', name);
  const child = spawn(process.execPath, [script, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, port: Number(line) };
}
