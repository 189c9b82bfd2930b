import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNonceTable, KnexNonceStore, type NonceStore } from '../../src/oauth1/index.js';
import { bundleOf } from '../support/own-process.js';
import { handClock, NOW, SQLITE_ENGINES, temporaryFolder } from './support.js';

const EXPIRES = (NOW + 900) * 1_000;

describe.each(SQLITE_ENGINES)('nonces on $name', (engine) => {
  async function openStore(file = join(temporaryFolder(), 'nonces.db'), capPerConsumer?: number) {
    const knex = engine.open(file);
    onTestFinished(() => knex.destroy());
    await createNonceTable(knex);
    const clock = handClock();
    const store = new KnexNonceStore({ knex, clock, ...(capPerConsumer === undefined ? {} : { capPerConsumer }) });
    return { file, knex, clock, store };
  }

  it('are fresh once', async () => {
    const { store } = await openStore();
    expect(await store.remember('desk', 'tokA', NOW, 'n', EXPIRES)).toBe('fresh');
    expect(await store.remember('desk', 'tokA', NOW, 'n', EXPIRES)).toBe('seen');
  });

  it('F-62 are kept in memory while their file cannot grow, said, and written down when it can again', async () => {
    const file = join(temporaryFolder(), 'nonces.db');
    const knex = engine.open(file);
    onTestFinished(() => knex.destroy());
    await createNonceTable(knex);
    const said: boolean[] = [];
    const store = new KnexNonceStore({ knex, clock: handClock(), onSpare: (inMemory) => said.push(inMemory) });
    const use = (nonce: string) => store.remember('desk', 'tokA', NOW, nonce, EXPIRES);
    expect(await use('before')).toBe('fresh');
    await knex.raw('PRAGMA max_page_count = 1');
    const many = Array.from({ length: 2_000 }, (_, index) => String(index));
    for (const nonce of many) expect(await use(nonce)).toBe('fresh');
    for (const nonce of ['before', ...many]) expect(await use(nonce)).toBe('seen');
    expect((await Promise.all([use('twice'), use('twice'), use('twice')])).sort()).toEqual(['fresh', 'seen', 'seen']);
    expect([store.isSpare, said]).toEqual([true, [true]]);
    await knex.raw('PRAGMA max_page_count = 1000000');
    await store.settle();
    expect([store.isSpare, said]).toEqual([false, [true, false]]);
    for (const nonce of [...many, 'twice']) expect(await use(nonce)).toBe('seen');
  });

  it('are told apart by consumer, token, timestamp and nonce, also where these run together', async () => {
    const { store } = await openStore();
    const uses: Parameters<NonceStore['remember']>[] = [
      ['desk', 'tokA', NOW, 'n', EXPIRES],
      ['birch', 'tokA', NOW, 'n', EXPIRES],
      ['desk', 'tokB', NOW, 'n', EXPIRES],
      ['desk', '', NOW, 'n', EXPIRES],
      ['desk', 'tokA', NOW + 1, 'n', EXPIRES],
      ['desk', 'tokA', NOW, 'm', EXPIRES],
      ['deskt', 'okA', NOW, 'n', EXPIRES],
      ['desk', 'tokA', 1, '2n', EXPIRES],
      ['desk', 'tokA', 12, 'n', EXPIRES],
    ];
    for (const use of uses) expect(await store.remember(...use)).toBe('fresh');
  });

  it('OAU-04 are fresh for exactly one of 64 parallel callers', async () => {
    const { store } = await openStore();
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => store.remember('desk', 'tokA', NOW, 'n', EXPIRES)),
    );
    expect(answers.filter((answer) => answer === 'fresh')).toHaveLength(1);
  });

  it('OAU-04 are fresh for exactly one of 64 parallel callers on two connections', async () => {
    const { file, store } = await openStore();
    const { store: replica } = await openStore(file);
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        (index % 2 === 0 ? store : replica).remember('desk', 'tokA', NOW, 'n', EXPIRES),
      ),
    );
    expect(answers.filter((answer) => answer === 'fresh')).toHaveLength(1);
  });

  it('OAU-04 of one round of the event loop are one statement, and each is told its own outcome', async () => {
    const { store, knex } = await openStore();
    const use = (nonce: string) => store.remember('desk', 'tokA', NOW, nonce, EXPIRES);
    await use('before');
    let statements = 0;
    knex.on('query', () => (statements += 1));
    const nonces = ['a', 'before', 'b', 'a', 'c', 'a'];
    expect(await Promise.all(nonces.map(use))).toEqual(['fresh', 'seen', 'fresh', 'seen', 'fresh', 'seen']);
    expect(statements).toBe(1);
    expect(await Promise.all(['a', 'b', 'c', 'd'].map(use))).toEqual(['seen', 'seen', 'seen', 'fresh']);
  });

  it('OAU-04 that come together by the hundred are each fresh once', async () => {
    const { store, knex } = await openStore();
    const many = Array.from({ length: 150 }, (_, index) => String(index));
    const use = (nonce: string) => store.remember('desk', 'tokA', NOW, nonce, EXPIRES);
    const outcomes = await Promise.all([...many, ...many].map(use));
    expect(outcomes.slice(0, 150)).toEqual(many.map(() => 'fresh'));
    expect(outcomes.slice(150)).toEqual(many.map(() => 'seen'));
    await knex('nonce_uses').delete();
    expect(await use('0')).toBe('fresh');
  });

  it('OAU-04 are neither fresh nor seen when their batch could not be written', async () => {
    const { store, knex } = await openStore();
    await knex.schema.renameTable('nonce_uses', 'elsewhere');
    const use = (nonce: string) => store.remember('desk', 'tokA', NOW, nonce, EXPIRES);
    const settled = await Promise.allSettled([use('a'), use('b')]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await knex.schema.renameTable('elsewhere', 'nonce_uses');
    expect(await Promise.all([use('a'), use('b')])).toEqual(['fresh', 'fresh']);
  });

  it('OAU-04 are still refused after the store is closed and opened again on the same file', async () => {
    const { file, store, knex } = await openStore();
    await store.remember('desk', 'tokA', NOW, 'n', EXPIRES);
    await knex.destroy();
    const { store: reopened } = await openStore(file);
    expect(await reopened.remember('desk', 'tokA', NOW, 'n', EXPIRES)).toBe('seen');
  });

  it('OAU-04 are still refused after the process was killed', async () => {
    const file = join(temporaryFolder(), 'nonces.db');
    const script = fileURLToPath(new URL('./remember-and-die.ts', import.meta.url));
    const died = spawnSync(process.execPath, [await bundleOf(script), engine.name, file], { encoding: 'utf8' });
    expect(died.signal, died.stderr).toBe('SIGKILL');
    const { store } = await openStore(file);
    expect(await store.remember('desk', 'tokA', NOW, 'n', EXPIRES)).toBe('seen');
    expect(await store.remember('desk', 'tokA', NOW, 'other', EXPIRES)).toBe('fresh');
  });

  it('OAU-05 fill up for one consumer without harm to another, and make room as time passes', async () => {
    const { store, clock } = await openStore(undefined, 5);
    const use = (consumer: string, nonce: number) => store.remember(consumer, '', NOW, String(nonce), EXPIRES);
    for (let nonce = 0; nonce < 5; nonce += 1) expect(await use('desk', nonce)).toBe('fresh');
    expect(await use('desk', 5)).toBe('full');
    expect(await use('birch', 5)).toBe('fresh');
    clock.advance(50 * 60);
    expect(await use('desk', 5)).toBe('fresh');
  });

  it('OAU-05 make room little by little', async () => {
    const { store, clock } = await openStore(undefined, 5);
    const use = (nonce: number) => store.remember('desk', '', NOW, String(nonce), EXPIRES);
    for (let nonce = 0; nonce < 5; nonce += 1) await use(nonce);
    clock.advance(1_300);
    expect([await use(5), await use(6)]).toEqual(['fresh', 'full']);
  });

  it('OAU-04 of a release that kept them by id are still refused, and its table is gone', async () => {
    const { file, store, knex } = await openStore();
    await store.remember('desk', 'tokA', NOW, 'n', EXPIRES);
    await knex.raw('create table nonces (id text not null primary key, consumer_key text not null, expires_at bigint)');
    await knex.raw(`insert into nonces select id, 'desk', expires_at from nonce_uses`);
    await knex.schema.dropTable('nonce_uses');
    await knex.destroy();
    const { store: updated, knex: afterwards } = await openStore(file);
    expect(await updated.remember('desk', 'tokA', NOW, 'n', EXPIRES)).toBe('seen');
    expect(await updated.remember('desk', 'tokA', NOW, 'm', EXPIRES)).toBe('fresh');
    expect(await afterwards.schema.hasTable('nonces')).toBe(false);
  });

  it('OAU-06 are kept until they expire and purged afterwards', async () => {
    const { store, clock, knex } = await openStore();
    await store.remember('desk', '', NOW, 'short', (NOW + 100) * 1_000);
    await store.remember('desk', '', NOW, 'long', (NOW + 200) * 1_000);
    clock.advance(100);
    await store.remember('desk', '', NOW, 'a', EXPIRES);
    expect(await count(knex)).toBe(3);
    clock.advance(60);
    await store.remember('desk', '', NOW, 'b', EXPIRES);
    expect(await count(knex)).toBe(3);
    expect(await store.remember('desk', '', NOW, 'long', (NOW + 200) * 1_000)).toBe('seen');
  });

  it('are purged faster than they come in', async () => {
    const { store, clock, knex } = await openStore();
    const fill = async (from: number, size: number, expiresAt: number) => {
      for (let nonce = from; nonce < from + size; nonce += 1)
        await store.remember('desk', '', NOW, String(nonce), expiresAt);
    };
    await fill(0, 1_500, (NOW + 10) * 1_000);
    clock.advance(30);
    await fill(1_500, 1_000, EXPIRES);
    expect(await count(knex)).toBe(1_000);
  });

  it('are let in even when the purge fails, and the failure is heard', async () => {
    const { knex } = await openStore();
    const clock = handClock();
    const heard: unknown[] = [];
    const store = new KnexNonceStore({ knex, clock, onPurgeFailed: (error) => heard.push(error) });
    await knex.raw(`create trigger no_purge before delete on nonce_uses begin select raise(abort, 'no'); end`);
    await store.remember('desk', '', NOW, 'a', (NOW + 1) * 1_000);
    clock.advance(61);
    expect(await store.remember('desk', '', NOW, 'b', EXPIRES)).toBe('fresh');
    expect(heard).toHaveLength(1);
  });

  it('have their table created once', async () => {
    const { knex, store } = await openStore();
    await store.remember('desk', '', NOW, 'n', EXPIRES);
    await createNonceTable(knex);
    expect(await count(knex)).toBe(1);
  });
});

async function count(knex: Knex): Promise<number> {
  const [row] = await knex('nonce_uses').count({ rows: '*' });
  return Number(row?.['rows']);
}
