#!/usr/bin/env node
import { run } from './cli/index.js';

// Database, contents and key are nobody else's on this machine.
process.umask(0o077);

process.exitCode = await run(process.argv.slice(2));
