import { parseLabel, type AccountId, type Email } from '../kernel/index.js';
import type { Queries } from '../platform/index.js';

/** A person of this cloud. */
export interface Account {
  readonly id: AccountId;
  /** 1 to 100 characters, safe to show. */
  readonly name: string;
  /** The primary address: the one that pages and peers are shown. Proven. */
  readonly email: Email;
  readonly isAdmin: boolean;
  /** A disabled account signs in nowhere; its files stay. */
  readonly disabled: boolean;
  /** Bytes; undefined follows `FOOTBRIDGE_DEFAULT_QUOTA`. */
  readonly quota: number | undefined;
  /** Everything that their space keeps: files, older versions and trash. */
  readonly usedBytes: number;
  /** Milliseconds. */
  readonly createdAt: number;
}

/** What a query of {@link accountRows} answers: SQLite says 0 and 1 for booleans. */
export interface AccountRow {
  id: string;
  name: string;
  email: string;
  is_admin: boolean | number;
  disabled_at: number | null;
  quota: number | null;
  used_bytes: number;
  version_bytes: number;
  trash_bytes: number;
  created_at: number;
}

/**
 * Accounts with their primary address. A removed account has none, so it never appears: only rows that other tables
 * refer to (`items.owner_id`, `outgoing_shares.owner_id`) still know its id.
 */
export function accountRows(q: Queries) {
  return q<AccountRow>('accounts')
    .join('addresses as home', (on) => {
      on.on('home.account_id', 'accounts.id').andOnVal('home.is_primary', true);
    })
    .select<AccountRow[]>('accounts.*', 'home.email');
}

/** Maps a row once, so that no engine's spelling of values goes further. */
export function accountOf(row: AccountRow): Account {
  return {
    id: row.id as AccountId,
    name: row.name,
    email: row.email as Email,
    isAdmin: Boolean(row.is_admin),
    disabled: row.disabled_at !== null,
    quota: row.quota ?? undefined,
    usedBytes: row.used_bytes + row.version_bytes + row.trash_bytes,
    createdAt: row.created_at,
  };
}

/** Reads a person's name as shown to others (threat model PRO-08). Throws `invalid`. */
export function parsePersonName(text: string): string {
  return parseLabel(text, 'A name');
}
