import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAuthorization,
  formatPairs,
  parseAuthorization,
  parsePairs,
  percentEncode,
} from '../../src/oauth1/index.js';
import { quickest } from '../support/stopwatch.js';

const pairs = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })));

describe('form-encoded parameters', () => {
  it('survive being written and read, whatever they hold', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        expect(parsePairs(formatPairs(list))).toEqual(list);
      }),
    );
  });

  it('are read like URLSearchParams reads them, where that is not more lenient', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const text = new URLSearchParams(list.map(([name, value]) => [name, value])).toString();
        expect(parsePairs(text)).toEqual([...new URLSearchParams(text)]);
      }),
    );
  });

  it('keep order and repeats', () => {
    expect(parsePairs('b=2&a=1&b=1')).toEqual([
      ['b', '2'],
      ['a', '1'],
      ['b', '1'],
    ]);
  });

  it.each(['a=%', 'a=%4', 'a=%zz', '%=1', 'a=%FF', 'a=%C3', 'a=%C0%AF', 'a=%ED%A0%80'])('are refused as %s', (text) => {
    expect(() => parsePairs(text)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  it('are read by the label of the form where they are not UTF-8, and keep their octets (F-43)', () => {
    const [word, other] = parsePairs('n%E9=caf%e9+%7E%26&b=%C3%A9', 'iso-8859-1');
    expect([word?.[0], word?.[1], word?.encoded]).toEqual(['né', 'café ~&', ['n%E9', 'caf%E9%20~%26']]);
    expect(other).toEqual(['b', 'é']);
    for (const text of ['a=%E9%', 'a=%E9%4', 'a=%zz', 'a=\u20ac%E9']) {
      expect(() => parsePairs(text, 'iso-8859-1')).toThrow(expect.objectContaining({ code: 'invalid' }));
    }
  });

  it('DOS-02 are a thousand at most', () => {
    expect(parsePairs('a&'.repeat(1_000))).toHaveLength(1_000);
    expect(() => parsePairs('a&'.repeat(1_001))).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});

describe('percent-encoding', () => {
  it('leaves letters, digits and four signs alone and writes upper-case escapes (RFC 5849 3.6)', () => {
    expect(percentEncode("azAZ09-._~ !'()*+/=?%\u00e9\u{1f600}")).toBe(
      'azAZ09-._~%20%21%27%28%29%2A%2B%2F%3D%3F%25%C3%A9%F0%9F%98%80',
    );
  });

  it('refuses half a surrogate pair', () => {
    expect(() => percentEncode('a\ud83d')).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});

describe('the Authorization header', () => {
  it('survives being written and read', () => {
    const names = fc.string({ unit: 'binary', minLength: 1 }).filter((name) => name.toLowerCase() !== 'realm');
    const list = fc.uniqueArray(fc.tuple(names, fc.string({ unit: 'binary' })), {
      minLength: 1,
      selector: ([name]) => name,
    });
    fc.assert(
      fc.property(list, (pairs) => {
        expect(parseAuthorization(formatAuthorization(pairs))).toEqual(pairs);
      }),
    );
  });

  it.each(['a="1", a="2"', 'a="1", %61="1"'])('OAU-08 is refused when it names a parameter twice: %s', (pairs) => {
    expect(() => parseAuthorization(`OAuth ${pairs}`)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  it('DOS-02 has a thousand parameters at most', () => {
    const header = (count: number): string =>
      formatAuthorization(Array.from({ length: count }, (_, at) => [`a${String(at)}`, '']));
    expect(parseAuthorization(header(1_000))).toHaveLength(1_000);
    expect(() => parseAuthorization(header(1_001))).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  it.each([
    ['a comma behind the scheme', 'OAuth, a="1", b="2"'],
    ['blanks and a comma behind the scheme', 'OAuth \t ,a="1",b="2"'],
    ['empty elements', 'OAuth a="1",, ,\t,b="2", ,'],
    ['blanks around every sign', 'OAuth  a = "1"\t,\tb\t=\t"2"  '],
    ['bare values', 'OAuth a=1, b=2'],
    ['escapes in quotes', 'OAuth a="\\1", b="2"'],
    ['a realm with escapes, commas and per cent', 'OAuth realm="a \\"b\\" \\\\, c=\\"d\\" 100%", a="1", b="2"'],
    ['a realm in capitals at the end', 'oauth a="1", b="2", Realm=""'],
  ])('is a list as RFC 9110 5.6.1 has it, with %s (F-42)', (_what, header) => {
    expect(parseAuthorization(header)).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it.each([
    'OAuth a="1" b="2"',
    'OAuth a="1',
    'OAuth a="1\\"',
    'OAuth a',
    'OAuth ="1"',
    'OAuth a=',
    'OAuth a="1";b="2"',
  ])('is refused where it is no list: %s (F-42)', (header) => {
    expect(() => parseAuthorization(header)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  it.each([
    ['blanks behind a value', `OAuth a=""${' '.repeat(50_000)}x`],
    ['blanks behind a comma', `OAuth a="",${' '.repeat(50_000)};`],
    ['a name without end', `OAuth ${'a'.repeat(50_000)}`],
    ['quotes without end', `OAuth a="${'\\"'.repeat(50_000)}`],
    ['commas', `OAuth ${','.repeat(50_000)};`],
  ])('is read in linear time, also when it is hostile: %s (F-42)', (_what, hostile) => {
    const read = (): void =>
      expect(() => parseAuthorization(hostile)).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(quickest(read, { enough: 50 })).toBeLessThan(50);
  });
});
