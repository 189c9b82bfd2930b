/**
 * Compiles src and migrations into dist, and declares the types of what the package exports. The result replaces dist only when it is whole: a failed build leaves the old
 * one in place, and no file of a removed source (a withdrawn migration, say) survives.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Builds dist; returns the compiler's exit status. */
export function build() {
  const next = path.join(root, `dist.${process.pid}`);
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const compile = (project) => {
    const args = [compiler, '-p', project, '--noEmitOnError', '--outDir', next];
    return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
  };
  const status = compile('tsconfig.json') || compile('src/client/tsconfig.json');
  if (status === 0) replace(path.join(root, 'dist'), next);
  rmSync(next, { recursive: true, force: true });
  return status;
}

function replace(folder, next) {
  const old = `${next}.old`;
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(next, folder);
  rmSync(old, { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = build();
