import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPeerUrl, isAllowed, webOriginOf } from '../../src/peers/index.js';

const ORIGINS = ['https://cloud-b.example', 'https://api.cloud-b.example:8443', 'https://shared.example/b'];

const allowed: readonly [why: string, url: string][] = [
  ['the plain origin', 'https://cloud-b.example'],
  ['a folder', 'https://cloud-b.example/v1/folder/1972'],
  ['the default port written out', 'https://cloud-b.example:443/v1/folder/1972'],
  ['the default port with a zero in front', 'https://cloud-b.example:0443/v1/folder/1972'],
  ['host and scheme in capitals', 'HTTPS://Cloud-B.Example/v1/folder/1972'],
  ['a trailing dot after the host', 'https://cloud-b.example./v1/folder/1972'],
  ['a registered port', 'https://api.cloud-b.example:8443/v1/folder/1972'],
  ['a query of its own', 'https://cloud-b.example/interop/result?key=a%2Fb&x=../y'],
  ['escaped letters in the path', 'https://cloud-b.example/folder/%C3%A4'],
  ['dots that are no segments', 'https://cloud-b.example/a..b/.../c.'],
  ['an address below a base path', 'https://shared.example/b/v1/folder/1'],
  ['the base path itself', 'https://shared.example/b'],
];

const refused: readonly [why: string, url: string][] = [
  ['another host', 'https://evil.example/v1/folder/1'],
  ['another scheme', 'http://cloud-b.example/v1/folder/1'],
  ['another port', 'https://cloud-b.example:8443/v1/folder/1'],
  ['the origin without its port', 'https://api.cloud-b.example/v1/folder/1'],
  ['a scheme of another kind', 'ftp://cloud-b.example/v1'],
  ['script', 'javascript:alert(1)//https://cloud-b.example/'],
  ['data', 'data:text/html,https://cloud-b.example/'],
  ['a relative address', '/v1/folder/1'],
  ['an address without scheme', '//cloud-b.example/v1'],
  ['a missing slash', 'https:/cloud-b.example/v1'],
  ['no slashes at all', 'https:cloud-b.example/v1'],
  ['a third slash', 'https:///cloud-b.example/v1'],
  ['user information', 'https://user@cloud-b.example/v1'],
  ['user and password', 'https://user:password@cloud-b.example/v1'],
  ['empty user information', 'https://@cloud-b.example/v1'],
  ['the origin as user information', 'https://cloud-b.example@evil.example/v1'],
  ['the origin as user and password', 'https://cloud-b.example:443@evil.example/'],
  ['a fragment', 'https://cloud-b.example/v1#folder'],
  ['an empty fragment', 'https://cloud-b.example/v1#'],
  ['the origin in the fragment', 'https://evil.example#.cloud-b.example'],
  ['a backslash after the host', 'https://cloud-b.example\\@evil.example/'],
  ['backslashes instead of slashes', 'https:\\\\cloud-b.example\\v1'],
  ['a backslash in the path', 'https://cloud-b.example/v1\\..\\admin'],
  ['a backslash in the query', 'https://cloud-b.example/v1?a=\\'],
  ['a tab', 'https://cloud-b\t.example/v1'],
  ['a newline', 'https://cloud-b.example\n/v1'],
  ['a carriage return in the path', 'https://cloud-b.example/v1\r\nSet-Cookie: a'],
  ['a space in front', ' https://cloud-b.example/v1'],
  ['a space in the path', 'https://cloud-b.example/v 1'],
  ['a NUL', 'https://cloud-b.example/v1\0'],
  ['a dot segment', 'https://cloud-b.example/v1/../admin'],
  ['a single dot segment', 'https://cloud-b.example/./v1'],
  ['an escaped dot segment', 'https://cloud-b.example/v1/%2e%2E/admin'],
  ['a half escaped dot segment', 'https://cloud-b.example/v1/.%2e/admin'],
  ['an escaped slash hiding a dot segment', 'https://cloud-b.example/v1/a%2f..%2fadmin'],
  ['an escaped backslash hiding a dot segment', 'https://cloud-b.example/v1/a%5c..%5cadmin'],
  ['a dot segment at the end', 'https://cloud-b.example/v1/..'],
  ['an escaped NUL', 'https://cloud-b.example/v1/%00'],
  ['an escaped newline', 'https://cloud-b.example/v1/%0d%0aX'],
  ['a broken escape', 'https://cloud-b.example/v1/%zz'],
  ['an overlong escape', 'https://cloud-b.example/v1/%c0%ae%c0%ae/'],
  ['the host as a prefix', 'https://cloud-b.example.evil.example/v1'],
  ['the host as a suffix', 'https://notcloud-b.example/v1'],
  ['a host below', 'https://a.cloud-b.example/v1'],
  ['a host above', 'https://example/v1'],
  ['two trailing dots', 'https://cloud-b.example../v1'],
  ['an escaped host', 'https://cloud%2db.example/v1'],
  ['a full-width host', 'https://ｃloud-b.example/v1'],
  ['a Cyrillic look-alike', 'https://сloud-b.example/v1'],
  ['the look-alike as an A-label', 'https://xn--loud-b-7nf.example/v1'],
  ['an ideographic full stop', 'https://cloud-b。example/v1'],
  ['a soft hyphen', 'https://cloud\u00ad-b.example/v1'],
  ['an empty port', 'https://cloud-b.example:/v1'],
  ['a port out of range', 'https://cloud-b.example:99999/v1'],
  ['a sibling of the base path', 'https://shared.example/bad/v1'],
  ['a sibling with a number', 'https://shared.example/b2'],
  ['the origin above the base path', 'https://shared.example/'],
  ['the base path in other letters', 'https://shared.example/B/v1'],
  ['an escape from the base path', 'https://shared.example/b/../other'],
  ['nothing', ''],
  ['far too long an address', `https://cloud-b.example/${'a'.repeat(3_000)}`],
];

describe('addresses that a peer sends', () => {
  it.each(allowed)('PRO-03 allows %s', (_why, url) => {
    expect(isAllowed(url, ORIGINS)).toBe(true);
    expect(ORIGINS.some((origin) => checkPeerUrl(url, ORIGINS).href.startsWith(`${new URL(origin).protocol}//`))).toBe(
      true,
    );
  });

  it.each(refused)('PRO-03 refuses %s', (_why, url) => {
    expect(isAllowed(url, ORIGINS)).toBe(false);
    expect(() => checkPeerUrl(url, ORIGINS)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  it('PRO-03 refuses everything when no origin is registered', () => {
    expect(isAllowed('https://cloud-b.example/', [])).toBe(false);
  });

  it('PRO-03 whatever is appended to the host without a slash, the address is not on the origin', () => {
    const tail = fc
      .string({ minLength: 1, unit: 'binary-ascii' })
      .filter((text) => !/^(?:[/?]|\.(?:[/?]|$)|:0*443(?:[/?]|$))/.test(text));
    fc.assert(
      fc.property(tail, (text) => {
        expect(isAllowed(`https://cloud-b.example${text}`, ['https://cloud-b.example'])).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('G7 an origin has a lower-case host, no default port and no trailing dot', () => {
    const origins = [
      'https://Cloud-B.Example:443/x',
      'http://h.example:80',
      'https://h.example.:8443/',
      'https://[::1]:443/',
    ];
    expect(origins.map((text) => webOriginOf(new URL(text)))).toEqual([
      'https://cloud-b.example',
      'http://h.example',
      'https://h.example:8443',
      'https://[::1]',
    ]);
  });
});
