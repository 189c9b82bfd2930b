/**
 * `npm test` (and `npm run verify`): every check, cheapest first, on a fresh clone too.
 * `npm test -- spec/files` runs only those specs and skips the static checks; further arguments go to vitest.
 * Ends with one line `N passed, N failed, N skipped`; exit status 0 only when everything held and something ran.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './ensure-installed.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const report = path.join(root, 'artifacts', 'vitest.json');

// Steps of one row run side by side; a row starts when the one before it held.
const STATIC_CHECKS = [
  [
    { title: 'format', program: ['prettier', 'bin/prettier.cjs'], args: ['--check', '--log-level', 'warn', '.'] },
    { title: 'lint', program: ['eslint', 'bin/eslint.js'], args: ['--max-warnings', '0', '.'] },
  ],
  [
    { title: 'types of src', program: ['typescript', 'bin/tsc'], args: ['--noEmit', '-p', 'tsconfig.json'] },
    {
      title: 'types of client',
      program: ['typescript', 'bin/tsc'],
      args: ['--noEmit', '-p', 'src/client/tsconfig.json'],
    },
    { title: 'types of spec', program: ['typescript', 'bin/tsc'], args: ['--noEmit', '-p', 'spec/tsconfig.json'] },
  ],
  [
    {
      title: 'architecture',
      program: ['dependency-cruiser', 'bin/dependency-cruise.mjs'],
      args: ['--config', '.dependency-cruiser.cjs', 'src', 'migrations'],
    },
  ],
];

try {
  ensureInstalled();
  const filters = process.argv.slice(2);
  const held = filters.length > 0 || (await runStaticChecks());
  process.exitCode = held ? await runSpecs(filters) : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function runStaticChecks() {
  for (const row of STATIC_CHECKS) {
    const statuses = await Promise.all(row.map(runStep));
    if (statuses.some((status) => status !== 0)) return false;
  }
  return true;
}

/** Runs one check and prints its heading, time and output together, so that neighbours do not mix. */
async function runStep({ title, program, args }) {
  const started = performance.now();
  const { status, output } = await node(program, args, 'pipe');
  console.log(`\n== ${title}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds(started)})`);
  if (output.trim()) console.log(output.trimEnd());
  return status;
}

async function runSpecs(filters) {
  const started = performance.now();
  console.log('\n== specs');
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status } = await node(['vitest', 'vitest.mjs'], ['run', ...reporters, ...filters], 'inherit');
  const { passed, failed, skipped } = countResults();
  console.log(`== specs: ${status === 0 ? 'ok' : 'FAILED'} (${seconds(started)})\n`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return status === 0 && failed === 0 && passed > 0 ? 0 : 1;
}

/** Sums vitest's report; a file that could not even be loaded counts as one failure. */
function countResults() {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const tests = testResults.flatMap((file) => file.assertionResults.map(({ status }) => status));
  const broken = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  );
  const passed = tests.filter((status) => status === 'passed').length;
  const failed = tests.filter((status) => status === 'failed').length;
  return { passed, failed: failed + broken.length, skipped: tests.length - passed - failed };
}

/** Runs the command of an installed package with this Node.js. */
function node([packageName, file], args, output) {
  const command = path.join(root, 'node_modules', packageName, file);
  const stdio = output === 'pipe' ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'];
  const child = spawn(process.execPath, [command, ...args], { cwd: root, stdio });
  const chunks = [];
  child.stdout?.on('data', (chunk) => chunks.push(chunk));
  child.stderr?.on('data', (chunk) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status: status ?? 1, output: Buffer.concat(chunks).toString('utf8') }));
  });
}

function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
