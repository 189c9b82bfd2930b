import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './temporary.js';

const run = promisify(execFile);

/** The npm package that carries Node.js for this machine, with its headers; its versions are those of Node.js. */
const PACKAGE = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** A Node.js beside the one that runs the specs. */
export interface Runtime {
  /** Such as `v24.22.3`. */
  readonly version: string;
  /** Has it first on the path, and makes native packages compile against its headers. */
  readonly env: NodeJS.ProcessEnv;
  remove(): Promise<void>;
}

/** Why this release (`24`) cannot be had here (printed), or undefined when it can. */
export async function runtimeReason(release: string): Promise<string | undefined> {
  try {
    await run('npm', ['view', `${PACKAGE}@${release}`, 'version', '--fetch-retries=0'], { timeout: 60_000 });
    return undefined;
  } catch (error) {
    const words = error instanceof Error ? error.message.trim() : String(error);
    const said = /^npm error code (\S+)$/m.exec(words)?.[1] ?? words;
    const reason = `the registry does not give ${PACKAGE}@${release} (${said})`;
    console.warn(`specs on Node.js ${release} are skipped: ${reason}`);
    return reason;
  }
}

/** Fetches the newest Node.js of a release (about 190 MB) into a folder of its own. */
export async function fetchRuntime(release: string): Promise<Runtime> {
  const folder = await temporaryFolder(`node-${release}`);
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, '--prefix', folder, `${PACKAGE}@${release}`], { cwd: folder });
  const home = path.join(folder, 'node_modules', PACKAGE);
  const bin = path.join(home, 'bin');
  const { stdout } = await run(path.join(bin, 'node'), ['--version']);
  return {
    version: stdout.trim(),
    env: { ...outside(), PATH: [bin, process.env['PATH']].join(path.delimiter), npm_config_nodedir: home },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Our environment without what the runner of these specs and our own settings put there. */
function outside(): NodeJS.ProcessEnv {
  const ours = /^(?:FOOTBRIDGE_|VITEST|TEST$|NODE_ENV$|NODE_OPTIONS$|MODE$|DEV$|PROD$|SSR$|BASE_URL$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
