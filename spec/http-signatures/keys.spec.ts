import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hostOfKeyId, jwkSet, readJwk, readJwkSet, readRsaPem } from '../../src/http-signatures/index.js';
import { OCM } from './support.js';

const ed = generateKeyPairSync('ed25519').publicKey;
const rsa = OCM.keys['rsa'];
const jwkOf = (name: string): object => OCM.keys[name]?.jwk ?? {};

describe('our own set of keys', () => {
  it('has Ed25519 keys with id and algorithm, and nothing private', () => {
    const set = jwkSet([{ keyId: 'alder.example#key1', key: ed }]);
    const { x } = ed.export({ format: 'jwk' });
    expect(set).toEqual({
      keys: [{ kty: 'OKP', crv: 'Ed25519', x, kid: 'alder.example#key1', alg: 'Ed25519', use: 'sig' }],
    });
    const [read] = readJwkSet(set);
    expect(read?.keyId).toBe('alder.example#key1');
    expect(read?.key.equals(ed)).toBe(true);
  });

  it('leaves out the private half of a pair', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    expect(Object.keys(jwkSet([{ keyId: 'a#b', key: privateKey }]).keys[0] ?? {})).not.toContain('d');
  });

  it('has no place for keys of other kinds', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(() => jwkSet([{ keyId: 'a#b', key: publicKey }])).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});

describe('a key in the set of a peer', () => {
  it.each([
    ['Ed25519', { ...jwkOf('ed25519'), alg: 'Ed25519' }, 'ed25519'],
    ['Ed25519 by its older name', { ...jwkOf('ed25519'), alg: 'EdDSA' }, 'ed25519'],
    ['Ed25519 that leaves its algorithm to its kind', jwkOf('ed25519'), 'ed25519'],
    ['RSA', { ...jwkOf('rsa'), alg: 'RS256', use: 'sig' }, 'rsa-v1_5-sha256'],
    ['RSA PSS', { ...jwkOf('rsa'), alg: 'PS512' }, 'rsa-pss-sha512'],
    ['P-256', { ...jwkOf('p256'), alg: 'ES256' }, 'ecdsa-p256-sha256'],
    ['P-384', { ...jwkOf('p384'), alg: 'ES384' }, 'ecdsa-p384-sha384'],
  ])('is read: %s', (_what, jwk, algorithm) => {
    expect(readJwk({ ...jwk, kid: 'k' })).toMatchObject({ keyId: 'k', algorithm });
  });

  it.each([
    ['none', { ...jwkOf('rsa'), kid: 'k', alg: 'none' }],
    ['HMAC', { kty: 'oct', k: 'AAAA', kid: 'k', alg: 'HS256' }],
    ['an RSA key under the name of HMAC', { ...jwkOf('rsa'), kid: 'k', alg: 'HS256' }],
    ['RSA that could be two algorithms', { ...jwkOf('rsa'), kid: 'k' }],
    ['an algorithm of another kind of key', { ...jwkOf('rsa'), kid: 'k', alg: 'EdDSA' }],
    ['a curve that the algorithm has not', { ...jwkOf('p384'), kid: 'k', alg: 'ES256' }],
    ['a key for encryption', { ...jwkOf('ed25519'), kid: 'k', use: 'enc' }],
    ['no id', jwkOf('ed25519')],
    ['an empty id', { ...jwkOf('ed25519'), kid: '' }],
    ['an id that is no text', { ...jwkOf('ed25519'), kid: 7 }],
    ['a key that is none', { kty: 'OKP', crv: 'Ed25519', x: 'AAAA', kid: 'k' }],
    ['a number without end', { kty: 'RSA', n: 'A'.repeat(1_025), e: 'AQAB', kid: 'k', alg: 'RS256' }],
    ['a member of another type', { ...jwkOf('ed25519'), x: 7, kid: 'k' }],
    ['RSA of 1024 bits', { ...smallRsa(1_024), kid: 'k', alg: 'RS256' }],
    ['RSA with an exponent that takes long', { ...jwkOf('rsa'), e: Object(jwkOf('rsa')).n, kid: 'k', alg: 'RS256' }],
    ['null', null],
    ['a text', 'key'],
  ])('is passed over (OCM-03): %s', (_what, jwk) => {
    expect(readJwk(jwk)).toBeUndefined();
  });

  it('that shares its id with another names nothing', () => {
    const [one, other] = [jwkOf('ed25519'), { ...jwkOf('p256'), alg: 'ES256' }];
    const keys = [
      { ...one, kid: 'a' },
      { ...other, kid: 'a' },
      { ...one, kid: 'b' },
    ];
    expect(readJwkSet({ keys }).map(({ keyId }) => keyId)).toEqual(['b']);
  });

  it('is one of the first 32; what is no set is refused', () => {
    const keys = Array.from({ length: 40 }, (_, at) => ({ ...jwkOf('ed25519'), kid: `k${String(at)}` }));
    expect(readJwkSet({ keys })).toHaveLength(32);
    for (const none of [null, [], 'keys', {}, { keys: {} }])
      expect(() => readJwkSet(none)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});

function smallRsa(modulusLength: number): object {
  return generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
}

describe('the RSA key of a discovery document', () => {
  it('is read as SPKI and as PKCS #1', () => {
    const pkcs1 = createPublicKey(rsa?.public ?? '')
      .export({ type: 'pkcs1', format: 'pem' })
      .toString();
    for (const pem of [rsa?.public ?? '', pkcs1]) {
      expect(readRsaPem('https://alder.example/ocm#signature', pem)).toMatchObject({ algorithm: undefined });
    }
  });

  it.each([
    ['nothing', ''],
    ['something else', 'ssh-rsa AAAA'],
    ['another kind', ed.export({ type: 'spki', format: 'pem' }).toString()],
    ['1024 bits', pemOfBits(1_024)],
    ['a private key', OCM.keys['rsa']?.private ?? ''],
    ['a text without end', `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(5_000)}`],
    ['a key with no key in it', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'],
  ])('is refused: %s', (_what, pem) => {
    expect(() => readRsaPem('https://alder.example/ocm#signature', pem)).toThrow(
      expect.objectContaining({ code: 'invalid' }),
    );
  });
});

function pemOfBits(modulusLength: number): string {
  return generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

describe('the host in the id of a key', () => {
  it.each([
    ['https://alder.example/ocm#signature', 'alder.example'],
    ['https://alder.example:8443/cloud/ocm#signature', 'alder.example:8443'],
    ['http://127.0.0.1:8081/ocm#signature', '127.0.0.1:8081'],
    ['https://Alder.Example.:443/ocm#signature', 'alder.example'],
    ['alder.example#key1', 'alder.example'],
    ['alder.example:8443#key1', 'alder.example:8443'],
    ['[2001:db8::1]:8443#key1', '[2001:db8::1]:8443'],
    ['key-2026', undefined],
    ['#key', undefined],
    ['a@alder.example#key', undefined],
    ['alder.example/ocm#key', undefined],
    ['https://a@alder.example/ocm#signature', undefined],
    ['https://', undefined],
    ['https:#key', undefined],
  ])('%s: %s', (keyId, host) => {
    expect(hostOfKeyId(keyId)).toBe(host);
  });
});
