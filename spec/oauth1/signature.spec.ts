import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  baseString,
  bodyHash,
  parsePairs,
  signature,
  signatureMatches,
  signingKey,
  type Pair,
} from '../../src/oauth1/index.js';

const DPF = 'dpf43f3p2l4k3l03';

/** The three signed requests of RFC 5849 1.2. */
const RFC_1_2 = [
  {
    title: 'temporary credentials',
    method: 'POST',
    origin: 'https://photos.example.net',
    target: '/initiate',
    oauth: `oauth_consumer_key=${DPF}&oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131200&oauth_nonce=wIjqoS&oauth_callback=http%3A%2F%2Fprinter.example.com%2Fready`,
    tokenSecret: '',
    expected: '74KNZJeDHnMBp0EMJ9ZHt/XKycU=',
  },
  {
    title: 'token credentials',
    method: 'POST',
    origin: 'https://photos.example.net',
    target: '/token',
    oauth: `oauth_consumer_key=${DPF}&oauth_token=hh5s93j4hdidpola&oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131201&oauth_nonce=walatlh&oauth_verifier=hfdp7dh39dks9884`,
    tokenSecret: 'hdhd0244k9j7ao03',
    expected: 'gKgrFCywp7rO0OXSjdot/IHF7IU=',
  },
  {
    title: 'a protected photo',
    method: 'GET',
    origin: 'http://photos.example.net',
    target: '/photos?file=vacation.jpg&size=original',
    oauth: `oauth_consumer_key=${DPF}&oauth_token=nnch734d00sl2jdk&oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131202&oauth_nonce=chapoH`,
    tokenSecret: 'pfkkdhi9sl3r4s00',
    expected: 'MdpQcU8iPSUjWoN/UDMsK2sui9I=',
  },
];

describe('a signature', () => {
  it.each(RFC_1_2)('is that of RFC 5849 1.2: $title', ({ method, origin, target, oauth, tokenSecret, expected }) => {
    const base = baseString({ method, origin, target, extra: parsePairs(oauth) });
    expect(signature('HMAC-SHA1', base, signingKey('kd94hf93k423kf44', tokenSecret))).toBe(expected);
  });

  it('is r6/TJjbCOr97/+UU0NsvSne7s5g= for RFC 5849 3.4.1.1; the one printed there does not belong to its secrets', () => {
    const oauth: Pair[] = parsePairs(
      'oauth_consumer_key=9djdj82h48djs9d2&oauth_token=kkk9d7dh3k39sjv7&oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131201&oauth_nonce=7d8f3e4a',
    );
    const target = '/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b';
    const extra = [...oauth, ...parsePairs('c2&a3=2+q')];
    const base = baseString({ method: 'POST', origin: 'http://example.com', target, extra });
    expect(signature('HMAC-SHA1', base, signingKey('j49sk3j29djd', 'dh893hdasih9'))).toBe(
      'r6/TJjbCOr97/+UU0NsvSne7s5g=',
    );
  });

  it('is that of the storage API contract', () => {
    const oauth =
      'oauth_consumer_key=desk-consumer-000000000000000000001&oauth_token=tokA0000000000000000000000000001' +
      '&oauth_nonce=7d8f3e4a7d8f3e4a1&oauth_timestamp=1418000000&oauth_version=1.0&oauth_signature_method=HMAC-SHA1';
    const target = '/v1/folder/0/contents';
    const base = baseString({ method: 'GET', origin: 'http://cloud-a.example:8080', target, extra: parsePairs(oauth) });
    const key = signingKey('desk secret/1', 'tok+secret=1');
    expect(key).toBe('desk%20secret%2F1&tok%2Bsecret%3D1');
    expect(signature('HMAC-SHA1', base, key)).toBe('ZoM4qvNRdSOrCILS/Y/rZLrbcsQ=');
  });

  it('is the key itself for PLAINTEXT', () => {
    expect(signature('PLAINTEXT', 'whatever', signingKey('a b', ''))).toBe('a%20b&');
  });

  it('of HMAC-SHA256 is that of RFC 4231, test case 2', () => {
    const expected = Buffer.from('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843', 'hex');
    expect(signature('HMAC-SHA256', 'what do ya want for nothing?', 'Jefe')).toBe(expected.toString('base64'));
  });
});

describe('comparing signatures', () => {
  const good = signature('HMAC-SHA1', 'base', signingKey('consumer', 'token'));
  const twoLegged = signature('HMAC-SHA1', 'base', signingKey('consumer'));

  it('accepts the right one, with and without a token', () => {
    expect(signatureMatches(good, 'HMAC-SHA1', 'base', { consumerSecret: 'consumer', tokenSecret: 'token' })).toBe(
      true,
    );
    const secrets = { consumerSecret: 'consumer', tokenSecret: undefined };
    expect(signatureMatches(twoLegged, 'HMAC-SHA1', 'base', secrets)).toBe(true);
  });

  it.each(['', good.slice(0, -1), `${good}=`, good.toLowerCase(), twoLegged, 'x'.repeat(5_000)])(
    'refuses %j',
    (received) => {
      const secrets = { consumerSecret: 'consumer', tokenSecret: 'token' };
      expect(signatureMatches(received, 'HMAC-SHA1', 'base', secrets)).toBe(false);
    },
  );

  it.each([null, '', ' ', '\t\n'])(
    'OAU-01 never accepts the consumer secret %j, however well it was used',
    (secret) => {
      for (const method of ['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'] as const) {
        const received = signature(method, 'base', signingKey(secret ?? ''));
        expect(signatureMatches(received, method, 'base', { consumerSecret: secret, tokenSecret: undefined })).toBe(
          false,
        );
      }
    },
  );

  it.each([null, '', ' ', '\t\n'])('OAU-01 never accepts the token secret %j, however well it was used', (secret) => {
    for (const method of ['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'] as const) {
      const received = signature(method, 'base', signingKey('consumer', secret ?? ''));
      expect(signatureMatches(received, method, 'base', { consumerSecret: 'consumer', tokenSecret: secret })).toBe(
        false,
      );
    }
  });
});

describe('the stand-in for a secret that does not exist', () => {
  it('OAU-18 verifies nothing, though everybody can read it in the source', () => {
    const hmac = vi.spyOn(crypto, 'createHmac');
    syncBuiltinESMExports();
    onTestFinished(() => {
      hmac.mockRestore();
      syncBuiltinESMExports();
    });
    const nobody = { consumerSecret: null, tokenSecret: undefined };
    signatureMatches('x', 'HMAC-SHA1', 'base', nobody);
    const key = hmac.mock.lastCall?.[1] as string;
    expect(key).toContain('secret');
    expect(signatureMatches(signature('HMAC-SHA1', 'base', key), 'HMAC-SHA1', 'base', nobody)).toBe(false);
    expect(signatureMatches(key, 'PLAINTEXT', 'base', nobody)).toBe(false);
  });
});

describe('the body hash', () => {
  it('is that of the OAuth Request Body Hash draft', () => {
    expect(bodyHash('Hello World!', 'HMAC-SHA1')).toBe('Lve95gjOVATpfV8EL5X4nxwjKHE=');
  });

  it('of HMAC-SHA256 is the SHA-256', () => {
    expect(bodyHash('', 'HMAC-SHA256')).toBe('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
  });
});
