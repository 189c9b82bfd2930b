import type { Knex } from 'knex';
import { invalid } from '../../../kernel/index.js';

/**
 * Refuses, before a statement runs, a value that one of the databases cannot store: text with NUL, integers that are
 * not exact. The result is `invalid` on every engine, instead of an error of one of them (rulings F-47, F-68).
 */
export function judged(knex: Knex): Knex {
  // The event comes before the statement is sent, also in transactions; an error thrown here makes the statement fail.
  knex.on('query', ({ bindings }: { readonly bindings?: unknown }) => {
    if (!Array.isArray(bindings)) return;
    for (const value of bindings as unknown[]) judge(value);
  });
  return knex;
}

function judge(value: unknown): void {
  if (typeof value === 'string' && value.includes('\0')) {
    throw invalid('A text holds the character NUL, which cannot be kept. Please leave it out.');
  }
  if (typeof value === 'number' && !isKeepable(value))
    throw invalid('A number is too large. Please give a smaller one.');
}

function isKeepable(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}
