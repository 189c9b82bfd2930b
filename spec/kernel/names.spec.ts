import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayText, freeName, isFailure, parseName, tameName } from '../../src/kernel/index.js';

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

  it('PTH-03 has at most 100 characters and 255 bytes', () => {
    expect(isRefused('a'.repeat(100))).toBe(false);
    expect(isRefused('a'.repeat(101))).toBe(true);
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
    const long = `${'x'.repeat(96)}.txt`;
    expect(freeName(long, (name) => name === long)).toHaveLength(100);
  });
});

describe('a name that a stranger sent', () => {
  it('PTH-08 becomes one that we would take, whatever it was', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('..', '.', '', '\u202e', 'a/../b')),
        (text) => {
          expect(isRefused(tameName(text, 'Shared folder'))).toBe(false);
        },
      ),
    );
  });
});

describe('text for display', () => {
  it('PRO-08 loses control, bidirectional and invisible characters and is cut', () => {
    expect(displayText(' A\u202Ena\u0007\r\nLopez\u200B\u2028 ')).toBe('AnaLopez');
    expect(displayText('abcdef', 3)).toBe('abc');
    expect(displayText('ab\u{1F600}', 3)).toBe('ab');
  });
});
