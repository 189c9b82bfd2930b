import type { Command } from 'commander';
import type { Account } from '../../accounts/index.js';
import type { Cloud } from '../../cloud.js';
import type { EntryCursor, TrashEntry } from '../../files/index.js';
import { DAY, invalid, notFound, parseEmail, parseItemId, rfc3339 } from '../../kernel/index.js';
import type { CommandContext } from '../context/context.js';

/** Entries read from the database at once. */
const PAGE = 500;

/** `footbridge trash …`: what people deleted, until it goes for good. */
export function addTrash(program: Command, context: CommandContext): void {
  const trash = program.command('trash').description('what people deleted, until it goes for good');
  trash
    .command('list <email>')
    .description('list what somebody can restore, the newest first')
    .option('--json', 'answer as JSON')
    .action((email: string, options: { json?: boolean }) => list(context, email, options.json === true));
  trash
    .command('restore <email> [ids...]')
    .description('bring items back to where they were; the ids are in the list')
    .option('--all', 'everything in the trash')
    .option('--json', 'answer as JSON')
    .action((email: string, ids: string[], options: RestoreOptions) => restore(context, email, ids, options));
  trash
    .command('empty <email>')
    .description('take everything in somebody’s trash away for good; this cannot be undone')
    .action((email: string) =>
      context.withCloud(async ({ services }) => {
        const { id } = await holder(services, email);
        const count = await services.files.trash.empty(id);
        context.output.say(count === 0 ? 'The trash was empty.' : `Gone for good: ${String(count)} from the trash.`);
        await services.files.trash.settled();
      }),
    );
}

interface RestoreOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}

async function holder(services: Cloud['services'], email: string): Promise<Account> {
  const account = await services.people.accounts.byEmail(parseEmail(email));
  if (account === undefined) throw notFound(`There is no account with the address ${email}.`);
  return account;
}

async function everything(services: Cloud['services'], { id }: Account): Promise<TrashEntry[]> {
  const entries: TrashEntry[] = [];
  let after: EntryCursor | undefined;
  do {
    const page = await services.files.trash.list(id, PAGE, after);
    entries.push(...page);
    after = page[PAGE - 1];
  } while (after !== undefined);
  return entries;
}

async function list(context: CommandContext, email: string, asJson: boolean): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const days = services.files.trash.keeping.trashDays;
    const entries = await everything(services, await holder(services, email));
    if (asJson) context.output.json(entries.map((entry) => listed(entry, days)));
    else {
      const rows = entries.map((entry) => {
        const { id, name, place, bytes, deletedAt, goesAt } = listed(entry, days);
        return { id, name, was: `/${place.join('/')}`, bytes: String(bytes), deleted: deletedAt, goes: goesAt };
      });
      context.output.table(rows, 'The trash is empty.');
    }
  });
}

function listed({ id, name, kind, place, deletedBy, deletedAt, bytes }: TrashEntry, days: number) {
  const goesAt = rfc3339(deletedAt + days * DAY);
  return { id, name, kind, place, deletedBy, deletedAt: rfc3339(deletedAt), goesAt, bytes };
}

async function restore(
  context: CommandContext,
  email: string,
  ids: readonly string[],
  { all = false, json = false }: RestoreOptions,
): Promise<void> {
  if ((ids.length === 0) !== all) throw invalid('Name the ids to restore (see: footbridge trash list), or --all.');
  await context.withCloud(async ({ services }) => {
    const account = await holder(services, email);
    const wanted = all ? (await everything(services, account)).map(({ id }) => id) : ids.map(parseItemId);
    const restored = [];
    for (const id of wanted) {
      const outcome = await services.files.trash.restore(account.id, id);
      await services.files.trash.settled();
      const where = outcome === 'under-way' || outcome.isWhereItWas ? 'where it was' : 'at the top, its folder is gone';
      restored.push({ id, ...(outcome !== 'under-way' && { name: outcome.name }) });
      if (!json) context.output.say(`Restored ${outcome === 'under-way' ? id : outcome.name}: ${where}.`);
    }
    if (json) context.output.json(restored);
  });
}
