import type { Queries, Transaction } from './database.js';

interface MetaRow {
  key: string;
  value: string;
}

/** What `meta` keeps under a key; undefined where nothing was kept. */
export async function metaValue(q: Queries | Transaction, key: string): Promise<string | undefined> {
  return (await q<MetaRow>('meta').where({ key }).first('value'))?.value;
}

/** Keeps a value under a key of `meta`, in place of the one before. */
export async function keepMeta(trx: Transaction, key: string, value: string): Promise<void> {
  await trx<MetaRow>('meta').insert({ key, value }).onConflict('key').merge({ value });
}
