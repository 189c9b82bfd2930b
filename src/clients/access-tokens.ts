import { notFound, randomWord, type AccountId } from '../kernel/index.js';
import type { Queries, Transaction } from '../platform/index.js';
import { clientWithSecret, openSecret, type ClientRow } from './client-row.js';
import { KEY_LENGTH, SECRET_LENGTH, type ClientWithSecret } from './client.js';
import type { Clients, ClientsParts } from './clients.js';
import { LastUsed, type UsedKey } from './last-used.js';

/** What {@link AccessTokens} needs. */
export interface AccessTokensParts extends ClientsParts {
  readonly clients: Pick<Clients, 'byName'>;
  /** Tells a person of a change of their apps; called before it, in its transaction. */
  readonly onChange: (trx: Transaction, accountId: AccountId, change: AppChange) => Promise<void>;
}

/** A token as it is handed to the app, once. */
export interface IssuedToken {
  readonly token: string;
  readonly tokenSecret: string;
}

/** A token with the consumer pair beside it, as a script needs them. */
export interface IssuedAccess extends IssuedToken {
  readonly consumerKey: string;
  readonly consumerSecret: string;
}

/** A token as its owner and administrators see it: without secrets. */
export interface ListedToken {
  readonly id: string;
  readonly clientName: string;
  readonly accountId: AccountId;
  /** Milliseconds. */
  readonly createdAt: number;
  /** Undefined until it was used; as good as the hour. */
  readonly lastUsedAt: number | undefined;
}

/** A token as its app presents it, with everything that a signed request needs. */
export interface TokenOfApp {
  readonly id: string;
  readonly accountId: AccountId;
  readonly secret: string;
  readonly lastUsedAt: number | undefined;
  readonly client: ClientWithSecret;
}

interface TokenRow {
  readonly id: string;
  readonly client_id: string;
  readonly account_id: AccountId;
  readonly token: string;
  readonly secret: string;
  readonly created_at: number;
  readonly last_used_at: number | null;
}

type FoundRow = ClientRow & {
  readonly token_id: string;
  readonly token_secret: string;
  readonly account_id: AccountId;
  readonly last_used_at: number | null;
};

/** Most tokens of one app and person, so that an app that connects again every day does not fill the list. */
const MOST_PER_APP = 50;

/** What changes about the apps of a person. */
export interface AppChange {
  readonly kind:
    'app-connected' | 'app-reconnected' | 'app-disconnected' | 'app-password-added' | 'app-password-removed';
  /** The name under which the person knows it. */
  readonly app: string;
}

/** What the secret of a token is bound to (SEC-01). */
const contextOf = (id: string): string => `access_tokens.secret:${id}`;

/** The access that people gave to apps: each token acts for one account through one app. */
export class AccessTokens {
  readonly #parts: AccessTokensParts;
  readonly #lastUsed: LastUsed;

  constructor(parts: AccessTokensParts) {
    this.#parts = parts;
    this.#lastUsed = new LastUsed('access_tokens', parts);
  }

  /** Gives an app access without the OAuth steps, for scripts. Throws `not-found` when there is no such app. */
  async add(accountId: AccountId, clientName: string): Promise<IssuedAccess> {
    return this.#parts.database.write(async (trx) => {
      const client = await this.#parts.clients.byName(clientName, trx);
      if (client === undefined) throw notFound('There is no such app.');
      const { id, consumerKey, consumerSecret } = client;
      return { consumerKey, consumerSecret, ...(await this.issue(trx, accountId, id)) };
    });
  }

  /**
   * Gives an app access inside the caller's transaction. An app has at most fifty tokens per person: the least recently
   * used one ends.
   */
  async issue(trx: Transaction, accountId: AccountId, clientId: string): Promise<IssuedToken> {
    const { clock, random, sealer } = this.#parts;
    const id = randomWord(random);
    const token = randomWord(random, KEY_LENGTH);
    const tokenSecret = randomWord(random, SECRET_LENGTH);
    const row: TokenRow = {
      id,
      client_id: clientId,
      account_id: accountId,
      token,
      secret: sealer.seal(tokenSecret, contextOf(id)),
      created_at: clock.now(),
      last_used_at: null,
    };
    await endOldest(trx, { client_id: clientId, account_id: accountId });
    await trx('access_tokens').insert(row);
    return { token, tokenSecret };
  }

  /** Ends what a person's apps were given at `since` or later, in the caller's transaction. */
  async endSince(trx: Transaction, accountId: AccountId, since: number): Promise<void> {
    await trx('access_tokens').where({ account_id: accountId }).where('created_at', '>=', since).delete();
    await trx('temporary_credentials').where({ account_id: accountId }).delete();
  }

  /** The tokens of one person or of all, newest first. */
  async list(accountId?: AccountId): Promise<ListedToken[]> {
    const all = this.#parts.database.read('access_tokens as t').join('clients as c', 'c.id', 't.client_id');
    const rows = await (accountId === undefined ? all : all.where('t.account_id', accountId))
      .orderBy([{ column: 't.created_at', order: 'desc' }, 't.id'])
      .select<(TokenRow & { client_name: string })[]>('t.*', 'c.name as client_name');
    return rows.map((row) => ({
      id: row.id,
      clientName: row.client_name,
      accountId: row.account_id,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at ?? undefined,
    }));
  }

  /**
   * Ends one token; with an account, only a token of that person, who is then told as of every change of that kind.
   * Throws `not-found`.
   */
  async remove(id: string, accountId?: AccountId): Promise<void> {
    const filter = accountId === undefined ? { id } : { id, account_id: accountId };
    await this.#parts.database.vital(async (trx) => {
      const row = await trx('access_tokens').where(filter).first<Pick<TokenRow, 'client_id'> | undefined>('client_id');
      if (row === undefined) throw notFound('There is no such access.');
      if (accountId !== undefined) await this.#tell(trx, accountId, row.client_id, 'app-disconnected');
      await trx('access_tokens').where(filter).delete();
    });
  }

  /**
   * {@link issue}, as a person allowed it. They are told of each, also where the app is known: whoever has a stolen
   * session could take the new token under the name of an app that is connected anyway (F-65).
   */
  async connect(trx: Transaction, accountId: AccountId, clientId: string): Promise<IssuedToken> {
    const theirs = { account_id: accountId, client_id: clientId };
    const known: unknown = await trx('access_tokens').where(theirs).first('id');
    await this.#tell(trx, accountId, clientId, known === undefined ? 'app-connected' : 'app-reconnected');
    return this.issue(trx, accountId, clientId);
  }

  async #tell(trx: Transaction, accountId: AccountId, clientId: string, kind: AppChange['kind']): Promise<void> {
    const client: { name: string } | undefined = await trx('clients').where({ id: clientId }).first('name');
    await this.#parts.onChange(trx, accountId, { kind, app: client?.name ?? '' });
  }

  /**
   * The token that an app presents, in one statement and without writing. Undefined for another app's token (threat
   * model OAU-14) and while the account is disabled. The signature is not checked yet: call {@link touch} after that.
   */
  async find(clientId: string, token: string): Promise<TokenOfApp | undefined> {
    return this.#find({ 'c.id': clientId, 't.token': token });
  }

  /** Like {@link find}, for a caller that knows only the app's consumer key: app and token in one statement. */
  async findByKey(consumerKey: string, token: string): Promise<TokenOfApp | undefined> {
    return this.#find({ 'c.consumer_key': consumerKey, 't.token': token });
  }

  /** Whether a token that was found before is still valid, by what `q` reads. */
  async stands(q: Queries, id: string): Promise<boolean> {
    return (await q('access_tokens').where({ id }).first('id')) !== undefined;
  }

  /** Notes that a token was used, see {@link LastUsed}. */
  touch(token: UsedKey): void {
    this.#lastUsed.touch(token);
  }

  /** Resolves when no note of {@link touch} is under way, as before the database is closed. */
  async settled(): Promise<void> {
    await this.#lastUsed.settled();
  }

  async #find(filter: Readonly<Record<string, string>>): Promise<TokenOfApp | undefined> {
    const { database, sealer } = this.#parts;
    const row = await database
      .read('access_tokens as t')
      .join('clients as c', 'c.id', 't.client_id')
      .join('accounts as a', 'a.id', 't.account_id')
      .where(filter)
      .whereNull('a.disabled_at')
      .select('c.*', 't.account_id', 't.last_used_at', { token_id: 't.id', token_secret: 't.secret' })
      .first<FoundRow | undefined>();
    if (row === undefined) return undefined;
    return {
      id: row.token_id,
      accountId: row.account_id,
      secret: openSecret(sealer, row.token_secret, contextOf(row.token_id)),
      lastUsedAt: row.last_used_at ?? undefined,
      client: clientWithSecret(sealer, row),
    };
  }
}

/** Ends the least recently used tokens beyond the limit. */
async function endOldest(trx: Transaction, whose: Pick<TokenRow, 'client_id' | 'account_id'>): Promise<void> {
  const oldest = trx('access_tokens')
    .where(whose)
    .orderByRaw('coalesce(last_used_at, created_at) desc, id')
    .offset(MOST_PER_APP - 1)
    .select('id');
  await trx('access_tokens').whereIn('id', oldest).delete();
}
