/**
 * `npm run demo`: two clouds, a mailbox and two people on this machine, to try the main job by hand.
 * `npm run demo -- --play` plays it unattended and exits 0 only if every step held. The demo itself is scripts/demo,
 * which needs installed packages and the built program; this file makes sure of both first and needs only Node.js.
 */
import { ensureInstalled } from './ensure-installed.mjs';

try {
  ensureInstalled();
  const { register } = await import('tsx/esm/api');
  register();
  const { runDemo } = await import('./demo/demo.ts');
  process.exitCode = await runDemo(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
