/**
 * `npm run prepare`, which npm runs after every install: builds, so that `npm ci` alone makes `npm start` work. An
 * install without the compiler (`--omit=dev`) or before the sources are there (a layer of a container image) is left
 * as it is.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from './build.mjs';

const require = createRequire(import.meta.url);
const sources = new URL('../src/', import.meta.url);

function hasCompiler() {
  try {
    return Boolean(require.resolve('typescript'));
  } catch {
    return false;
  }
}

if (!hasCompiler()) console.log('prepare: no compiler installed, dist stays as it is');
else if (!existsSync(sources)) console.log('prepare: no sources here yet, nothing to build');
else process.exitCode = await build();
