import {
  Failure,
  foldEmail,
  notFound,
  parseLabel,
  randomWord,
  type AccountId,
  type Email,
  type Random,
} from '../kernel/index.js';
import {
  countMisses,
  networkOf,
  type Limiter,
  type Queries,
  type Remember,
  type Transaction,
} from '../platform/index.js';
import type { AppChange } from './access-tokens.js';
import type { ClientsParts } from './clients.js';
import { LastUsed, type UsedKey } from './last-used.js';

/** What {@link AppPasswords} needs. */
export interface AppPasswordsParts extends ClientsParts {
  readonly limiter: Pick<Limiter, 'check' | 'spend'>;
  readonly remember: Remember;
  /** Tells a person of a change of their apps; called before it, in its transaction. */
  readonly onChange: (trx: Transaction, accountId: AccountId, change: AppChange) => Promise<void>;
}

/** A new password; it is shown once and stored nowhere. */
export interface IssuedAppPassword {
  readonly id: string;
  readonly password: string;
}

/** An app password as its owner and administrators see it. */
export interface ListedAppPassword extends UsedKey {
  /** What the person calls the program. */
  readonly name: string;
  /** Milliseconds. */
  readonly createdAt: number;
}

/** What a program presents by HTTP Basic (RFC 7617), and from where. */
export interface BasicProof {
  readonly user: string;
  readonly password: string;
  /** The client's IP address, as the server sees it behind configured proxies. */
  readonly address: string;
}

interface AppPasswordRow {
  readonly id: string;
  readonly account_id: AccountId;
  readonly name: string;
  readonly digest: string;
  readonly created_at: number;
  readonly last_used_at: number | null;
}

/** Most app passwords of one person: in an endless list, one that should be withdrawn is not found. */
const MOST_PER_PERSON = 50;

/** Four groups of seven: 28 letters of 31 carry 138 bits. */
const GROUPS = 4;
const GROUP = 7;

/** Letters and digits that look different in every type face, for passwords that are typed on a phone. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Longest user name and password; longer ones are not looked up. */
const LONGEST = 512;

/** Passwords for programs that speak HTTP Basic, such as WebDAV clients: each opens one person's files. */
export class AppPasswords {
  readonly #parts: AppPasswordsParts;
  readonly #lastUsed: LastUsed;

  constructor(parts: AppPasswordsParts) {
    this.#parts = parts;
    this.#lastUsed = new LastUsed('app_passwords', parts);
  }

  /**
   * Makes a password for the program that the person calls `name`, and tells them. Throws `invalid` for the name,
   * `conflict` when the person has fifty already.
   */
  async add(accountId: AccountId, name: string): Promise<IssuedAppPassword> {
    const { database, clock, random, onChange } = this.#parts;
    const password = randomPassword(random);
    const id = randomWord(random);
    const label = parseLabel(name, 'The name of an app password');
    await database.write(async (trx) => {
      await requireRoom(trx, accountId);
      await onChange(trx, accountId, { kind: 'app-password-added', app: label });
      await trx('app_passwords').insert({
        id,
        account_id: accountId,
        name: label,
        digest: this.#digest(password),
        created_at: clock.now(),
      });
    });
    return { id, password };
  }

  /** The app passwords of one person or of all, newest first. */
  async list(accountId?: AccountId): Promise<ListedAppPassword[]> {
    const all = this.#parts.database.read<AppPasswordRow>('app_passwords');
    const rows: AppPasswordRow[] = await (accountId === undefined ? all : all.where({ account_id: accountId }))
      .orderBy([{ column: 'created_at', order: 'desc' }, 'id'])
      .select('*');
    return rows.map((row) => ({ ...keyOf(row), name: row.name, createdAt: row.created_at }));
  }

  /**
   * Withdraws an app password; it opens nothing from this commit on. With an account, only one of that person, who is
   * then told. Throws `not-found`.
   */
  async remove(id: string, accountId?: AccountId): Promise<void> {
    const { database, onChange } = this.#parts;
    const filter = accountId === undefined ? { id } : { id, account_id: accountId };
    await database.vital(async (trx) => {
      const row = await trx<AppPasswordRow>('app_passwords').where(filter).first('name');
      if (row === undefined) throw notFound('There is no such app password.');
      if (accountId !== undefined) await onChange(trx, accountId, { kind: 'app-password-removed', app: row.name });
      await trx('app_passwords').where(filter).delete();
    });
  }

  /** Withdraws what a person's programs were given at `since` or later, in the caller's transaction. */
  async endSince(trx: Transaction, accountId: AccountId, since: number): Promise<void> {
    await trx('app_passwords').where({ account_id: accountId }).where('created_at', '>=', since).delete();
  }

  /**
   * Whose files a program may use that shows this password with one of that person's proven addresses, in any case.
   * Undefined when it fits nobody, alike for an unknown address, a wrong or withdrawn password, the account's own
   * password and a disabled account. Throws `too-many` after twenty misses a minute for one user name from one network,
   * then for the right password from there too; nobody elsewhere is kept out (ACC-02). A success writes nothing here:
   * call {@link touch}.
   */
  async prove(proof: BasicProof): Promise<UsedKey | undefined> {
    const key = `app-password-miss:${networkOf(proof.address)}:${foldEmail(proof.user.slice(0, LONGEST) as Email)}`;
    return countMisses(this.#parts.limiter, key, () => this.#find(proof));
  }

  /** Whether a password that was found before is still valid, by what `q` reads. */
  async stands(q: Queries, id: string): Promise<boolean> {
    return (await q('app_passwords').where({ id }).first('id')) !== undefined;
  }

  /** Notes that a password was used, see {@link LastUsed}. */
  touch(key: UsedKey): void {
    this.#lastUsed.touch(key);
  }

  /** Resolves when no note of {@link touch} is under way. */
  async settled(): Promise<void> {
    await this.#lastUsed.settled();
  }

  async #find({ user, password }: BasicProof): Promise<UsedKey | undefined> {
    if (user.length > LONGEST || password.length > LONGEST) return undefined;
    const [digest, folded] = [this.#digest(password), foldEmail(user.trim() as Email)];
    const { remember } = this.#parts;
    return remember(`app-password:${digest}:${folded}`, () => this.#keyOf(digest, folded));
  }

  async #keyOf(digest: string, folded: string): Promise<UsedKey | undefined> {
    const row = await this.#parts.database
      .read('app_passwords as p')
      .join('accounts as a', 'a.id', 'p.account_id')
      .join('addresses as d', 'd.account_id', 'p.account_id')
      .where({ 'p.digest': digest, 'd.folded': folded })
      .whereNotNull('d.proven_at')
      .whereNull('a.disabled_at')
      .select('p.*')
      .first<AppPasswordRow | undefined>();
    return row === undefined ? undefined : keyOf(row);
  }

  /** Blanks, dashes and capitals do not matter: people type these passwords, and phones begin with a capital. */
  #digest(password: string): string {
    return this.#parts.sealer.digest(password.replace(/[\s-]/g, '').toLowerCase(), 'app-password');
  }
}

async function requireRoom(trx: Transaction, accountId: AccountId): Promise<void> {
  const ids: string[] = await trx('app_passwords')
    .where({ account_id: accountId })
    .limit(MOST_PER_PERSON)
    .pluck<string[]>('id');
  if (ids.length < MOST_PER_PERSON) return;
  throw new Failure(
    'conflict',
    `There are ${String(MOST_PER_PERSON)} app passwords already. Withdraw one that is not used.`,
  );
}

function keyOf(row: AppPasswordRow): UsedKey {
  return { id: row.id, accountId: row.account_id, lastUsedAt: row.last_used_at ?? undefined };
}

function randomPassword(random: Random): string {
  let letters = '';
  while (letters.length < GROUPS * GROUP) {
    // 248 = 8 * 31: bytes above it would favour the first letters.
    for (const byte of random.bytes(GROUPS * GROUP)) if (byte < 248) letters += LETTERS.charAt(byte % LETTERS.length);
  }
  return Array.from({ length: GROUPS }, (_, at) => letters.slice(at * GROUP, (at + 1) * GROUP)).join('-');
}
