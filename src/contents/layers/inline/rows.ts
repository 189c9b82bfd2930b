import type { Queries, Transaction } from '../../../platform/index.js';
import type { RowEntry } from '../../store/sweep-rows.js';

/** A row of the table of small contents. */
export interface InlineRow extends RowEntry {
  readonly bytes: Buffer;
}

/** The table of small contents, as {@link Queries} or a transaction see it. */
export function inlineRows(q: Queries | Transaction) {
  return q<InlineRow>('inline_contents');
}
