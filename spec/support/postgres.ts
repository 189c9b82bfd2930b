import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { inject } from 'vitest';
import type { PostgresAnswer } from './postgres-global-setup.js';

/** A database of one spec's own on the run's PostgreSQL. */
export interface SpecDatabase {
  readonly url: string;
  /** Removes it, cutting connections that are still open. */
  drop(): Promise<void>;
}

let answer: Promise<PostgresAnswer> | undefined;
let told = false;

/** Asks the run's set-up, which starts the server when this is the first question. */
function runsPostgres(): Promise<PostgresAnswer> {
  answer ??= text(connect(inject('postgresPort'), '127.0.0.1')).then((json) => JSON.parse(json) as PostgresAnswer);
  return answer;
}

/**
 * Why this run has no PostgreSQL (printed once for the reader of the log), or undefined when it has one. For
 * `describe.skipIf((await postgresReason()) !== undefined)`.
 */
export async function postgresReason(): Promise<string | undefined> {
  const found = await runsPostgres();
  if ('url' in found) return undefined;
  if (!told) console.warn(`PostgreSQL specs are skipped: ${found.reason}`);
  told = true;
  return found.reason;
}

/**
 * Makes a database with a random name, empty or a copy of `template`, to which nobody may be connected; drop it when
 * done. Throws when the run has no PostgreSQL.
 */
export async function createDatabase(template?: SpecDatabase): Promise<SpecDatabase> {
  const found = await runsPostgres();
  if ('reason' in found) throw new Error(`no PostgreSQL in this run: ${found.reason}`);
  const name = `${found.prefix}${randomBytes(8).toString('hex')}`;
  // Its files are copied: that is quicker than writing each page to the log as well, where nothing is synced.
  const model = template === undefined ? '' : ` template ${new URL(template.url).pathname.slice(1)} strategy file_copy`;
  await administer(found.url, `create database ${name}${model}`);
  const url = new URL(found.url);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(found.url, `drop database if exists ${name} with (force)`) };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
