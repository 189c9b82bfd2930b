import type { Command } from 'commander';
import { openCloud, type Cloud } from '../../cloud.js';
import type { CommandContext } from '../context/context.js';

/** `footbridge serve`: runs the cloud until it is told to stop. */
export function addServe(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description('run this cloud (settings come from the environment, see docs/settings.md)')
    .option('--adopt-storage', 'take over a storage folder that belongs to another database, or was lost')
    .action(async (options: { adoptStorage?: boolean }) => {
      const config = context.config();
      const cloud = await openCloud(config, {}, options.adoptStorage === true ? 'adopt' : 'prove');
      await begin(cloud);
      context.output.say(`${config.cloudName} is at ${config.publicUrl.origin}`);
      if (config.allowInsecurePeers) {
        context.output.say('Trial mode: http and local addresses are allowed for peers.');
      }
      await stopRequested();
      await cloud.stop();
    });
}

/**
 * Listens first, so that a process that does not get its port does not send messages or sweep unnoticed beside the one
 * that has it.
 */
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
