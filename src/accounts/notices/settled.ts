import { DAY, type AccountId } from '../../kernel/index.js';
import type { Queries } from '../../platform/index.js';

/** How long an address must have been proven before it can bring an account back, milliseconds (F-65). */
export const SETTLING = 7 * DAY;

/** A row of `addresses`. */
export interface AddressRow {
  readonly account_id: string;
  readonly email: string;
  readonly folded: string;
  readonly is_primary: boolean | number;
  readonly proven_at: number | null;
  readonly created_at: number;
}

/** A proven address, and whether links that take an account over may go to it. */
export interface ToldAddress {
  readonly row: AddressRow;
  readonly isSettled: boolean;
}

/**
 * The proven addresses of an account. Settled is what was proven more than seven days ago, and what an administrator
 * gave the account when making it: somebody who has just stolen a session cannot have added it.
 */
export async function provenAddresses(q: Queries, accountId: AccountId, now: number): Promise<ToldAddress[]> {
  const account: { created_at: number } | undefined = await q('accounts').where({ id: accountId }).first('created_at');
  const rows = await q<AddressRow>('addresses').where({ account_id: accountId }).orderBy('folded').select();
  return rows
    .filter(({ proven_at }) => proven_at !== null)
    .map((row) => ({ row, isSettled: isSettled(row, account?.created_at ?? 0, now) }));
}

function isSettled({ proven_at }: AddressRow, madeAt: number, now: number): boolean {
  return proven_at !== null && (proven_at <= madeAt || now - proven_at > SETTLING);
}
