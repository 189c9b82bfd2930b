/**
 * Makes a clone runnable: installs what package-lock.json names when node_modules does not match it, compiles again what
 * was compiled for another Node.js, and builds when dist is missing or older than its sources. Imports nothing but
 * Node.js, because it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const SOURCES = ['src', 'migrations', 'scripts/build.mjs', 'scripts/build', 'tsconfig.json', 'package.json'];
/** Packages that are compiled when they are installed, and what loads the result; it may fit one Node.js only. */
const COMPILED = { 'better-sqlite3': "new (require('better-sqlite3'))(':memory:')", sqlite3: "require('sqlite3')" };

/** Installs and builds where needed and says in one line each what it does; throws when npm fails. */
export function ensureInstalled() {
  const gap = installGap();
  if (gap) {
    console.log(`installing dependencies (${gap})`);
    npm('ci', '--include=dev', '--no-audit', '--no-fund');
  }
  const foreign = compiledElsewhere();
  if (foreign.length > 0) {
    console.log(`compiling for this Node.js (${process.version}): ${foreign.join(', ')}`);
    npm('rebuild', ...foreign);
  }
  ensureBuilt();
}

/** Builds when dist is missing or older than any source; `npm ci` may just have done so. */
export function ensureBuilt() {
  const built = newest('dist');
  if (built >= Math.max(...SOURCES.map(newest))) return;
  console.log(built === 0 ? 'building (no dist yet)' : 'building (dist is older than its sources)');
  npm('run', '--silent', 'build');
}

/** Why node_modules can not serve package-lock.json, or undefined when it can. */
function installGap() {
  const installed = readPackages('node_modules/.package-lock.json');
  if (!installed) return 'no node_modules yet';
  const wanted = readPackages('package-lock.json') ?? {};
  const missing = Object.keys(wanted).find((name) => name !== '' && !fits(wanted[name], installed[name]));
  return missing && `${missing} is not as in package-lock.json`;
}

// npm leaves out packages made for other platforms; every other one must be there in the same version and bytes.
function fits(wanted, installed) {
  if (!installed) return wanted.optional === true || wanted.devOptional === true || wanted.link === true;
  return wanted.version === installed.version && wanted.integrity === installed.integrity;
}

/** Which of COMPILED this Node.js cannot load. Another process tries: this one could not try again afterwards. */
function compiledElsewhere() {
  const tries = Object.entries(COMPILED).map(([name, load]) => `try { ${load} } catch { console.log('${name}') }`);
  const { stdout } = spawnSync(process.execPath, ['-e', tries.join('\n')], { cwd: root, encoding: 'utf8' });
  return stdout.split('\n').filter((name) => name !== '');
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Latest change, in milliseconds, of anything at or below a path (folders too: a removed file counts); 0 when absent. */
function newest(relative) {
  const full = path.join(root, relative);
  const stat = statSync(full, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(full).map((name) => newest(path.join(relative, name))));
}

function npm(...args) {
  const { status, error } = spawnSync('npm', args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ${args[0]} ${args.at(-1)} failed with status ${String(status)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureInstalled();
