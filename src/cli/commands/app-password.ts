import type { Command } from 'commander';
import type { ListedAppPassword } from '../../clients/index.js';
import { listKeys, needAccount, type KeyList } from './account.js';
import type { CommandContext } from '../context/context.js';

const APP_PASSWORDS: KeyList<ListedAppPassword> = {
  of: ({ apps }, accountId) => apps.appPasswords.list(accountId),
  named: ({ name }) => ({ name }),
  none: 'There are no app passwords.',
};

/** `footbridge app-password …`: passwords for WebDAV and other programs that speak HTTP Basic. */
export function addAppPassword(program: Command, context: CommandContext): void {
  const command = program.command('app-password').description('passwords of people for single programs (WebDAV)');
  command
    .command('add <email>')
    .description('make a password for a program of this person; it is shown only now')
    .requiredOption('--name <name>', 'what the person calls the program')
    .option('--json', 'answer as JSON')
    .action((email: string, flags: { name: string; json?: boolean }) => add(context, email, flags));
  command
    .command('list [email]')
    .description('list the app passwords, of one person or all')
    .option('--json', 'answer as JSON')
    .action((email: string | undefined, flags: { json?: boolean }) =>
      listKeys(context, APP_PASSWORDS, { email, asJson: flags.json === true }),
    );
  command
    .command('remove <id>')
    .description('withdraw an app password')
    .action((id: string) =>
      context.withCloud(async ({ services }) => {
        await services.apps.appPasswords.remove(id);
        context.output.say('The app password is withdrawn.');
      }),
    );
}

async function add(context: CommandContext, email: string, flags: { name: string; json?: boolean }): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const account = await needAccount(services.people.accounts, email);
    const { password } = await services.apps.appPasswords.add(account.id, flags.name);
    if (flags.json === true) context.output.json({ user: account.email, password });
    else {
      context.output.say(`user      ${account.email}`);
      context.output.say(`password  ${password}`);
    }
  });
}
