/**
 * `npm run test:long`: the proofs that take many minutes (spec/long), which `npm test` leaves out.
 * `npm run test:long -- spec/long/starts.spec.ts` runs only those; further arguments go to vitest.
 */
import { ensureInstalled } from './ensure-installed.mjs';
import { runSpecs } from './specs.mjs';

try {
  ensureInstalled();
  process.exitCode = await runSpecs('long proofs', ['--project=long', ...process.argv.slice(2)]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
