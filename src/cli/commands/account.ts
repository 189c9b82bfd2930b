import type { Account, Accounts } from '../../accounts/index.js';
import { notFound, parseEmail, rfc3339, type AccountId } from '../../kernel/index.js';
import type { CommandContext } from '../context/context.js';

/** The person of an address, any of their proven ones. Throws `invalid`, or `not-found` for nobody's. */
export async function needAccount(accounts: Pick<Accounts, 'byEmail'>, email: string): Promise<Account> {
  const account = await accounts.byEmail(parseEmail(email));
  if (account === undefined) throw notFound(`There is no account with the address ${email}.`);
  return account;
}

/** What opens a person's files, as a list shows it; times in milliseconds. */
interface ListedKey {
  readonly id: string;
  readonly accountId: AccountId;
  readonly createdAt: number;
  readonly lastUsedAt: number | undefined;
}

/** What a list of keys differs in from the next. */
export interface KeyList<Key extends ListedKey> {
  /** Those of one person, or of all. */
  readonly of: (services: Services, accountId: AccountId | undefined) => Promise<readonly Key[]>;
  /** What it is called, under the name of the column. */
  readonly named: (key: Key) => Readonly<Record<string, string>>;
  /** Said where there are none. */
  readonly none: string;
}

type Services = Parameters<Parameters<CommandContext['withCloud']>[0]>[0]['services'];

/** Prints what opens the files of one person or of all, as a table or as JSON. Throws as {@link needAccount} does. */
export async function listKeys<Key extends ListedKey>(
  context: CommandContext,
  { of, named, none }: KeyList<Key>,
  { email, asJson }: { readonly email: string | undefined; readonly asJson: boolean },
): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const { accounts } = services.people;
    const people = new Map((await accounts.list()).map((account) => [account.id, account.email]));
    const owner = email === undefined ? undefined : await needAccount(accounts, email);
    const keys = (await of(services, owner?.id)).map((key) => ({
      id: key.id,
      ...named(key),
      email: people.get(key.accountId) ?? '',
      createdAt: rfc3339(key.createdAt),
      lastUsedAt: key.lastUsedAt === undefined ? null : rfc3339(key.lastUsedAt),
    }));
    if (asJson) context.output.json(keys);
    else {
      const rows = keys.map(({ lastUsedAt, ...key }) => ({ ...key, 'last used': lastUsedAt ?? '' }));
      context.output.table(rows, none);
    }
  }, 'reads');
}
