import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDavPath } from '../../../../src/doors/dav/requests/index.js';
import { encodeName, hrefOf } from '../../../../src/webdav/index.js';

const bad = (text: string) => expect(() => parseDavPath(text)).toThrow(expect.objectContaining({ code: 'invalid' }));

describe('a path of the door', () => {
  it('is split first and decoded once, into NFC', () => {
    expect(parseDavPath('/Plans/a%20b+c%2Bd.txt')).toEqual({ names: ['Plans', 'a b+c+d.txt'], endsInSlash: false });
    expect(parseDavPath('/')).toEqual({ names: [], endsInSlash: true });
    expect(parseDavPath('')).toEqual({ names: [], endsInSlash: true });
    expect(parseDavPath('///a/')).toEqual({ names: ['a'], endsInSlash: true });
  });

  it('decodes an escaped percent sign once only (DC-09, PTH-02)', () => {
    expect(parseDavPath('/a%2525b').names).toEqual(['a%25b']);
    expect(parseDavPath('/%252e').names).toEqual(['%2e']);
  });

  it('is the same however its signs are escaped (DC-10)', () => {
    expect(parseDavPath('/a(1)[2]').names).toEqual(parseDavPath('/%61%281%29%5b2%5D').names);
  });

  it('names one item in NFC and NFD, and two in small and large letters (DC-20, PTH-04)', () => {
    expect(parseDavPath('/e%CC%81').names).toEqual(parseDavPath('/%C3%A9').names);
    expect(parseDavPath('/A').names).not.toEqual(parseDavPath('/a').names);
  });

  it('takes bytes that nobody has escaped, if they are UTF-8', () => {
    expect(parseDavPath(`/${Buffer.from('é').toString('latin1')}`).names).toEqual(['é']);
    bad(`/${String.fromCharCode(0xe9)}`);
  });

  it.each([
    '/.',
    '/..',
    '/%2e%2e',
    '/a/%2E',
    '/a%2fb',
    '/a%5cb',
    '/a\\b',
    '/%00',
    '/%1f',
    '/%7f',
    '/%c2%80',
    '/a//b',
    '/a//',
  ])('says 400 to %s (PTH-01, PTH-02)', bad);

  it('drops a lone dot where another cloud asks like this, and nothing else (open-cloud-mesh.md 8)', () => {
    const read = (text: string) => parseDavPath(text, { takesDots: true });
    expect(read('/.')).toEqual({ names: [], endsInSlash: true });
    expect(read('/./a/./b.txt')).toEqual({ names: ['a', 'b.txt'], endsInSlash: false });
    expect(read('/a/.')).toEqual({ names: ['a'], endsInSlash: true });
    expect(read('/.hidden/x.').names).toEqual(['.hidden', 'x.']);
    for (const text of ['/..', '/a/..', '/%2e', '/a//b', '/./..']) {
      expect(() => read(text)).toThrow(expect.objectContaining({ code: 'invalid' }));
    }
  });

  it.each(['/%c0%ae', '/%ed%a0%80', '/%ff', '/%', '/%4', '/%zz'])('says 400 to %s, which is no UTF-8 (PTH-02)', bad);

  it('has names of 255 bytes, 64 levels and 4 096 bytes at most (PTH-03)', () => {
    expect(parseDavPath(`/${encodeName('é'.repeat(127))}a`).names[0]).toHaveLength(128);
    bad(`/${encodeName('é'.repeat(128))}`);
    expect(parseDavPath('/a'.repeat(64)).names).toHaveLength(64);
    bad('/a'.repeat(65));
    const long = `/${'a'.repeat(255)}`.repeat(16);
    expect(parseDavPath(long).names).toHaveLength(16);
    bad(`${long}/a`);
  });
});

describe('an address that the door writes', () => {
  it('escapes every byte but letters, digits and four signs (DC-08, DC-34)', () => {
    expect(encodeName(`a%b c+d[e](f)'é`)).toBe('a%25b%20c%2Bd%5Be%5D%28f%29%27%C3%A9');
    expect(hrefOf('/dav', ['Plans', 'a b'], 'folder')).toBe('/dav/Plans/a%20b/');
    expect(hrefOf('/dav', ['x.txt'], 'file')).toBe('/dav/x.txt');
    expect(hrefOf('/dav', [], 'folder')).toBe('/dav/');
  });

  it('is read back as the names that it was made of (DC-08)', () => {
    const name = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .map((text) => text.normalize('NFC'))
      .filter((text) => !/[\p{Cc}\p{Surrogate}/\\]|^\.{1,2}$/u.test(text) && text !== '');
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), (names) => {
        expect(parseDavPath(hrefOf('/dav', names, 'file').slice('/dav'.length)).names).toEqual(names);
      }),
    );
  });
});
