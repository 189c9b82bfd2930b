import type { Command } from 'commander';
import type { Account } from '../../accounts/index.js';
import { DAY, invalid, parseEmail, rfc3339 } from '../../kernel/index.js';
import type { CommandContext } from '../context/context.js';

interface AddOptions {
  readonly name: string;
  readonly admin?: boolean;
  readonly passwordStdin?: boolean;
  readonly json?: boolean;
}

interface SetOptions {
  readonly name?: string;
  readonly quota?: string;
  readonly admin?: string;
}

/** `footbridge user …`: the people of this cloud. */
export function addUser(program: Command, context: CommandContext): void {
  const user = program.command('user').description('people of this cloud');
  user
    .command('add <email>')
    .description('add a person; without a password a one-time link to choose one is printed')
    .requiredOption('--name <name>', 'how other people see them')
    .option('--admin', 'may administer this cloud')
    .option('--password-stdin', 'read the password from standard input')
    .option('--json', 'answer as JSON')
    .action((email: string, options: AddOptions) => add(context, email, options));
  user
    .command('set <email>')
    .description('change a person')
    .option('--name <name>', 'how other people see them')
    .option('--quota <bytes>', 'how much they may keep; "none" follows FOOTBRIDGE_DEFAULT_QUOTA')
    .option('--admin <yes|no>', 'whether they may administer this cloud')
    .action((email: string, options: SetOptions) => set(context, email, options));
  user
    .command('list')
    .description('list everybody')
    .option('--removed', 'those who were removed and can be restored')
    .option('--json', 'answer as JSON')
    .action((options: { json?: boolean; removed?: boolean }) =>
      (options.removed === true ? listRemoved : list)(context, options.json === true),
    );
  user
    .command('restore <email>')
    .description('bring a removed person back with their files; prints a one-time link to choose a password')
    .option('--as <email>', 'another address, when theirs belongs to somebody else by now')
    .action((email: string, options: { as?: string }) => restore(context, email, options.as));
  addStanding(user, context);
}

/** Who may come in, and who no longer may. */
function addStanding(user: Command, context: CommandContext): void {
  for (const verb of ['disable', 'enable', 'remove'] as const) {
    user
      .command(`${verb} <email>`)
      .description(DESCRIPTIONS[verb])
      .action((email: string) =>
        context.withCloud(async ({ services }) => {
          await services.people.accounts[verb](parseEmail(email));
          context.output.say(`${email} is ${verb === 'remove' ? 'removed' : `${verb}d`}.`);
          if (verb === 'remove') context.output.say(keptFor(services.files.trash.keeping.trashDays, email));
        }),
      );
  }
}

const DESCRIPTIONS = {
  disable: 'keep a person out; their shares end',
  enable: 'let a disabled person in again',
  remove: 'remove a person; their shares end, their address becomes free, their files can be restored for a while',
} as const;

async function add(context: CommandContext, email: string, options: AddOptions): Promise<void> {
  const password = options.passwordStdin === true ? await context.readLine() : undefined;
  await context.withCloud(async ({ services, config }) => {
    const own = { name: options.name, addresses: [parseEmail(email)] };
    const prepared = password === undefined ? undefined : await services.people.passwords.prepare(password, own);
    const account = await services.people.accounts.add(parseEmail(email), options.name, { admin: options.admin });
    if (prepared !== undefined)
      await services.base.database.write((trx) => services.people.passwords.store(trx, account.id, prepared));
    const link =
      prepared === undefined
        ? `${config.publicUrl.origin}/account/password/${await services.people.passwordLinks.issue(account.id)}`
        : undefined;
    if (options.json === true) {
      context.output.json({ email: account.email, name: account.name, admin: account.isAdmin, passwordLink: link });
      return;
    }
    context.output.say(`Added ${account.name} <${account.email}>.`);
    if (link !== undefined) context.output.say(`They choose a password at ${link} (works once, for 24 hours).`);
  });
}

async function set(context: CommandContext, email: string, options: SetOptions): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const account = await services.people.accounts.set(parseEmail(email), {
      name: options.name,
      quota: options.quota === undefined ? undefined : readQuota(options.quota),
      admin: options.admin === undefined ? undefined : readYesNo(options.admin),
    });
    context.output.say(`Changed ${account.name} <${account.email}>.`);
  });
}

function readQuota(text: string): number | null {
  if (text === 'none') return null;
  if (!/^\d{1,15}$/.test(text)) throw invalid('--quota takes a whole number of bytes, or none.');
  return Number(text);
}

function readYesNo(text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw invalid('--admin takes yes or no.');
  return text === 'yes';
}

async function list(context: CommandContext, asJson: boolean): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const people = (await services.people.accounts.list()).map(listed);
    if (asJson) context.output.json(people);
    else {
      const rows = people.map((person) => ({
        email: person.email,
        name: person.name,
        role: person.admin ? 'administrator' : '',
        state: person.disabled ? 'disabled' : '',
        quota: person.quota === null ? '' : String(person.quota),
        since: person.createdAt,
      }));
      context.output.table(rows, 'Nobody yet. Add somebody with: footbridge user add EMAIL --name NAME');
    }
  }, 'reads');
}

function keptFor(days: number, email: string): string {
  return `Their files are kept for ${String(days)} days: footbridge user restore ${email}`;
}

async function restore(context: CommandContext, email: string, as: string | undefined): Promise<void> {
  await context.withCloud(async ({ services, config }) => {
    const id = await services.people.removedPeople.restore(
      parseEmail(email),
      as === undefined ? undefined : parseEmail(as),
    );
    const token = await services.people.passwordLinks.issue(id);
    context.output.say(`${as ?? email} is back with their files; shares and the administrator's role are not.`);
    const link = `${config.publicUrl.origin}/account/password/${token}`;
    context.output.say(`They choose a password at ${link} (works once, for 24 hours).`);
  });
}

async function listRemoved(context: CommandContext, asJson: boolean): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const days = services.files.trash.keeping.trashDays;
    const people = (await services.people.removedPeople.list()).map(({ email, name, removedAt }) => ({
      email: email ?? null,
      name,
      removedAt: rfc3339(removedAt),
      goesAt: rfc3339(removedAt + days * DAY),
    }));
    if (asJson) context.output.json(people);
    else {
      const rows = people.map((person) => ({ ...person, email: person.email ?? '' }));
      context.output.table(rows, 'Nobody was removed lately.');
    }
  });
}

/** The JSON keys of product.md. */
function listed(account: Account) {
  return {
    email: account.email,
    name: account.name,
    admin: account.isAdmin,
    disabled: account.disabled,
    quota: account.quota ?? null,
    createdAt: rfc3339(account.createdAt),
  };
}
