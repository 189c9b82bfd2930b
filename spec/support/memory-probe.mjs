/** Loaded into a cloud beside its program: on SIGUSR2 it collects garbage and writes what is left into `MEMORY_PROBE`. */
import { renameSync, writeFileSync } from 'node:fs';

process.on('SIGUSR2', () => {
  const file = process.env['MEMORY_PROBE'];
  globalThis.gc();
  setImmediate(() => {
    globalThis.gc();
    writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()));
    renameSync(`${file}.new`, file);
  });
});
