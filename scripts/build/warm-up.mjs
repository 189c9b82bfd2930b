/**
 * Runs the program of the folder that is named first with the arguments that follow, and keeps what V8 compiled on the
 * way, functions that ran included.
 */
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, ...words] = process.argv.slice(2);
const { launch, CODE_CACHE } = await import(pathToFileURL(path.join(folder, 'launch.js')).href);

process.argv.splice(2, Infinity, ...words);
const script = launch();
process.on('exit', () => {
  writeFileSync(CODE_CACHE, script.createCachedData());
  // The program keeps what it makes for itself; this is for whoever runs it.
  chmodSync(CODE_CACHE, 0o644);
});
