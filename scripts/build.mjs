/**
 * Makes dist: the program as one file with V8's code for it, and the package's client with its types. Types of the
 * program are not checked here but by `npm test`. The result replaces dist only when it is whole: a failed build leaves
 * the old one in place, and no file of a removed source survives.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** What is started by name. */
const START = "#!/usr/bin/env node\nimport { launch } from '../launch.js';\n\nlaunch();\n";

/** Builds dist; returns the exit status. */
export async function build() {
  const next = path.join(root, `dist.${process.pid}`);
  try {
    const status = compileClient(next) || (await makeProgram(next));
    if (status === 0) replace(path.join(root, 'dist'), next);
    return status;
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

function compileClient(next) {
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  return run([compiler, '-p', 'src/client/tsconfig.json', '--noEmitOnError', '--outDir', next]);
}

async function makeProgram(next) {
  // Not at the top: an install for production has no bundler, and needs none.
  const { bundle } = await import('./build/bundle.mjs');
  await bundle({ root, into: next });
  mkdirSync(path.join(next, 'src'), { recursive: true });
  copyFileSync(path.join(root, 'scripts/build/launch.mjs'), path.join(next, 'launch.js'));
  writeFileSync(path.join(next, 'src/main.js'), START, { mode: 0o755 });
  return warmUp(next);
}

/** Lets the program make the database of a cloud that nobody needs, so that most of what a start runs is compiled. */
function warmUp(next) {
  const folder = mkdtempSync(path.join(tmpdir(), 'footbridge-build-'));
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('FOOTBRIDGE_'));
  const env = {
    ...Object.fromEntries(inherited),
    FOOTBRIDGE_DATA_DIR: folder,
    FOOTBRIDGE_PUBLIC_URL: 'http://localhost:4000',
  };
  try {
    return run([path.join(root, 'scripts/build/warm-up.mjs'), next, 'migrate'], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(args, options = {}) {
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', ...options }).status ?? 1;
}

function replace(folder, next) {
  const old = `${next}.old`;
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(next, folder);
  rmSync(old, { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await build();
