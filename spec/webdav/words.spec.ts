import { describe, expect, it } from 'vitest';
import { decodeName, encodeName, hrefOf, readDate, writeDate } from '../../src/webdav/index.js';

describe('a date', () => {
  const AT = Date.UTC(1994, 10, 6, 8, 49, 37);

  it.each([
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    '1994-11-06T08:49:37Z',
    '1994-11-06T09:49:37.000+01:00',
    ' Sun, 06 nov 1994 08:49:37 UTC ',
  ])('is read as programs write it: %s', (text) => {
    expect(readDate(text)).toBe(AT);
  });

  it.each([
    '',
    'yesterday',
    '784111777',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Sun, 32 Nov 1994 08:49:37 GMT',
    '1994-13-45T99:00:00Z',
    'x'.repeat(100),
    'Sun, 06 Nov 1924 08:49:37 GMT',
  ])('is nothing where it cannot be read: %s', (text) => {
    expect(readDate(text)).toBeUndefined();
  });

  it('is written by the second, as HTTP has it', () => {
    expect(writeDate(AT + 999)).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
  });
});

describe('a name in an address', () => {
  it.each([
    ['plain-._~1', 'plain-._~1'],
    ['a b', 'a%20b'],
    ['a+b', 'a%2Bb'],
    ['a%25b', 'a%2525b'],
    ['(1) [2]; "3"', '%281%29%20%5B2%5D%3B%20%223%22'],
    ['Grüße 🙂', 'Gr%C3%BC%C3%9Fe%20%F0%9F%99%82'],
  ])('DC-08 is escaped byte by byte and read back: %s', (name, encoded) => {
    expect(encodeName(name)).toBe(encoded);
    expect(decodeName(encoded)).toBe(name);
    expect(decodeName(encoded.toLowerCase())).toBe(name.toLowerCase());
  });

  it('DC-09 DC-10 is decoded once, and whatever was not escaped stands for itself', () => {
    expect(decodeName('a%2525b')).toBe('a%25b');
    expect(decodeName('(a)+[b];é%c3%a9')).toBe('(a)+[b];éé');
  });

  it.each(['%', '%4', '%zz', '%ff', '%c3', '%ed%a0%80'])(
    'is nothing where an escape is broken or no UTF-8: %s',
    (segment) => {
      expect(decodeName(segment)).toBeUndefined();
    },
  );

  it('ends in a slash where it is a folder', () => {
    expect(hrefOf('/dav', ['a b', 'c'], 'folder')).toBe('/dav/a%20b/c/');
    expect(hrefOf('/dav', ['c'], 'file')).toBe('/dav/c');
    expect(hrefOf('/dav', [], 'folder')).toBe('/dav/');
  });
});
