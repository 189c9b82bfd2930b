import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  isFailure,
  parseItemId,
  parsePermission,
  parseStorageTime,
  randomDigits,
  randomWord,
  rfc3339,
  statusOf,
  storageTime,
} from '../../src/kernel/index.js';

const random = { bytes: (size: number): Buffer => randomBytes(size) };

function isRefused(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch (error) {
    return isFailure(error, 'invalid');
  }
}

describe('an item id', () => {
  it('PTH-09 is text in canonical decimal digits, and keeps every digit', () => {
    expect(parseItemId('9007199254740993')).toBe('9007199254740993');
    expect(parseItemId('0')).toBe('0');
    for (const text of ['', '01', '-1', '+1', '1.0', '1e3', '0x10', ' 1', '1 ', '١', '1'.repeat(19), 'null', 'NaN']) {
      expect([text, isRefused(() => parseItemId(text))]).toEqual([text, true]);
    }
  });
});

describe('a permission', () => {
  it('is one of two words in any letter case', () => {
    expect([parsePermission('READ-ONLY'), parsePermission('Read-Write')]).toEqual(['read-only', 'read-write']);
    for (const text of ['', 'write', 'readonly', 'read-write ', 'true']) {
      expect([text, isRefused(() => parsePermission(text))]).toEqual([text, true]);
    }
  });
});

describe('times', () => {
  const at = Date.UTC(2015, 3, 14, 11, 41, 7, 650);

  it('are written as the storage API and RFC 3339 want them, in UTC', () => {
    expect(storageTime(at)).toBe('2015-04-14 11:41:07.650');
    expect(rfc3339(at)).toBe('2015-04-14T11:41:07.650Z');
  });

  it('are read back with one to six fraction digits or none', () => {
    expect(parseStorageTime('2015-04-14 11:41:07.65', 'x')).toBe(at);
    expect(parseStorageTime('2015-04-14 11:41:07.650999', 'x')).toBe(at);
    expect(parseStorageTime('2015-04-14 11:41:07', 'x')).toBe(at - 650);
  });

  it('that do not exist are refused by the name of their field', () => {
    for (const text of [
      '',
      '2015-02-30 10:00:00.0',
      '2015-13-01 10:00:00.0',
      '2015-04-14T11:41:07Z',
      '2015-04-14 24:00:00.0',
    ]) {
      expect([text, isRefused(() => parseStorageTime(text, 'expires_at'))]).toEqual([text, true]);
    }
  });
});

describe('random words', () => {
  it('OAU-19 are letters and digits of the length asked for, at least 128 bits at 32, and never the same', () => {
    const words = Array.from({ length: 500 }, () => randomWord(random));
    expect(new Set(words).size).toBe(500);
    expect(words.every((word) => /^[A-Za-z0-9]{32}$/.test(word))).toBe(true);
    expect(Math.log2(62) * 32).toBeGreaterThan(128);
  });

  it('use every letter about equally often', () => {
    const counts = new Map<string, number>();
    for (const letter of randomWord(random, 62_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    expect(counts.size).toBe(62);
    expect(Math.min(...counts.values())).toBeGreaterThan(700);
    expect(Math.max(...counts.values())).toBeLessThan(1_300);
  });

  it('codes are as many digits as asked for', () => {
    expect(randomDigits(random, 8)).toMatch(/^\d{8}$/);
  });
});

describe('a failure code', () => {
  it('has one HTTP status', () => {
    expect([statusOf('invalid'), statusOf('not-found'), statusOf('peer-failed'), statusOf('quota')]).toEqual([
      400, 404, 502, 413,
    ]);
  });
});
