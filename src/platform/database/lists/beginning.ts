import type { Database } from '../database.js';

/** A condition that is written out, and its values. */
export interface RawCondition {
  readonly sql: string;
  readonly values: readonly string[];
}

/** Greater than every character that a text goes on with. */
const LAST = '\u{10ffff}';

/**
 * Finds texts with a prefix as a range of an index. PostgreSQL needs an index of the column with `collate "C"`: in the
 * order of a language, texts with one prefix are not adjacent.
 */
export function beginsWith({ engine }: Pick<Database, 'engine'>, column: string, beginning: string): RawCondition {
  const text = engine === 'postgres' ? `${column} collate "C"` : column;
  return { sql: `(${text} >= ? and ${text} < ?)`, values: [beginning, beginning + LAST] };
}
