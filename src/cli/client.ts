import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Account, Accounts } from '../accounts/index.js';
import { notFound, parseEmail, rfc3339 } from '../kernel/index.js';
import type { CommandContext } from './context.js';

interface ClientFlags {
  readonly callback?: string;
  readonly firstParty?: boolean;
  readonly delegated?: boolean;
  readonly forbiddenAs400?: boolean;
  readonly publicKey?: string;
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
    .option('--json', 'answer as JSON')
    .action((name: string, flags: ClientFlags) => add(context, name, flags));
  client
    .command('list')
    .description('list the apps')
    .option('--json', 'answer as JSON')
    .action((options: { json?: boolean }) =>
      context.withCloud(async ({ services }) => {
        const apps = (await services.clients.list()).map((each) => ({
          name: each.name,
          consumerKey: each.consumerKey,
          callback: each.callback ?? null,
          firstParty: each.firstParty,
          delegated: each.delegated,
          forbiddenAs400: each.forbiddenAs400,
          createdAt: rfc3339(each.createdAt),
        }));
        if (options.json === true) context.output.json(apps);
        else {
          const rows = apps.map((app) => ({ name: app.name, 'consumer key': app.consumerKey, since: app.createdAt }));
          context.output.table(rows, 'No app is registered yet.');
        }
      }),
    );
  client
    .command('remove <name>')
    .description('forget an app; its tokens are dead at once')
    .action((name: string) =>
      context.withCloud(async ({ services }) => {
        await services.clients.remove(name);
        context.output.say(`${name} is removed.`);
      }),
    );
}

async function add(context: CommandContext, name: string, flags: ClientFlags): Promise<void> {
  const publicKey = flags.publicKey === undefined ? undefined : await readFile(flags.publicKey, 'utf8');
  await context.withCloud(async ({ services }) => {
    const { callback, firstParty, delegated, forbiddenAs400 } = flags;
    const app = await services.clients.add(name, { callback, firstParty, delegated, forbiddenAs400, publicKey });
    const { consumerKey, consumerSecret } = app;
    if (flags.json === true) context.output.json({ name: app.name, consumerKey, consumerSecret });
    else {
      context.output.say(`${app.name} is registered.`);
      context.output.say(`  consumer key     ${consumerKey}`);
      context.output.say(`  consumer secret  ${consumerSecret}`);
    }
  });
}

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
        const account = await needAccount(services.accounts, email);
        const issued = await services.tokens.add(account.id, options.client);
        if (options.json === true) context.output.json(issued);
        else
          for (const [name, value] of Object.entries(issued)) context.output.say(`${name.padEnd(16)}${String(value)}`);
      }),
    );
  token
    .command('list [email]')
    .description('list the access tokens, of one person or all')
    .option('--json', 'answer as JSON')
    .action((email: string | undefined, options: { json?: boolean }) => list(context, email, options.json === true));
  token
    .command('remove <id>')
    .description('withdraw an access token')
    .action((id: string) =>
      context.withCloud(async ({ services }) => {
        await services.tokens.remove(id);
        context.output.say('The token is withdrawn.');
      }),
    );
}

async function list(context: CommandContext, email: string | undefined, asJson: boolean): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const people = new Map((await services.accounts.list()).map((account) => [account.id, account.email]));
    const owner = email === undefined ? undefined : await needAccount(services.accounts, email);
    const tokens = (await services.tokens.list(owner?.id)).map((token) => ({
      id: token.id,
      client: token.clientName,
      email: people.get(token.accountId) ?? '',
      createdAt: rfc3339(token.createdAt),
      lastUsedAt: token.lastUsedAt === undefined ? null : rfc3339(token.lastUsedAt),
    }));
    if (asJson) context.output.json(tokens);
    else {
      const rows = tokens.map(({ lastUsedAt, ...token }) => ({ ...token, 'last used': lastUsedAt ?? '' }));
      context.output.table(rows, 'There are no access tokens.');
    }
  });
}

/** The person of an address, any of their proven ones. */
async function needAccount(accounts: Pick<Accounts, 'byEmail'>, email: string): Promise<Account> {
  const account = await accounts.byEmail(parseEmail(email));
  if (account === undefined) throw notFound(`There is no account with the address ${email}.`);
  return account;
}
