/**
 * `npm test` (and `npm run verify`): every check, those without running anything first, on a fresh clone too; all specs but the long proofs.
 * `npm test -- spec/files` runs only those specs and skips the static checks; further arguments go to vitest.
 * `npm test -- --slowest` also prints how long each file took; without filters, a slow file has to be declared.
 * Ends with one line `N passed, N failed, N skipped`; exit status 0 only when everything held and something ran.
 */
import { ensureInstalled } from './ensure-installed.mjs';
import { node, runSpecs, seconds } from './specs.mjs';

const ESLINT = ['eslint', 'bin/eslint.js'];
const SPECS = ['spec/', 'bench/'];

// Begun in this order, two at a time: the longest first, so that none of them is left alone at the end. The directions of
// imports are checked by spec/architecture/imports.spec.ts.
const STATIC_CHECKS = [
  // In two halves, since one process uses one processor.
  { title: 'lint of spec', program: ESLINT, args: ['--max-warnings', '0', ...SPECS] },
  {
    title: 'lint of all else',
    program: ESLINT,
    args: ['--max-warnings', '0', ...SPECS.flatMap((folder) => ['--ignore-pattern', folder]), '.'],
  },
  { title: 'format', program: ['prettier', 'bin/prettier.cjs'], args: ['--check', '--log-level', 'warn', '.'] },
  { title: 'types of spec', program: ['typescript-native', 'bin/tsc'], args: ['--noEmit', '-p', 'spec/tsconfig.json'] },
  { title: 'types of src', program: ['typescript-native', 'bin/tsc'], args: ['--noEmit', '-p', 'tsconfig.json'] },
  {
    title: 'types of client',
    program: ['typescript-native', 'bin/tsc'],
    args: ['--noEmit', '-p', 'src/client/tsconfig.json'],
  },
];
const AT_ONCE = 2;

try {
  ensureInstalled();
  const slowest = process.argv.includes('--slowest');
  const filters = process.argv.slice(2).filter((word) => word !== '--slowest');
  const held = filters.length > 0 || (await runStaticChecks());
  process.exitCode = held
    ? await runSpecs('specs', ['--project=!long', ...filters], { slowest, isWhole: filters.length === 0 })
    : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** Answers whether all held; after one that did not, none is begun. */
async function runStaticChecks() {
  const waiting = [...STATIC_CHECKS];
  let held = true;
  const work = async () => {
    for (let step = waiting.shift(); step !== undefined && held; step = waiting.shift())
      if ((await runStep(step)) !== 0) held = false;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return held;
}

/** Runs one check and prints its heading, time and output together, so that neighbours do not mix. */
async function runStep({ title, program, args }) {
  const started = performance.now();
  const { status, output } = await node(program, args, 'pipe');
  console.log(`\n== ${title}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds(started)})`);
  if (output.trim()) console.log(output.trimEnd());
  return status;
}
