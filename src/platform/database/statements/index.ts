export { keepStatements, runInTransaction, runOnConnection, type PreparingConnection } from './kept.js';
export { runNamed } from './named.js';
export type { Value } from './direct.js';
export { placeholders, rowsOf, written } from './rows.js';
