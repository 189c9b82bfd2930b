/** Runs vitest and counts what came of it, for the scripts that test. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { tableOf, timesOf, undeclared } from './slow-specs.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const report = path.join(root, 'artifacts', 'vitest.json');

/**
 * Runs specs with these arguments of vitest; its last line counts them. Answers the exit status. `slowest` prints how long
 * each file took. `isWhole`: files that take longer than they may are a failure.
 */
export async function runSpecs(title, words, { slowest = false, isWhole = false } = {}) {
  const started = performance.now();
  console.log(`\n== ${title}`);
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status } = await node(['vitest', 'vitest.mjs'], ['run', ...reporters, ...words], 'inherit');
  const results = JSON.parse(readFileSync(report, 'utf8'));
  const times = timesOf(results, root);
  if (slowest) console.log(`\n== slowest files\n${tableOf(times)}`);
  const slow = isWhole ? undeclared(times) : [];
  if (slow.length > 0) {
    console.log(
      `\n== take over 20 s, and over a fiftieth of the run: make them shorter, or declare them in scripts/slow-specs.mjs\n${tableOf(slow)}`,
    );
  }
  const counts = countResults(results);
  const { passed, skipped } = counts;
  const failed = counts.failed + slow.length;
  console.log(`== ${title}: ${status === 0 && failed === 0 ? 'ok' : 'FAILED'} (${seconds(started)})\n`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return status === 0 && failed === 0 && passed > 0 ? 0 : 1;
}

/** Sums vitest's report; a file that could not even be loaded counts as one failure. */
function countResults({ testResults }) {
  const tests = testResults.flatMap((file) => file.assertionResults.map(({ status }) => status));
  const broken = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  );
  const passed = tests.filter((status) => status === 'passed').length;
  const failed = tests.filter((status) => status === 'failed').length;
  return { passed, failed: failed + broken.length, skipped: tests.length - passed - failed };
}

/** Runs the command of an installed package with this Node.js; `output` is `pipe` or `inherit`. */
export function node([packageName, file], args, output) {
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

/** How long ago that was, for headings. */
export function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
