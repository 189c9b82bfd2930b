import type { Command } from 'commander';
import { rfc3339 } from '../../kernel/index.js';
import type { ListedToken } from '../../clients/index.js';
import { listKeys, needAccount, type KeyList } from './account.js';
import { readTextFile, type CommandContext } from '../context/context.js';

interface ClientFlags {
  readonly callback?: string;
  readonly firstParty?: boolean;
  readonly delegated?: boolean;
  readonly forbiddenAs400?: boolean;
  readonly publicKey?: string;
  readonly consumerKey?: string;
  readonly json?: boolean;
}

/** `footbridge client …`: OAuth apps. */
export function addClient(program: Command, context: CommandContext): void {
  const client = program.command('client').description('apps that may ask for access');
  client
    .command('add <name>')
    .description('register an app; prints its consumer key and secret')
    .option('--callback <url>', 'where the browser goes after consent')
    .option('--first-party', 'it may take passwords itself')
    .option('--delegated', 'it reads foreign folders as enriched entries')
    .option('--forbidden-as-400', 'it takes 403 for the end of its login')
    .option('--public-key <file>', 'PEM file, for RSA signatures')
    .option('--consumer-key <key>', 'the key that it has already; its secret is read from standard input')
    .option('--json', 'answer as JSON')
    .action((name: string, flags: ClientFlags) => add(context, name, flags));
  client
    .command('list')
    .description('list the apps')
    .option('--json', 'answer as JSON')
    .action((options: { json?: boolean }) => listApps(context, options.json === true));
  client
    .command('remove <name>')
    .description('forget an app; its tokens are dead at once')
    .action((name: string) =>
      context.withCloud(async ({ services }) => {
        await services.apps.clients.remove(name);
        context.output.say(`${name} is removed.`);
      }),
    );
}

async function listApps(context: CommandContext, asJson: boolean): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const apps = (await services.apps.clients.list()).map((each) => ({
      name: each.name,
      consumerKey: each.consumerKey,
      callback: each.callback ?? null,
      firstParty: each.firstParty,
      delegated: each.delegated,
      forbiddenAs400: each.forbiddenAs400,
      createdAt: rfc3339(each.createdAt),
    }));
    if (asJson) context.output.json(apps);
    else {
      const rows = apps.map((app) => ({ name: app.name, 'consumer key': app.consumerKey, since: app.createdAt }));
      context.output.table(rows, 'No app is registered yet.');
    }
  }, 'reads');
}

async function add(context: CommandContext, name: string, flags: ClientFlags): Promise<void> {
  const publicKey = flags.publicKey === undefined ? undefined : await readTextFile(flags.publicKey);
  const pair =
    flags.consumerKey === undefined ? undefined : { key: flags.consumerKey, secret: await context.readLine() };
  await context.withCloud(async ({ services }) => {
    const { callback, firstParty, delegated, forbiddenAs400 } = flags;
    const app = await services.apps.clients.add(name, {
      callback,
      firstParty,
      delegated,
      forbiddenAs400,
      publicKey,
      pair,
    });
    const { consumerKey, consumerSecret } = app;
    if (flags.json === true) context.output.json({ name: app.name, consumerKey, consumerSecret });
    else {
      context.output.say(`${app.name} is registered.`);
      context.output.say(`  consumer key     ${consumerKey}`);
      context.output.say(`  consumer secret  ${consumerSecret}`);
    }
  });
}

const TOKENS: KeyList<ListedToken> = {
  of: ({ apps }, accountId) => apps.tokens.list(accountId),
  named: ({ clientName: client }) => ({ client }),
  none: 'There are no access tokens.',
};

/** `footbridge token …`: access tokens for scripts. */
export function addToken(program: Command, context: CommandContext): void {
  const token = program.command('token').description('access tokens of people');
  token
    .command('add <email>')
    .description('make an access token for a script of this person; its secret is shown only now')
    .requiredOption('--client <name>', 'the app that will use it')
    .option('--json', 'answer as JSON')
    .action((email: string, options: { client: string; json?: boolean }) =>
      context.withCloud(async ({ services }) => {
        const account = await needAccount(services.people.accounts, email);
        const issued = await services.apps.tokens.add(account.id, options.client);
        if (options.json === true) context.output.json(issued);
        else
          for (const [name, value] of Object.entries(issued)) context.output.say(`${name.padEnd(16)}${String(value)}`);
      }),
    );
  token
    .command('list [email]')
    .description('list the access tokens, of one person or all')
    .option('--json', 'answer as JSON')
    .action((email: string | undefined, options: { json?: boolean }) =>
      listKeys(context, TOKENS, { email, asJson: options.json === true }),
    );
  token
    .command('remove <id>')
    .description('withdraw an access token')
    .action((id: string) =>
      context.withCloud(async ({ services }) => {
        await services.apps.tokens.remove(id);
        context.output.say('The token is withdrawn.');
      }),
    );
}
