import { itemIdOf, randomWord, type AccountId, type ItemId } from '../kernel/index.js';
import type { Queries } from '../platform/index.js';
import type { IssuedToken } from './access-tokens.js';
import { openSecret } from './client-row.js';
import { KEY_LENGTH, SECRET_LENGTH } from './client.js';
import type { ClientsParts } from './clients.js';

/** A token of one foreign folder as its app presents it. */
export interface FoundDelegation {
  readonly id: string;
  readonly accountId: AccountId;
  /** The access that it was derived from. */
  readonly accessId: string;
  /** The one place in the person's tree that it opens. */
  readonly mountId: ItemId;
  readonly secret: string;
}

interface DelegatedRow {
  readonly id: string;
  readonly parent_id: string;
  readonly mount_id: number;
  readonly token: string;
  readonly secret: string;
  readonly created_at: number;
}

type FoundRow = DelegatedRow & { readonly account_id: AccountId };

/** What the secret of a token is bound to (SEC-01). */
const contextOf = (id: string): string => `delegated_tokens.secret:${id}`;

/**
 * Tokens that open one foreign folder each, for apps that keep a token beside every foreign item (delegated mode,
 * cloudspaces-interop.md 10.2). They are this cloud's own: the other cloud's grant never leaves it (threat model AUT-10).
 */
export class DelegatedTokens {
  readonly #parts: ClientsParts;

  constructor(parts: ClientsParts) {
    this.#parts = parts;
  }

  /** The token of a mount under an app's access: the same each time, made at the first. */
  async of(accessTokenId: string, mountId: ItemId): Promise<IssuedToken> {
    const { database } = this.#parts;
    const known = await rowOf(database.read, accessTokenId, mountId);
    return this.#open(known ?? (await this.#make(accessTokenId, mountId)));
  }

  /** The token that an app presents; undefined for another app's, and while the account is disabled (OAU-14). */
  async find(clientId: string, token: string): Promise<FoundDelegation | undefined> {
    const row = await this.#parts.database
      .read('delegated_tokens as d')
      .join('access_tokens as t', 't.id', 'd.parent_id')
      .join('accounts as a', 'a.id', 't.account_id')
      .where({ 't.client_id': clientId, 'd.token': token })
      .whereNull('a.disabled_at')
      .select('d.*', 't.account_id')
      .first<FoundRow | undefined>();
    if (row === undefined) return undefined;
    const { tokenSecret: secret } = this.#open(row);
    return { id: row.id, accountId: row.account_id, accessId: row.parent_id, mountId: itemIdOf(row.mount_id), secret };
  }

  async #make(accessTokenId: string, mountId: ItemId): Promise<DelegatedRow> {
    const { database, clock, random, sealer } = this.#parts;
    const id = randomWord(random);
    const row = {
      id,
      parent_id: accessTokenId,
      mount_id: Number(mountId),
      token: randomWord(random, KEY_LENGTH),
      secret: sealer.seal(randomWord(random, SECRET_LENGTH), contextOf(id)),
      created_at: clock.now(),
    };
    return database.write(async (trx) => {
      await trx('delegated_tokens').insert(row).onConflict(['parent_id', 'mount_id']).ignore();
      // Of two listings at once the first decides.
      return (await rowOf(trx, accessTokenId, mountId)) ?? row;
    });
  }

  #open({ id, token, secret }: DelegatedRow): IssuedToken {
    return { token, tokenSecret: openSecret(this.#parts.sealer, secret, contextOf(id)) };
  }
}

async function rowOf(q: Queries, accessTokenId: string, mountId: ItemId): Promise<DelegatedRow | undefined> {
  return q<DelegatedRow>('delegated_tokens')
    .where({ parent_id: accessTokenId, mount_id: Number(mountId) })
    .first();
}
