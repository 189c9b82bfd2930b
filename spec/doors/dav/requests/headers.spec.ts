import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import {
  heldTo,
  readAddress,
  readChecksum,
  readDepth,
  readDestination,
  readDigest,
  readIf,
  readLockToken,
  readMtime,
  readOverwrite,
  readTimeout,
  tokensIn,
} from '../../../../src/doors/dav/requests/index.js';
import { quickest } from '../../../support/stopwatch.js';

const refused = (code: string) => expect.objectContaining({ code }) as Error;
const HOSTS = { publicUrl: 'https://alder.example', host: 'localhost:8080' };
const ROOT = { path: '/dav', takesDots: false };
const to = (text: string | undefined) => readDestination(text, ROOT, HOSTS);

describe('a destination', () => {
  it('is a whole address or a path', () => {
    expect(to('https://alder.example/dav/a%20b').names).toEqual(['a b']);
    expect(to('/dav/a/b/')).toEqual({ names: ['a', 'b'], endsInSlash: true });
    expect(to('http://localhost:8080/dav/x').names).toEqual(['x']);
    expect(to('/dav').names).toEqual([]);
  });

  it('is ours whatever its scheme, since TLS ends before us (DC-06)', () => {
    expect(to('http://alder.example/dav/x').names).toEqual(['x']);
    expect(to('https://localhost:8080/dav/x').names).toEqual(['x']);
    expect(to('https://ALDER.example:443/dav/x').names).toEqual(['x']);
  });

  it('is read below the root (DC-07)', () => {
    expect(to('https://alder.example/dav/dav/x').names).toEqual(['dav', 'x']);
  });

  it.each([
    'https://evil.example/dav/x',
    'https://alder.example:444/dav/x',
    '/davx/y',
    '/v1/file',
    'http://a@alder.example/dav/x',
  ])('is 502 elsewhere: %s (DAV-02)', (text) => {
    expect(() => to(text)).toThrow();
    if (!text.includes('@')) expect(() => to(text)).toThrow(refused('peer-failed'));
  });

  it.each([undefined, '', '/dav/a#b', '/dav/%zz', 'dav/a', '/dav/a?b', '/dav/../v1', '/dav/%2e%2e/x'])(
    'is 400 where it is none: %s (DAV-02)',
    (text) => {
      expect(() => to(text)).toThrow(refused('invalid'));
    },
  );

  it('of a condition may be outside', () => {
    expect(readAddress('http://evil.example/dav/x', ROOT, HOSTS)).toBe('outside');
    expect(readAddress('/public.php/webdav/x', ROOT, HOSTS)).toBe('at another root');
  });
});

describe('Depth, Overwrite, Timeout and Lock-Token', () => {
  it('are read as RFC 4918 writes them', () => {
    expect([readDepth('0'), readDepth(' 1 '), readDepth('Infinity'), readDepth(undefined)]).toEqual([
      0,
      1,
      'infinity',
      undefined,
    ]);
    expect([readOverwrite(undefined), readOverwrite('t'), readOverwrite('F')]).toEqual([true, true, false]);
    expect(readTimeout('Infinite, Second-10')).toBe(86_400);
    expect(readTimeout('Extend, Second-4100000000')).toBe(4_100_000_000);
    expect([readTimeout(undefined), readTimeout('soon')]).toEqual([undefined, undefined]);
    expect(readLockToken('<urn:uuid:1>')).toBe('urn:uuid:1');
  });

  it('are 400 where they cannot be read', () => {
    for (const text of ['2', '-1', '', 'infinite']) expect(() => readDepth(text)).toThrow(refused('invalid'));
    for (const text of ['', 'yes']) expect(() => readOverwrite(text)).toThrow(refused('invalid'));
    for (const text of [undefined, '', 'urn:uuid:1', '<>', '<a> <b>'])
      expect(() => readLockToken(text)).toThrow(refused('invalid'));
  });
});

describe('the time that a client says', () => {
  it('is in Unix seconds, its fraction cut (DC-32)', () => {
    expect(readMtime('1700000000')).toBe(1_700_000_000_000);
    expect(readMtime('1700000000.987')).toBe(1_700_000_000_000);
    expect(readMtime('253402300799')).toBe(253_402_300_799_000);
    expect(readMtime(undefined)).toBeUndefined();
  });

  it.each(['0', '-5', 'now', '1e9', '0x10', '253402300800', ''])('is 400 where it is none: %s', (text) => {
    expect(() => readMtime(text)).toThrow(refused('invalid'));
  });
});

describe('a checksum', () => {
  const bytes = Buffer.from('a footbridge between clouds');
  const sums: Record<string, string> = {
    SHA1: createHash('sha1').update(bytes).digest('hex'),
    MD5: createHash('md5').update(bytes).digest('hex'),
    SHA256: createHash('sha256').update(bytes).digest('hex'),
    ADLER32: '90ee0a19',
  };
  const held = (checksum: string | undefined, length?: number) =>
    buffer(
      heldTo(Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]), { checksum: readChecksum(checksum), length }),
    );

  it('is verified while the bytes pass, whatever its kind', async () => {
    for (const kind of ['SHA1', 'MD5', 'SHA256']) {
      const hex = sums[kind] ?? '';
      expect(await held(`${kind}:${hex.toUpperCase()}`)).toEqual(bytes);
      await expect(held(`${kind}:${hex.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))}`)).rejects.toThrow(
        refused('invalid'),
      );
    }
    // Known from RFC 1950: Adler-32 of "Wikipedia".
    const known = heldTo(Readable.from([Buffer.from('Wikipedia')]), {
      checksum: readChecksum('ADLER32:11e60398'),
      length: 9,
    });
    expect((await buffer(known)).toString()).toBe('Wikipedia');
    await expect(held('adler32:1')).rejects.toThrow(refused('invalid'));
  });

  it('of an unknown kind is no promise, and a broken one is 400', async () => {
    expect(readChecksum('SHA3-256:00')).toBeUndefined();
    expect(await held('CRC32:00')).toEqual(bytes);
    for (const text of ['SHA1', 'SHA1:zz', 'MD5:1234', ':', 'SHA1:'])
      expect(() => readChecksum(text)).toThrow(refused('invalid'));
  });

  it('may be a digest of RFC 9530', () => {
    const sha256 = createHash('sha256').update(bytes).digest();
    expect(readDigest({ 'repr-digest': `md5=:x:, sha-256=:${sha256.toString('base64')}:` })).toEqual(sha256);
    expect(readDigest({})).toBeUndefined();
    expect(() => readDigest({ 'content-digest': 'sha-256=x' })).toThrow(refused('invalid'));
  });

  it('is not the only promise: a body that was cut on its way is refused (DC-03)', async () => {
    expect(await held(undefined, bytes.length)).toEqual(bytes);
    await expect(held(undefined, bytes.length + 1)).rejects.toThrow(refused('invalid'));
    await expect(buffer(heldTo(Readable.from([]), { checksum: undefined, length: 5 }))).rejects.toThrow(
      refused('invalid'),
    );
  });
});

describe('If', () => {
  const list = (text: string) => readIf(text);

  it('is read as RFC 4918 10.4 writes it', () => {
    expect(list('(<urn:uuid:1> ["a b"]) (Not <DAV:no-lock>)')).toEqual([
      {
        resource: undefined,
        conditions: [
          { isNot: false, kind: 'token', value: 'urn:uuid:1' },
          { isNot: false, kind: 'etag', value: '"a b"' },
        ],
      },
      { resource: undefined, conditions: [{ isNot: true, kind: 'token', value: 'DAV:no-lock' }] },
    ]);
    expect(list('</dav/a> (<t:1>) (Not ["x"]) <http://h/dav/b>([W/"y"])')?.map(({ resource }) => resource)).toEqual([
      '/dav/a',
      '/dav/a',
      'http://h/dav/b',
    ]);
    expect(readIf(undefined)).toBeUndefined();
    expect(tokensIn(list('(<t:1>) (Not <t:2> ["e"]) (<t:1>)'))).toEqual(['t:1', 't:2']);
  });

  it.each([
    '',
    ' ',
    '()',
    '(',
    '(<t:1>',
    '<a>',
    '<a> <b> (<t:1>)',
    '(<t:1>) <a> (<t:2>)',
    'x (<t:1>)',
    '(<t:1>) x',
    '([a])',
    '(t:1)',
    '(<>)',
    '(Not)',
    '(["a)',
  ])('is 400 where it is malformed: %s', (text) => {
    expect(() => list(text)).toThrow(refused('invalid'));
  });

  it('costs no more than its length, and holds a bounded number of conditions', () => {
    const read = (): void => {
      expect(() => list('(' + '<t:1>'.repeat(10_000) + ')')).toThrow(refused('invalid'));
      expect(() => list('(Not '.repeat(10_000))).toThrow(refused('invalid'));
    };
    expect(quickest(read, { enough: 50 })).toBeLessThan(50);
  });
});
