import { MINUTE, randomWord, SECOND, type Clock, type Random } from '../../../kernel/index.js';
import type { Database, Sealer } from '../../../platform/index.js';

/** What {@link OwnTokens} need. */
export interface OwnTokensParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Pick<Sealer, 'digest'>;
}

/** The share that a token opens, with the name that it had when the token was given. */
export interface TokenShare {
  readonly outgoingId: string;
  readonly shareId: string;
}

/** A new token, which is told once and cannot be read back. */
export interface GivenToken {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
}

interface TokenRow {
  readonly outgoing_id: string;
  readonly share_id: string;
  readonly digest: string;
  readonly expires_at: number;
}

/** How long a token opens a share. */
const LIFE = 5 * MINUTE;

/**
 * The tokens that we give other servers for the secrets of our shares (open-cloud-mesh.md 9). Each share has at most
 * one.
 */
export class OwnTokens {
  readonly #parts: OwnTokensParts;

  constructor(parts: OwnTokensParts) {
    this.#parts = parts;
  }

  /** Makes a new token for a share and ends the one before. */
  async give({ outgoingId, shareId }: TokenShare): Promise<GivenToken> {
    const { database, clock, random } = this.#parts;
    const token = randomWord(random, 43);
    const row = { share_id: shareId, digest: this.#digest(token), expires_at: clock.now() + LIFE };
    await database.write(async (trx) => {
      await trx('ocm_tokens').where('expires_at', '<=', clock.now()).delete();
      await trx('ocm_tokens')
        .insert({ outgoing_id: outgoingId, ...row })
        .onConflict('outgoing_id')
        .merge(row);
    });
    return { token, expiresIn: LIFE / SECOND };
  }

  /** What a token opens; undefined for one that is none or is over. */
  async shareOf(token: string): Promise<TokenShare | undefined> {
    const { database, clock } = this.#parts;
    const row = await database
      .read<TokenRow>('ocm_tokens')
      .where({ digest: this.#digest(token) })
      .first();
    if (row === undefined || row.expires_at <= clock.now()) return undefined;
    return { outgoingId: row.outgoing_id, shareId: row.share_id };
  }

  #digest(token: string): string {
    return this.#parts.sealer.digest(token, 'ocm-token');
  }
}
