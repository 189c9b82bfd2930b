import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  BlobRefusal,
  DrivenContentStore,
  leavesDrafts,
  MemoryDriver,
  setsAside,
  type ContentTrouble,
  type Driver,
  type OpenBlob,
  type RefusalKind,
  type StoredContent,
  type StoreGuard,
} from '../../../src/contents/index.js';
import { systemClock, systemRandom } from '../../../src/platform/index.js';

/** How each refusal of a medium is told: to whoever asked, and to an administrator. */
const TOLD: readonly (readonly [RefusalKind, string, ContentTrouble['kind'] | undefined])[] = [
  ['missing', 'internal', 'missing'],
  ['taken', 'internal', 'planted'],
  ['damaged', 'internal', 'damaged'],
  ['full', 'full', undefined],
  ['throttled', 'unavailable', undefined],
  ['away', 'unavailable', undefined],
  ['denied', 'internal', 'planted'],
  ['failed', 'internal', 'io'],
];

/** A medium that does all but what it is told to refuse, or to do otherwise. */
class ScriptedDriver extends MemoryDriver {
  refuse: { readonly at: 'write' | 'read' | 'fill'; readonly kind: RefusalKind } | undefined;

  constructor() {
    super({ clock: systemClock });
  }

  override async write(...parameters: Parameters<Driver['write']>): Promise<void> {
    this.#perhaps('write');
    return super.write(...parameters);
  }

  override async read(...parameters: Parameters<Driver['read']>): Promise<OpenBlob> {
    this.#perhaps('read');
    const blob = await super.read(...parameters);
    return {
      size: blob.size,
      fill: (into) => (this.refuse?.at === 'fill' ? Promise.reject(this.#refusal()) : blob.fill(into)),
      close: () => blob.close(),
    };
  }

  #perhaps(at: 'write' | 'read'): void {
    if (this.refuse?.at === at) throw this.#refusal();
  }

  #refusal(): BlobRefusal {
    return new BlobRefusal(this.refuse?.kind ?? 'failed', 'scripted');
  }
}

function open(guard?: StoreGuard) {
  const driver = new ScriptedDriver();
  const troubles: ContentTrouble[] = [];
  const onTrouble = (trouble: ContentTrouble): unknown => troubles.push(trouble);
  return { driver, troubles, store: new DrivenContentStore({ driver, random: systemRandom, onTrouble, guard }) };
}

const text = (content = 'abc') => Readable.from([Buffer.from(content)]);

describe('contents on a medium', () => {
  for (const [kind, code, trouble] of TOLD) {
    it(`DOS-05 OPS-07 says ${code} where the medium is asked in vain: ${kind}`, async () => {
      const { driver, store, troubles } = open();
      const stored = await store.put(text());
      const asks: readonly (readonly ['write' | 'read' | 'fill', () => Promise<unknown>])[] = [
        ['write', () => store.put(text())],
        ['read', () => store.open(stored)],
        ['fill', async () => buffer(await store.open(stored))],
      ];
      for (const [at, ask] of asks) {
        driver.refuse = { at, kind };
        await expect(ask()).rejects.toMatchObject({ code });
      }
      expect(troubles.map((told) => told.kind)).toEqual(asks.flatMap(() => trouble ?? []));
    });
  }

  it('DUR-05 refuses a blob of another length than its row says, before a byte of it is given', async () => {
    const { store, troubles } = open();
    const stored = await store.put(text());
    await expect(store.open({ ...stored, size: 4 })).rejects.toMatchObject({ code: 'internal' });
    await expect(store.open({ ...stored, size: 4 }, { start: 0, end: 1 })).rejects.toMatchObject({ code: 'internal' });
    expect(troubles).toEqual([0, 1].map(() => ({ kind: 'damaged', key: stored.key, detail: 'size 3 instead of 4' })));
  });

  it('F-02 what is missing while the storage is away is nobody’s damage', async () => {
    const reason = 'The disk is not mounted.';
    const { store, troubles } = open({ admit: () => Promise.resolve(), trouble: () => Promise.resolve(reason) });
    const gone: StoredContent = { ...(await store.put(text())), key: '0'.repeat(40) };
    await expect(store.open(gone)).rejects.toMatchObject({ code: 'unavailable', detail: reason, retryAfter: 30 });
    expect(await store.health()).toEqual({ ok: false, reason });
    expect(troubles).toEqual([]);
  });

  it('DUR-04 are not well when the medium says nothing for two seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { driver, store } = open();
    driver.health = () => new Promise(() => undefined);
    const health = store.health();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await health).toEqual({ ok: false, reason: 'The storage does not answer.' });
  });

  it('F-01 removes nothing that nobody names from a medium that can set nothing aside', async () => {
    const { driver, store } = open();
    const stored = await store.put(text());
    Object.assign(driver, { abilities: { setsAside: false, leavesDrafts: true } });
    const none = () => Promise.resolve(new Set<string>());
    const order = { now: Date.now() + 1, grace: 0, named: none, spared: none, all: true, erase: true };
    expect(await store.sweep(order)).toEqual({ quarantined: 0, erased: 0, returned: 0, left: 1, spared: 0 });
    expect(await store.verify(stored)).toBe('sound');
    await expect(store.open({ ...stored, key: '0'.repeat(40) })).rejects.toMatchObject({ code: 'internal' });
  });

  it('believes no flag of a medium that has not the methods', async () => {
    const { driver, store } = open();
    expect([setsAside(driver), leavesDrafts(driver)]).toEqual([true, false]);
    Object.assign(driver, { abilities: { setsAside: true, leavesDrafts: true } });
    expect([setsAside(driver), leavesDrafts(driver)]).toEqual([true, false]);
    expect(await store.sweepDrafts()).toBe(0);
  });
});
