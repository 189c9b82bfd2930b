import type { Command } from 'commander';
import { migrations } from '../../../migrations/index.js';
import { secretKeyOf } from '../../cloud.js';
import { migrate, openDatabase, rollback, systemRandom } from '../../platform/index.js';
import type { CommandContext } from '../context/context.js';

/** `footbridge migrate`: brings the schema up to date, or takes the newest step back. */
export function addMigrate(program: Command, context: CommandContext): void {
  program
    .command('migrate')
    .description('bring the database schema up to date')
    .option('--rollback', 'take the newest step back instead')
    .action(async (options: { rollback?: boolean }) => {
      const config = context.config();
      // A database whose key was never made could not be told from one whose key was lost (threat model SEC-03).
      await secretKeyOf(config, systemRandom);
      const database = await openDatabase(config.database);
      try {
        if (options.rollback === true) {
          const name = await rollback(database, migrations);
          context.output.say(name === undefined ? 'There is no step to take back.' : `Took back ${name}.`);
          return;
        }
        const names = await migrate(database, migrations);
        context.output.say(names.length === 0 ? 'The schema is up to date.' : `Took ${names.join(', ')}.`);
      } finally {
        await database.close();
      }
    });
}
