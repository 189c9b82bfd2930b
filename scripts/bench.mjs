/**
 * `npm run bench`: measures two clouds against small reference programs and prints a table of ratios. `npm run bench --
 * read-large --quick` runs one part briefly. Exit status 0 whenever everything ran: the figures are for reading.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './ensure-installed.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

ensureInstalled();
const main = path.join(root, 'bench', 'main.ts');
const { status } = spawnSync(process.execPath, ['--import', 'tsx', main, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
