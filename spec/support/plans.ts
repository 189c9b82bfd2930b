import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openCloud, type Cloud } from '../../src/cloud.js';
import { readConfig } from '../../src/config/index.js';
import type { AccountId } from '../../src/kernel/index.js';
import { rowsOf, type Database, type Transaction } from '../../src/platform/index.js';
import { freePort } from './cloud-process.js';
import { createPerson, type Person } from './person.js';
import { createDatabase, postgresReason } from './postgres.js';
import { ANA } from './seeds.js';

const noPostgres = (await postgresReason()) !== undefined;

/** A cloud that listens until the test is over, for a test that fills its tables; `env`: further settings. */
async function openLargeCloud(env: Readonly<Record<string, string>>): Promise<Cloud> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'footbridge-long-'));
  const url = `http://localhost:${String(await freePort())}`;
  const settings = { FOOTBRIDGE_PUBLIC_URL: url, FOOTBRIDGE_DATA_DIR: dataDir, FOOTBRIDGE_LOG_LEVEL: 'silent' };
  const cloud = await openCloud(readConfig({ ...settings, ...env }));
  onTestFinished(async () => {
    await cloud.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  await cloud.listen();
  return cloud;
}

/** The password of whoever reads pages here. */
const PASSWORD = 'correct horse battery staple';

/** An answer to a person is smaller, bytes. */
const MOST_BYTES = 200_000;

/** Statements for one page. */
const MOST_STATEMENTS = 40;

/** Proves the same of a cloud with large tables on either database; `title` has the name of the database for `%s`. */
export function onLargeClouds(title: string, prove: (cloud: Cloud) => Promise<void>): void {
  it(title.replace('%s', 'SQLite'), async () => {
    await prove(await openLargeCloud({}));
  });

  it.skipIf(noPostgres)(title.replace('%s', 'PostgreSQL'), async () => {
    const database = await createDatabase();
    onTestFinished(() => database.drop());
    await prove(await openLargeCloud({ FOOTBRIDGE_DATABASE_URL: database.url }));
  });
}

/** Gives Ana an account that {@link readerOf} signs in to. */
export async function settleAna({ services }: Cloud, options: { readonly admin?: boolean } = {}): Promise<AccountId> {
  const {
    people: { accounts, passwords },
    base: { database },
  } = services;
  const { id } = await accounts.add(ANA.email, ANA.name, options);
  const hash = await passwords.prepare(PASSWORD, { name: ANA.name, addresses: [ANA.email] });
  await database.write((trx) => passwords.store(trx, id, hash));
  return id;
}

/** A peer to share with; answers its id. */
export async function addBirch({ services }: Cloud): Promise<string> {
  const { peer } = await services.neighbours.peers.add({
    name: 'Birch',
    shareUrl: 'http://birch.example/interop/share',
    unshareUrl: 'http://birch.example/interop/unshare',
    credentialsUrl: 'http://birch.example/interop/credentials',
  });
  return peer.id;
}

/** Fills tables with these statements. PostgreSQL would gather statistics of them by itself, but later. */
export async function fillTables({ services }: Cloud, work: (trx: Transaction) => Promise<void>): Promise<void> {
  await services.base.database.job(work);
  if (services.base.database.engine === 'postgres') await services.base.database.job((trx) => trx.raw('analyze'));
}

/** Ana, reading pages. */
export interface Reader {
  readonly person: Person;
  /** The statements since the last page. */
  readonly asked: Asked[];
  /** Opens a page; asserts that it is small and costs few statements, none of which reads a large table whole. */
  open(target: string): Promise<string>;
}

/** Signs Ana in at a cloud, some tables of which are large. */
export async function readerOf(cloud: Cloud, tables: readonly string[]): Promise<Reader> {
  const asked = statementsOf(cloud);
  const { origin } = cloud.config.publicUrl;
  const person = createPerson({ name: ANA.name, email: ANA.email, password: PASSWORD });
  await person.signIn(origin);
  const open = async (target: string): Promise<string> => {
    asked.length = 0;
    const { body, status } = await person.browser.visit(new URL(target, origin));
    expect([target, status]).toEqual([target, 200]);
    expect(body.byteLength).toBeLessThan(MOST_BYTES);
    expect(asked.length).toBeLessThanOrEqual(MOST_STATEMENTS);
    await expectNoScan(cloud, asked, tables, target);
    return body.toString();
  };
  return { person, asked, open };
}

/** The first link of a page with this field in its address. */
export function linkIn(text: string, word: string): string {
  const href = linkOf(text, word);
  if (href === undefined) throw new Error(`no link ${word}`);
  return href;
}

/** The same; undefined where there is none. */
export function linkOf(text: string, word: string): string | undefined {
  const [, href] = new RegExp(`href="([^"]*[?&;]${word}=[^"]*)"`).exec(text) ?? [];
  return href?.replaceAll('&amp;', '&').replaceAll('&#61;', '=');
}

/** What a pattern finds on a page, in order. */
export function foundIn(text: string, rows: RegExp): string[] {
  return [...text.matchAll(rows)].map(([, row]) => row ?? '');
}

/** A statement as it was sent, with its values. */
export interface Asked {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

/** Every statement that a cloud sends outside of its transactions, from now on; the reader empties it. */
export function statementsOf({ services }: Cloud): Asked[] {
  return readsOf(services.base.database);
}

/** The same of a database. */
export function readsOf({ read }: Database): Asked[] {
  const asked: Asked[] = [];
  read.on('query', (statement: Asked) => asked.push(statement));
  return asked;
}

/**
 * Asserts that no statement reads one of these tables whole. SQLite may walk along an index as long as a limit cuts it
 * short. `what`: what was done, for the report.
 */
export async function expectNoScan(
  cloud: Cloud,
  asked: readonly Asked[],
  tables: readonly string[],
  what: string,
): Promise<void> {
  const plans = await plansOf(cloud.services.base.database, [...new Map(asked.map((one) => [one.sql, one])).values()]);
  const names = tables.join('|');
  const whole = new RegExp(`(?:SCAN|Seq Scan on) (?:${names})\\b(?! USING)`);
  const walk = new RegExp(`SCAN (?:${names}) USING (?:COVERING )?INDEX`);
  const scans = plans.filter(({ sql, plan }) => {
    const isCutShort = / limit /.test(sql) && !plan.includes('TEMP B-TREE FOR ORDER BY');
    return whole.test(plan) || (walk.test(plan) && !isCutShort);
  });
  expect(scans.map(({ sql, plan }) => `${what}: ${sql}\n${plan}`)).toEqual([]);
}

/**
 * Asserts that each of these indexes was walked in its own order: a limit cut short what was found along it, before
 * anything was sorted.
 */
export async function expectAlong(cloud: Cloud, asked: readonly Asked[], indexes: readonly string[]): Promise<void> {
  await expectWalk(cloud.services.base.database, asked, indexes);
}

/** The same of a database. */
export async function expectWalk(
  database: Database,
  asked: readonly Asked[],
  indexes: readonly string[],
): Promise<void> {
  const plans = await plansOf(database, asked);
  const sorted = /TEMP B-TREE FOR (?:LAST TERM OF )?ORDER BY|\bSort\b/;
  // What PostgreSQL does with the few rows of one page stands above its limit.
  const below = plans.map(({ plan }) => plan.slice(Math.max(plan.lastIndexOf('Limit'), 0)));
  const walked = below.filter((plan) => !sorted.test(plan));
  const named = indexes.filter((index) => walked.some((plan) => plan.includes(index)));
  expect(named, plans.map(({ sql, plan }) => `${sql}\n${plan}`).join('\n')).toEqual(indexes);
}

/** The numbers from 1 as the column `i` of a table `n`, to fill others with. */
export function numbers(count: number): string {
  return `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${String(count)})`;
}

/** The plan of each of these statements. */
export async function plansOf({ engine, read }: Database, asked: readonly Asked[]) {
  const questions = asked.filter(({ sql }) => /^(select|with)/i.test(sql.trim()));
  const plans: { readonly sql: string; readonly plan: string }[] = [];
  for (const { sql, bindings } of questions) {
    // Knex tells PostgreSQL's form of a statement, and takes its own.
    const question = sql.replace(/\$\d+/g, '?');
    const values = [...(bindings as string[])];
    if (engine === 'sqlite') {
      const rows = await read.raw<{ detail: string }[]>(`explain query plan ${question}`, values);
      plans.push({ sql, plan: rows.map(({ detail }) => detail).join('\n') });
    } else {
      const { rows } = await read.raw<{ rows: { 'QUERY PLAN': string }[] }>(`explain ${question}`, values);
      plans.push({ sql, plan: rows.map((row) => row['QUERY PLAN']).join('\n') });
    }
  }
  return plans;
}

/** How a statement is done; PostgreSQL would read so small a table whole if it may. */
export async function planOf(database: Database, sql: string, bindings: readonly string[]): Promise<string> {
  return database.write(async (trx) => {
    if (database.engine === 'postgres') await trx.raw('set local enable_seqscan = off');
    const explain = database.engine === 'sqlite' ? 'explain query plan' : 'explain';
    return JSON.stringify(await rowsOf(trx, `${explain} ${sql.replaceAll(/\$\d+/g, '?')}`, [...bindings]));
  });
}
