import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSortKeys, keepItemName, sortKey } from '../../src/kernel/index.js';
import { anyNames, anyText } from '../support/any-text.js';

const KINDS = ['folder', 'file'] as const;

function inOrder(names: readonly string[]): string[] {
  return [...names].sort((a, b) => compareSortKeys(sortKey(a, 'file'), sortKey(b, 'file')));
}

describe('the key that folders are listed by (F-52)', () => {
  it('F-52 puts numbers in the order of their values, whatever script they are written in', () => {
    const names = [
      'file',
      'file 1',
      'file 2',
      'file 02',
      'file 9',
      'file 10',
      'file 0100',
      'file 12345678901234567890',
    ];
    // Zeros in front decide last.
    expect(inOrder(names.toReversed())).toEqual(inOrder(names));
    expect(inOrder(names).map((name) => Number(name.slice(4)))).toEqual([0, 1, 2, 2, 9, 10, 100, 12345678901234567890]);
    expect(inOrder(['\u0661\u0660', '\u0669', '8', '\uff11\uff11'])).toEqual([
      '8',
      '\u0669',
      '\u0661\u0660',
      '\uff11\uff11',
    ]);
    expect(inOrder(['v1.10', 'v1.9', 'v1.2.10', 'v1.2.9'])).toEqual(['v1.2.9', 'v1.2.10', 'v1.9', 'v1.10']);
  });

  it('F-52 does not tell case, accents and width apart, until nothing else differs', () => {
    expect(inOrder(['b', 'C', '\u00e4', 'A', 'a'])).toEqual(['a', 'A', '\u00e4', 'b', 'C']);
    expect(inOrder(['stra\u00dfe 2', 'STRASSE 1', 'Strasse 3'])).toEqual(['STRASSE 1', 'stra\u00dfe 2', 'Strasse 3']);
    expect(inOrder(['\uff22', 'a', '\ufb01n', 'fig'])).toEqual(['a', '\uff22', 'fig', '\ufb01n']);
    expect(inOrder(['\u0421\u0422\u041e', '\u0441\u0442'])).toEqual(['\u0441\u0442', '\u0421\u0422\u041e']);
  });

  it('F-52 leaves the vowels of a script in place', () => {
    const [kaam, kik] = ['\u0915\u093e\u092e', '\u0915\u093f\u0915'];
    expect(inOrder([kik, kaam])).toEqual([kaam, kik]);
  });

  it('F-52 puts every folder before every file', () => {
    fc.assert(
      fc.property(anyText(), anyText(), (folder, file) => {
        expect(compareSortKeys(sortKey(folder, 'folder'), sortKey(file, 'file'))).toBeLessThan(0);
      }),
    );
  });

  it('F-52 is one for any text: bounded, the same each time, and can be stored', () => {
    fc.assert(
      fc.property(anyText(), fc.constantFrom(...KINDS), (text, kind) => {
        const key = sortKey(text, kind);
        expect(sortKey(text, kind)).toBe(key);
        expect(Buffer.byteLength(key)).toBeLessThanOrEqual(512);
        expect(Buffer.from(key).toString()).toBe(key);
        expect(key).not.toContain('\0');
      }),
    );
  });

  it('F-52 is one total order of names, of which no two are alike', () => {
    fc.assert(
      fc.property(anyNames(), (texts) => {
        const names = [...new Set(texts.map(keepItemName))];
        const keys = names.map((name) => sortKey(name, 'file'));
        expect(new Set(keys).size).toBe(names.length);
        const sorted = inOrder(names);
        expect(inOrder(names.toReversed())).toEqual(sorted);
        expect(inOrder(sorted.map((name) => name.normalize('NFC')))).toEqual(sorted);
      }),
    );
  });
});
