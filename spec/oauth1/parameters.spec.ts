import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAuthorization,
  formatPairs,
  parseAuthorization,
  parsePairs,
  percentEncode,
} from '../../src/oauth1/index.js';

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

  it('is read in linear time, also when it is hostile', () => {
    const hostile = `OAuth a=""${' '.repeat(50_000)}x`;
    const started = process.hrtime.bigint();
    expect(() => parseAuthorization(hostile)).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(500);
  });
});
