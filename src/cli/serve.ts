import type { Command } from 'commander';
import { openCloud, type Cloud } from '../cloud.js';
import type { CommandContext } from './context.js';

/** `footbridge serve`: runs the cloud until it is told to stop. */
export function addServe(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description('run this cloud (settings come from the environment, see docs/settings.md)')
    .action(async () => {
      const config = context.config();
      const cloud = await openCloud(config);
      await begin(cloud);
      context.output.say(`${config.cloudName} is at ${config.publicUrl.origin}`);
      if (config.allowInsecurePeers) {
        context.output.say('Trial mode: http and local addresses are allowed for peers.');
      }
      await stopRequested();
      await cloud.stop();
    });
}

/** A cloud that cannot listen does no work behind anybody's back. */
async function begin(cloud: Cloud): Promise<void> {
  try {
    await cloud.listen();
    await cloud.start();
  } catch (error) {
    await cloud.stop();
    throw error;
  }
}

/** Resolves on the first request to stop; the second ends the process at once (reliability.md OPS-01). */
function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const ask = (): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on('SIGTERM', ask);
    process.on('SIGINT', ask);
  });
}
