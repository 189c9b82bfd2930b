import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clashPrefix, freeName, isFailure, parseName, saveName, tameName } from '../../src/kernel/index.js';
import { anyText } from '../support/any-text.js';

function isRefused(text: string): boolean {
  try {
    parseName(text);
    return false;
  } catch (error) {
    return isFailure(error, 'invalid');
  }
}

describe('a name', () => {
  it('PTH-01 is refused when it could be something else than a name', () => {
    const controls = [
      ...Array.from({ length: 32 }, (_, code) => code),
      ...Array.from({ length: 33 }, (_, code) => 127 + code),
    ];
    for (const code of controls) expect([code, isRefused(`a${String.fromCharCode(code)}b`)]).toEqual([code, true]);
    for (const text of ['', '.', '..', 'a/b', 'a\\b', '/', '\ud800', 'a\udc00', '\udc00\ud800']) {
      expect([text, isRefused(text)]).toEqual([text, true]);
    }
  });

  it('PTH-02 may hold what only looks like an escape: it was decoded exactly once before', () => {
    expect(parseName('%2e')).toBe('%2e');
    expect(parseName('%252e%2f')).toBe('%252e%2f');
  });

  it('PTH-03 has at most 255 bytes of UTF-8 (F-33)', () => {
    expect(isRefused('a'.repeat(255))).toBe(false);
    expect(isRefused('a'.repeat(256))).toBe(true);
    expect(isRefused('€'.repeat(85))).toBe(false);
    expect(isRefused('€'.repeat(86))).toBe(true);
  });

  it('PTH-04 is kept in NFC, so that NFC and NFD twins are one; case twins stay two', () => {
    expect(parseName('Cafe\u0301')).toBe('Caf\u00e9');
    expect(parseName('Plans')).not.toBe(parseName('plans'));
  });

  it('PTH-05 may be what other systems reserve: contents never carry it on disk', () => {
    for (const text of ['CON', 'nul.txt', 'a.', 'a ', 'a:b', '-rf', '~', '#', '?']) expect(parseName(text)).toBe(text);
  });
});

describe('a free name', () => {
  it('gets a number before the extension when it is taken', () => {
    const taken = new Set(['Plans', 'Plans (2)', 'a.txt', '.profile']);
    const free = (wanted: string): string => freeName(wanted, (name) => taken.has(name));
    expect([free('New'), free('Plans'), free('a.txt'), free('.profile')]).toEqual([
      'New',
      'Plans (3)',
      'a (2).txt',
      '.profile (2)',
    ]);
  });

  it('stays within the length of a name', () => {
    const long = `${'x'.repeat(251)}.txt`;
    expect(freeName(long, (name) => name === long)).toBe(`${'x'.repeat(247)} (2).txt`);
    const dotted = `a.${'x'.repeat(253)}`;
    expect(freeName(dotted, (name) => name === dotted)).toBe(`a.${'x'.repeat(249)} (2)`);
  });

  it('is a name, whole, and none that is taken, whatever was wanted and however often (F-30)', () => {
    fc.assert(
      fc.property(anyText(), fc.integer({ min: 1, max: 12 }), (text, times) => {
        const wanted = tameName(text, 'Shared folder');
        const taken = new Set<string>();
        for (let count = 0; count < times; count += 1) {
          const name = freeName(wanted, (each) => taken.has(each));
          expect(taken.has(name)).toBe(false);
          expect(parseName(name)).toBe(name);
          expect(name.startsWith(clashPrefix(wanted))).toBe(true);
          taken.add(name);
        }
      }),
    );
  });
});

describe('a name that a stranger sent', () => {
  it('PTH-08 becomes one that we would take, whatever it was', () => {
    fc.assert(
      fc.property(fc.oneof(anyText(), fc.constantFrom('..', '.', '', '\u202e', 'a/../b')), (text) => {
        expect(isRefused(tameName(text, 'Shared folder'))).toBe(false);
      }),
    );
  });
});

describe('a name that a stranger sent, tamed', () => {
  it.each([
    ['AC\\DC', 'AC_DC'],
    ['a\u0007b', 'a b'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['👩\u200d🚀', '👩\u200d🚀'],
    ['\u200b\u2060', 'Shared folder'],
    ['👨‍👩‍👧‍👦'.repeat(20), '👨‍👩‍👧‍👦'.repeat(10)],
  ])('%j becomes %j (F-31)', (text, name) => {
    expect(tameName(text, 'Shared folder')).toBe(name);
  });
});

describe('a name to save under', () => {
  it('ends as it seems to end, and has no separators (F-32)', () => {
    expect(saveName('invoice\u202efdp.exe')).toBe('invoice_fdp.exe');
    expect(saveName('AC\\DC\u0000\ud800.mp3')).toBe('AC_DC__.mp3');
    expect(saveName('می\u200cخواهم.txt')).toBe('می\u200cخواهم.txt');
  });
});
