import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJwkSet, readSignature, type ReceivedRequest } from '../../src/http-signatures/index.js';
import { quickest } from '../support/stopwatch.js';
import { NEXTCLOUD, OCM, requestWith, SUPERSET } from './support.js';

/** Milliseconds for which nothing that others send may hold the event loop (ruling F-60). */
const MOST_HELD = 50;
const HELD = { enough: MOST_HELD };

const KIB = 1024;

describe('whatever stands in a request', () => {
  const NAMES = ['signature', 'signature-input', 'content-digest', 'digest', 'date', 'content-length', 'host'];
  const parts = fc.constantFrom(
    ...[
      'ocm',
      'sig1',
      '=',
      '(',
      ')',
      '"',
      ':',
      ';',
      ',',
      ' ',
      '\\',
      '@method',
      'keyid',
      'tag="ocm"',
      'created=1790000000',
    ],
    ...[
      'keyId="a"',
      'algorithm="rsa-sha512"',
      'headers="',
      'signature="',
      'AAAA',
      '?1',
      '%',
      '-',
      '1.5',
      '\u00e9',
      '\0',
    ],
  );
  const value = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.array(parts, { maxLength: 40 }).map((each) => each.join('')),
    fc.constantFrom(...Object.values(SUPERSET.headers), ...Object.values(NEXTCLOUD.headers)),
  );
  const rawHeaders = fc
    .array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 12 })
    .map((pairs): string[] => pairs.flat());

  it('is read into one of four answers, without a throw', () => {
    fc.assert(
      fc.property(rawHeaders, fc.uint8Array({ maxLength: 60 }), fc.string(), (headers, body, target) => {
        const request: ReceivedRequest = { method: 'POST', origin: OCM.origin, target, rawHeaders: headers, body };
        expect(['unsigned', 'cavage', 'rfc9421', 'broken']).toContain(readSignature(request).kind);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is never believed when one character of a signed request is another one', async () => {
    const { verifierFor, from } = await import('./support.js');
    const changed = fc.tuple(
      fc.constantFrom(SUPERSET, NEXTCLOUD),
      fc.nat(),
      fc.nat(),
      fc.constantFrom('a', 'A', '0', ' ', ';', '"', '='),
    );
    await fc.assert(
      fc.asyncProperty(changed, async ([signed, which, where, sign]) => {
        const names = Object.keys(signed.headers).filter((name) => !['host', 'content-type'].includes(name));
        const name = names[which % names.length] ?? '';
        const before = signed.headers[name] ?? '';
        const at = where % before.length;
        const after = before.slice(0, at) + sign + before.slice(at + 1);
        fc.pre(after !== before);
        const { verifier } = await verifierFor(signed);
        const request = requestWith(signed, { headers: { [name]: after } });
        const outcome = await verifier.verify(request, from('alder.example')).catch(() => undefined);
        if (outcome !== undefined) expect(meaningOf(after)).toBe(meaningOf(before));
      }),
      { numRuns: 300 },
    );
  });
});

/**
 * A structured field as it is read: blanks between its parts say nothing, nor do the bits of the last character that
 * base64 has to spare, for which a reader should not refuse it (RFC 8941 4.2.7).
 */
function meaningOf(field: string): string {
  const bytes = (base64: string): string => Buffer.from(base64, 'base64').toString('base64');
  return field.replaceAll(' ', '').replace(/:([A-Za-z0-9+/]+={0,2}):/g, (_, base64: string) => `:${bytes(base64)}:`);
}

describe('the event loop', () => {
  const body = Buffer.alloc(50 * KIB, 'x');
  const big = (headers: Readonly<Record<string, string>>, signed = SUPERSET): ReceivedRequest =>
    requestWith(signed, { headers, body });
  const crowd = Array.from({ length: 1_000 }, (_, at) => [`x-${String(at)}`, 'x']).flat();

  it.each([
    ['blanks', big({ 'signature-input': ' '.repeat(8 * KIB) })],
    ['members', big({ 'signature-input': `${'a,'.repeat(4 * KIB - 1)}a` })],
    ['parameters', big({ 'signature-input': `ocm=()${';a'.repeat(4 * KIB - 10)}` })],
    ['components', big({ 'signature-input': `ocm=(${'"date" '.repeat(1_000)})` })],
    ['octets', big({ signature: `ocm=:${'A'.repeat(8_000)}:` })],
    ['escapes', big({ 'signature-input': `a="${'\\"'.repeat(4_000)}"` })],
    ['digests', big({ 'content-digest': `${'sha-512=:AA==:,'.repeat(500)}sha-512=:AA==:` })],
    ['quotes of the draft', big({ signature: `keyId="${'a'.repeat(8_000)}` }, NEXTCLOUD)],
    ['commas of the draft', big({ signature: `keyId="a"${','.repeat(8_000)}` }, NEXTCLOUD)],
    ['words before the draft', big({ signature: 'keyId=a,'.repeat(2_000) }, NEXTCLOUD)],
    ['digests of the draft', big({ digest: `${'SHA-512=AAAA,'.repeat(1_000)}SHA-512=AAAA` }, NEXTCLOUD)],
    ['headers', { ...requestWith(NEXTCLOUD), rawHeaders: [...crowd, ...requestWith(NEXTCLOUD).rawHeaders] }],
  ])('is held for less than 50 ms by a request of many %s (F-60)', (_what, request) => {
    expect(quickest(() => readSignature(request), HELD)).toBeLessThan(MOST_HELD);
  });

  it('is held for less than 50 ms by a set of the costliest keys (F-60)', () => {
    const keys = Array.from({ length: 200 }, (_, at) => ({ ...OCM.keys['rsa']?.jwk, alg: 'PS512', kid: String(at) }));
    expect(quickest(() => readJwkSet({ keys }), HELD)).toBeLessThan(MOST_HELD);
  });
});
