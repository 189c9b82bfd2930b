import { Failure, MINUTE, randomWord, type AccountId } from '../kernel/index.js';
import type { Queries, Transaction } from '../platform/index.js';
import type { AccessTokens, IssuedToken } from './access-tokens.js';
import { readCallback, type Callback } from './callback.js';
import { openSecret } from './client-row.js';
import { KEY_LENGTH, SECRET_LENGTH, type Client } from './client.js';
import type { ClientsParts } from './clients.js';

/** What {@link TemporaryCredentials} needs. */
export interface TemporaryCredentialsParts extends ClientsParts {
  readonly tokens: Pick<AccessTokens, 'connect'>;
}

/** A request for access that nobody has decided on yet, as a person sees it. */
export interface PendingAccess {
  readonly appName: string;
  /** The app may take a person's password itself (stacksync-api-v2.md 3.2). */
  readonly firstParty: boolean;
  readonly callback: Callback;
}

/** The result of an approval: the verifier that the app needs to get its token, and the callback that hands it over. */
export interface Approval {
  readonly verifier: string;
  readonly callback: Callback;
}

interface TemporaryRow {
  readonly id: string;
  readonly client_id: string;
  readonly token: string;
  readonly secret: string;
  readonly callback: string | null;
  readonly account_id: AccountId | null;
  readonly verifier_hash: string | null;
  readonly misses: number;
  readonly expires_at: number;
}

type PendingRow = Pick<TemporaryRow, 'callback'> & { readonly name: string; readonly first_party: boolean | number };

/** How long a person has to decide, and how long the app then has to get its token (OAU-16). */
const LIFE = 10 * MINUTE;

/** Wrong verifiers after which the credentials are void (OAU-16). */
const MISSES = 5;

/** Most open requests of one app, so that nobody fills the table with requests that are never completed. */
const MOST_PER_CLIENT = 1_000;

/** What the secret is bound to (SEC-01). */
const contextOf = (id: string): string => `temporary_credentials.secret:${id}`;

/**
 * Temporary credentials (RFC 5849 2.1): issued to an app, approved or denied by a person, and exchanged once for a
 * token. They end with their app, with their person, and when they expire.
 */
export class TemporaryCredentials {
  readonly #parts: TemporaryCredentialsParts;

  constructor(parts: TemporaryCredentialsParts) {
    this.#parts = parts;
  }

  /**
   * Issues temporary credentials to an app. Undefined when it may not be called back there (OAU-17); throws `too-many`
   * while too many of its questions are open.
   */
  async issue(client: Pick<Client, 'id' | 'callback'>, callbackText: string): Promise<IssuedToken | undefined> {
    const { database, clock, random, sealer } = this.#parts;
    const callback = readCallback(callbackText, client.callback);
    if (callback === undefined) return undefined;
    const id = randomWord(random);
    const token = randomWord(random, KEY_LENGTH);
    const tokenSecret = randomWord(random, SECRET_LENGTH);
    const row: TemporaryRow = {
      id,
      client_id: client.id,
      token,
      account_id: null,
      verifier_hash: null,
      misses: 0,
      secret: sealer.seal(tokenSecret, contextOf(id)),
      callback: callback.kind === 'address' ? callback.address : null,
      expires_at: clock.now() + LIFE,
    };
    await database.write(async (trx) => {
      await this.#refuseFlood(trx, client.id);
      await trx('temporary_credentials').insert(row);
    });
    return { token, tokenSecret };
  }

  /** The live ones that this app presents, decided or not; those of another app do not exist (OAU-14). */
  async find(clientId: string, token: string): Promise<{ readonly secret: string } | undefined> {
    const { database, sealer } = this.#parts;
    const row = await this.#live(database.read).where({ client_id: clientId, token }).first();
    return row === undefined ? undefined : { secret: openSecret(sealer, row.secret, contextOf(row.id)) };
  }

  /** What is asked for under this token; undefined when it is unknown, late or decided already. */
  async pending(token: string): Promise<PendingAccess | undefined> {
    const row = await this.#undecided(this.#parts.database.read, token)
      .join('clients', 'clients.id', 'temporary_credentials.client_id')
      .select('clients.name', 'clients.first_party', 'temporary_credentials.callback')
      .first<PendingRow | undefined>();
    if (row === undefined) return undefined;
    return { appName: row.name, firstParty: Boolean(row.first_party), callback: callbackOf(row) };
  }

  /** Gives the access in a person's name; of several who do so at once one succeeds. Undefined as for {@link pending}. */
  async approve(token: string, accountId: AccountId): Promise<Approval | undefined> {
    const { database, clock, random } = this.#parts;
    const verifier = randomWord(random);
    const decision = {
      account_id: accountId,
      verifier_hash: this.#hashOf(token, verifier),
      expires_at: clock.now() + LIFE,
    };
    const [row] = await database.write((trx) =>
      this.#undecided(trx, token).update(decision).returning<Pick<TemporaryRow, 'callback'>[]>('callback'),
    );
    return row === undefined ? undefined : { verifier, callback: callbackOf(row) };
  }

  /** Ends them; false when there was nothing to decide, as for {@link pending}. */
  async deny(token: string): Promise<boolean> {
    const denied = await this.#parts.database.write((trx) => this.#undecided(trx, token).delete());
    return denied > 0;
  }

  /**
   * Turns them into an access token, in one transaction: of several at once one succeeds. Undefined when the verifier is
   * wrong, which counts, when nobody approved, or when the person is disabled.
   */
  async exchange(clientId: string, token: string, verifier: string): Promise<IssuedToken | undefined> {
    const verifier_hash = this.#hashOf(token, verifier);
    return this.#parts.database.write(async (trx) => {
      const fitting = this.#live(trx).where({ client_id: clientId, token, verifier_hash });
      const row = await fitting.clone().first('account_id');
      // Only the request that deletes the row succeeds: of two at once the second deletes nothing.
      if ((await fitting.delete()) === 0) return missed(trx, { client_id: clientId, token });
      const accountId = row?.account_id ?? undefined;
      if (accountId === undefined || !(await isEnabled(trx, accountId))) return undefined;
      return this.#parts.tokens.connect(trx, accountId, clientId);
    });
  }

  /** Removes those past their time; answers how many. */
  async sweep(): Promise<number> {
    const { database, clock } = this.#parts;
    return database.write((trx) => rowsOf(trx).where('expires_at', '<=', clock.now()).delete());
  }

  async #refuseFlood(trx: Transaction, clientId: string): Promise<void> {
    const [row] = await this.#live(trx).where({ client_id: clientId }).count<{ waiting: number }[]>({ waiting: '*' });
    if (Number(row?.waiting) < MOST_PER_CLIENT) return;
    throw new Failure('too-many', 'Too many sign-ins of this app are under way.', { retryAfter: 60 });
  }

  #live(q: Queries) {
    return rowsOf(q).where('expires_at', '>', this.#parts.clock.now());
  }

  #undecided(q: Queries, token: string) {
    return this.#live(q).where({ token }).whereNull('account_id');
  }

  #hashOf(token: string, verifier: string): string {
    return this.#parts.sealer.digest(JSON.stringify([token, verifier]), 'oauth-verifier');
  }
}

function rowsOf(q: Queries) {
  return q<TemporaryRow>('temporary_credentials');
}

async function missed(trx: Transaction, theirs: Pick<TemporaryRow, 'client_id' | 'token'>): Promise<undefined> {
  await rowsOf(trx).where(theirs).increment('misses', 1);
  await rowsOf(trx).where(theirs).where('misses', '>=', MISSES).delete();
  return undefined;
}

function callbackOf({ callback }: Pick<TemporaryRow, 'callback'>): Callback {
  return callback === null ? { kind: 'out-of-band' } : { kind: 'address', address: callback };
}

async function isEnabled(q: Queries, accountId: AccountId): Promise<boolean> {
  const row: unknown = await q('accounts').where({ id: accountId }).whereNull('disabled_at').first('id');
  return row !== undefined;
}
