import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const PROGRAM = fileURLToPath(new URL('./program.cjs', import.meta.url));

/** Where V8's code for the program is kept. It fits one release of Node.js; another one compiles anew. */
export const CODE_CACHE = fileURLToPath(new URL('./program.cache', import.meta.url));

/** Runs the program that lies beside this file, as Node.js would run a CommonJS module; answers its script. */
export function launch() {
  const script = new vm.Script(`(function (require, module, exports, __filename, __dirname) {${readProgram()}\n})`, {
    // In stacks; V8's code was made in another folder.
    filename: 'program.cjs',
    cachedData: readCodeCache(),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  script.runInThisContext()(createRequire(PROGRAM), module, module.exports, PROGRAM, path.dirname(PROGRAM));
  return script;
}

/** The bundler writes pure ASCII; said so, V8 keeps it in half the memory. */
function readProgram() {
  return readFileSync(PROGRAM, 'latin1');
}

function readCodeCache() {
  try {
    return readFileSync(CODE_CACHE);
  } catch {
    return undefined;
  }
}
