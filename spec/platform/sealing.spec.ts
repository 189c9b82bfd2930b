import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFailure } from '../../src/kernel/index.js';
import { checkCanary, createSealer, loadSecretKey, parseSecretKey } from '../../src/platform/sealing.js';
import { systemRandom } from '../../src/platform/system-random.js';

const KEY = systemRandom.bytes(32);

describe('a sealer', () => {
  const sealer = createSealer(KEY);

  it('opens what it sealed, in any script and of any length', () => {
    for (const plain of ['', 's3cret', '日本語 ✓', 'x'.repeat(100_000)]) {
      expect(sealer.open(sealer.seal(plain, 'row:1'), 'row:1')).toBe(plain);
    }
  });

  it('SEC-01 never seals one text twice alike and never shows it', () => {
    const [one, two] = [sealer.seal('marker', 'row:1'), sealer.seal('marker', 'row:1')];
    expect(one).not.toBe(two);
    expect(one).toMatch(/^v1\.[A-Za-z0-9_-]+$/);
    expect(Buffer.from(one.slice(3), 'base64url').includes('marker')).toBe(false);
  });

  it('SEC-01 refuses a value swapped between rows', () => {
    expectInternal(() => sealer.open(sealer.seal('secret', 'row:1'), 'row:2'));
  });

  it('SEC-01 refuses a value in which any byte was altered', () => {
    const bytes = Buffer.from(sealer.seal('secret', 'row:1').slice(3), 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const altered = Buffer.from(bytes);
      altered[index] = (altered[index] ?? 0) ^ 1;
      expectInternal(() => sealer.open(`v1.${altered.toString('base64url')}`, 'row:1'));
    }
  });

  it('refuses empty, short, unversioned and future values (G5)', () => {
    const sealed = sealer.seal('secret', 'row:1');
    for (const bad of ['', 'v1.', 'v1.AAAA', sealed.slice(3), `v2.${sealed.slice(3)}`, sealed.slice(0, -4)]) {
      expectInternal(() => sealer.open(bad, 'row:1'));
    }
  });

  it('refuses what another key sealed', () => {
    const other = createSealer(systemRandom.bytes(32));
    expectInternal(() => other.open(sealer.seal('secret', 'row:1'), 'row:1'));
  });

  it('digests the same secret alike, and differently per purpose and key', () => {
    const other = createSealer(systemRandom.bytes(32));
    expect(sealer.digest('token', 'grant')).toMatch(/^[0-9a-f]{64}$/);
    expect(createSealer(KEY).digest('token', 'grant')).toBe(sealer.digest('token', 'grant'));
    expect(sealer.digest('token', 'session')).not.toBe(sealer.digest('token', 'grant'));
    expect(other.digest('token', 'grant')).not.toBe(sealer.digest('token', 'grant'));
  });

  it('derives separate keys per purpose, the same at every start', () => {
    expect(sealer.derive('sessions')).toHaveLength(32);
    expect(sealer.derive('sessions').equals(createSealer(KEY).derive('sessions'))).toBe(true);
    expect(sealer.derive('sessions').equals(sealer.derive('cursors'))).toBe(false);
    expect(sealer.derive('sessions').equals(KEY)).toBe(false);
  });
});

describe('the canary', () => {
  it('is made once and then recognised', () => {
    const sealer = createSealer(KEY);
    const canary = checkCanary(undefined, sealer);
    expect(checkCanary(canary, createSealer(KEY))).toBe(canary);
  });

  it('SEC-03 refuses to start with another key, or with a canary that is none', () => {
    const canary = checkCanary(undefined, createSealer(KEY));
    expect(() => checkCanary(canary, createSealer(systemRandom.bytes(32)))).toThrow(/secret key is not the one/);
    expect(() => checkCanary('', createSealer(KEY))).toThrow(/secret key is not the one/);
    expect(() => checkCanary(createSealer(KEY).seal('other', 'canary'), createSealer(KEY))).toThrow();
  });
});

describe('the secret key', () => {
  let base: string;
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'footbridge-key-'));
  });
  afterEach(() => rm(base, { recursive: true }));

  const load = (text?: string): Promise<Buffer> =>
    loadSecretKey({ text, folder: join(base, 'data'), random: systemRandom });

  it('is taken from the setting, padded or not, and then no file is made', async () => {
    expect(await load(KEY.toString('base64url'))).toEqual(KEY);
    expect(await load(`${KEY.toString('base64url')}=\n`)).toEqual(KEY);
    expect(await readdir(base)).toEqual([]);
  });

  it('SEC-03 refuses short, misspelt, repeated, counted and sample keys without repeating them', () => {
    const samples = [
      '',
      'short',
      systemRandom.bytes(31).toString('base64url'),
      'not base64url! not base64url! not base64url!',
      Buffer.alloc(32).toString('base64url'),
      Buffer.alloc(48, 7).toString('base64url'),
      Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64url'),
      Buffer.from('abcd'.repeat(8)).toString('base64url'),
      'change-me-change-me-change-me-change-me-change-me',
    ];
    for (const text of samples) {
      expect(() => parseSecretKey(text, 'FOOTBRIDGE_SECRET_KEY')).toThrow(/^FOOTBRIDGE_SECRET_KEY .*32 random bytes/);
      if (text !== '') expect(messageOf(() => parseSecretKey(text, 'FOOTBRIDGE_SECRET_KEY'))).not.toContain(text);
    }
  });

  it('SEC-03 is generated once in a new data folder, for its owner only', async () => {
    const key = await load();
    expect(key).toHaveLength(32);
    expect(await load()).toEqual(key);
    expect((await stat(join(base, 'data', 'secret.key'))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(base, 'data'))).toEqual(['secret.key']);
  });

  it('SEC-03 is not generated in a folder that is in use', async () => {
    await load();
    await rm(join(base, 'data', 'secret.key'));
    await writeFile(join(base, 'data', 'footbridge.sqlite'), '');
    await expect(load()).rejects.toThrow(/secret\.key is missing although/);
    expect(await readdir(join(base, 'data'))).toEqual(['footbridge.sqlite']);
  });

  it('SEC-03 an empty key file is refused, not replaced', async () => {
    await load();
    await writeFile(join(base, 'data', 'secret.key'), '');
    await expect(load()).rejects.toThrow(/secret\.key .*32 random bytes/);
    expect(await readFile(join(base, 'data', 'secret.key'), 'utf8')).toBe('');
  });

  it('OPS-02 is the same for starts at the same moment', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => load()));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
    expect(await readdir(join(base, 'data'))).toEqual(['secret.key']);
  });
});

function expectInternal(work: () => unknown): void {
  let caught: unknown;
  try {
    work();
  } catch (error) {
    caught = error;
  }
  expect(isFailure(caught, 'internal')).toBe(true);
}

function messageOf(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (error) {
    return String(error);
  }
}
