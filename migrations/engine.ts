import type { Transaction } from '../src/platform/index.js';

/** For the few steps that the engines need differently. */
export function isPostgres(trx: Transaction): boolean {
  return (trx.client as { readonly dialect?: string }).dialect === 'postgresql';
}
