import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNonceTable, KnexNonceStore, type NonceStore } from '../../src/oauth1/index.js';
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
    const died = spawnSync(process.execPath, ['--import', 'tsx', script, engine.name, file], { encoding: 'utf8' });
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
    expect(await store.remember('desk', '', NOW, 'long', EXPIRES)).toBe('seen');
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
    await knex.raw(`create trigger no_purge before delete on nonces begin select raise(abort, 'no'); end`);
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
  const [row] = await knex('nonces').count({ rows: '*' });
  return Number(row?.['rows']);
}
