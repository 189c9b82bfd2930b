import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../../../src/kernel/index.js';
import {
  movedAddress,
  parseAddress,
  printAddress,
  printContact,
  sameAddress,
  serverUrl,
} from '../../../src/federation/ocm/index.js';

describe('an OCM address', () => {
  it.each([
    ['ana@gw.example', 'ana', 'gw.example', ''],
    ['Ana@GW.example', 'Ana', 'gw.example', ''],
    ['ana@gw.example:8443', 'ana', 'gw.example:8443', ''],
    ['ana@gw.example:443', 'ana', 'gw.example', ''],
    ['ana@127.0.0.1:8081', 'ana', '127.0.0.1:8081', ''],
    ['ana@[2001:DB8::1]:8443', 'ana', '[2001:db8::1]:8443', ''],
    ['ana@mail.example@gw.example', 'ana@mail.example', 'gw.example', ''],
    ['4c51/==+@gw.example', '4c51/==+', 'gw.example', ''],
    ['ana b@gw.example', 'ana b', 'gw.example', ''],
    ['ana@https://gw.example', 'ana', 'gw.example', ''],
    ['ana@HTTPS://gw.example/', 'ana', 'gw.example', ''],
    ['ana@gw.example/index.php', 'ana', 'gw.example', ''],
    ['ana@gw.example/index.php/', 'ana', 'gw.example', ''],
    ['ana@gw.example/index.php//index.php/', 'ana', 'gw.example', ''],
    ['bob@peer.example/cloud', 'bob', 'peer.example', '/cloud'],
    ['bob@https://peer.example/a/cloud/index.php/', 'bob', 'peer.example', '/a/cloud'],
    ['id@gw.example@gw.example', 'id', 'gw.example', ''],
    ['id@https://gw.example@gw.example', 'id', 'gw.example', ''],
    ['id@https://GW.example:443/@gw.example', 'id', 'gw.example', ''],
    ['id@gw.example@gw.example@gw.example', 'id', 'gw.example', ''],
    ['id@https://gw.example/cloud@gw.example', 'id', 'gw.example', '/cloud'],
    ['id@other.example@gw.example', 'id@other.example', 'gw.example', ''],
    ['id@gw.example:8443@gw.example', 'id@gw.example:8443', 'gw.example', ''],
    ['@gw.example@gw.example', '@gw.example', 'gw.example', ''],
    ['YW5hQGlkcA@gw.example', 'YW5hQGlkcA', 'gw.example', ''],
  ])('%s is %s at %s%s', (text, id, host, path) => {
    const address = parseAddress(text);
    expect(address).toEqual({ id, host, path, isPlain: false });
    expect(printAddress(address)).toBe(`${id}@${host}${path}`);
    expect(parseAddress(printAddress(address))).toEqual(address);
  });

  it('keeps the scheme of a server on trial, and is the same without it', () => {
    const plain = parseAddress('ana@http://127.0.0.1:8081/');
    expect(printAddress(plain)).toBe('ana@http://127.0.0.1:8081');
    expect(serverUrl(plain)).toBe('http://127.0.0.1:8081');
    expect(parseAddress('ana@http://gw.example:80').host).toBe('gw.example');
    expect(sameAddress(plain, parseAddress('ana@127.0.0.1:8081'))).toBe(true);
  });

  it('is compared by identifier letter by letter, host and sub-folder', () => {
    const same = (a: string, b: string): boolean => sameAddress(parseAddress(a), parseAddress(b));
    expect(same('ana@gw.example', 'ana@GW.EXAMPLE:443')).toBe(true);
    expect(same('ana@gw.example', 'ana@gw.example@gw.example')).toBe(true);
    expect(same('ana@gw.example', 'Ana@gw.example')).toBe(false);
    expect(same('ana@gw.example', 'ana@gw.example/cloud')).toBe(false);
    expect(same('ana@gw.example', 'ana@gw.example:8443')).toBe(false);
  });

  it('of a contact is written as it was given, the host twice', () => {
    const sent = printContact('uuid@https://peer.example', 'peer.example');
    expect(sent).toBe('uuid@https://peer.example@peer.example');
    expect(printAddress(parseAddress(sent))).toBe('uuid@peer.example');
  });

  it('leads to its server, sub-folder and all', () => {
    expect(serverUrl(parseAddress('bob@peer.example/cloud/'))).toBe('https://peer.example/cloud');
  });

  it.each([
    ['nothing', ''],
    ['no server', 'ana'],
    ['an empty server', 'ana@'],
    ['no identifier', '@gw.example'],
    ['an identifier that nobody sees', '\u200b@gw.example'],
    ['a path that leads out', 'ana@gw.example/../x'],
    ['an escaped path', 'ana@gw.example/%2e%2e'],
    ['a query', 'ana@gw.example/?a'],
    ['a fragment', 'ana@gw.example#a'],
    ['a backslash', 'ana@gw.example\\x'],
    ['a port that is none', 'ana@gw.example:x'],
    ['a blank in the host', 'ana@gw example'],
    ['letters that look like others', 'ana@g\u0433.example'],
    ['a line break', 'ana\n@gw.example'],
    ['half a letter', 'ana\ud800@gw.example'],
    ['another scheme', 'ana@ftp://gw.example'],
    ['no end', `${'a'.repeat(1_024)}@gw.example`],
  ])('is refused with %s', (_what, text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  it('is read or refused, whatever it is; what is read is read again the same', () => {
    const parts = fc.constantFrom(
      'ana',
      '@',
      'gw.example',
      'https://',
      'http://',
      '/',
      '/index.php',
      '/cloud',
      ':8443',
      '.',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(parts, { maxLength: 12 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const address = parseAddress(text);
          expect(parseAddress(printAddress(address))).toEqual(address);
        } catch (error) {
          if (!isFailure(error, 'invalid')) throw error;
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('moves with its server, and with no other', () => {
    const at = (host: string, path = '', isPlain = false) => ({ host, path, isPlain });
    const [old, now] = [at('gw.example', '/cloud'), at('new.example:8443', '', true)];
    expect(movedAddress('ana@mail.example@gw.example/cloud', old, now)).toBe(
      'ana@mail.example@http://new.example:8443',
    );
    expect(movedAddress('ana@gw.example', old, now)).toBe('ana@gw.example');
    expect(movedAddress('ana@other.example/cloud', old, now)).toBe('ana@other.example/cloud');
  });
});
