import { run } from './cli/index.js';

// Database, contents and key are nobody else's on this machine.
process.umask(0o077);

void run(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
