import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  baseString,
  bodyHash,
  createSigner,
  parseAuthorization,
  parsePairs,
  signature,
  signingKey,
  type Credentials,
  type OutgoingRequest,
  type Pair,
  type SigningOptions,
} from '../../src/oauth1/index.js';
import { handClock, NOW, seededRandom } from './support.js';

const signer = () => createSigner({ clock: handClock(), random: seededRandom() });

const BO: Credentials = {
  consumerKey: 'desk-consumer',
  consumerSecret: 'desk secret/1',
  token: 'tokA',
  tokenSecret: 'tok+secret=1',
};

const TWO_LEGGED: Credentials = { consumerKey: 'desk-consumer', consumerSecret: 'desk secret/1' };

const listing: OutgoingRequest = { method: 'GET', url: new URL('https://cloud-a.example/v1/folder/0/contents') };

const valueOf = (pairs: readonly Pair[], name: string) => pairs.find(([found]) => found === name)?.[1];

/** What our verifying core makes of a signed request. */
function expectedSignature(
  { method, url, form = [] }: OutgoingRequest,
  header: readonly Pair[],
  who: Credentials,
): string {
  const base = baseString({
    method,
    origin: url.origin,
    target: url.pathname + url.search,
    extra: [...header, ...form],
  });
  const key = signingKey(who.consumerSecret, who.tokenSecret);
  return signature(valueOf(header, 'oauth_signature_method') as 'HMAC-SHA1', base, key);
}

function expectRight(request: OutgoingRequest, who: Credentials, options?: SigningOptions): void {
  const header = parseAuthorization(signer().header(request, who, options));
  expect(valueOf(header, 'oauth_signature')).toBe(expectedSignature(request, header, who));
}

describe('a signed header', () => {
  it('holds each protocol parameter once', () => {
    const header = parseAuthorization(signer().header(listing, BO));
    expect(header.map(([name]) => name).sort()).toEqual([
      'oauth_consumer_key',
      'oauth_nonce',
      'oauth_signature',
      'oauth_signature_method',
      'oauth_timestamp',
      'oauth_token',
      'oauth_version',
    ]);
  });

  it('names no token in a two-legged request', () => {
    const header = parseAuthorization(signer().header(listing, TWO_LEGGED));
    expect(valueOf(header, 'oauth_token')).toBeUndefined();
  });

  it('takes its time from the clock', () => {
    expect(valueOf(parseAuthorization(signer().header(listing, BO)), 'oauth_timestamp')).toBe(String(NOW));
  });

  it('DLV-05 shifts its time by what is known of the other clock', () => {
    const header = parseAuthorization(signer().header(listing, { ...BO, timestampOffset: -1_800 }));
    expect(valueOf(header, 'oauth_timestamp')).toBe(String(NOW - 1_800));
  });

  it('OAU-19 carries a nonce of 32 characters from the injected chance', () => {
    const nonceOf = (seed: string) => {
      const seeded = createSigner({ clock: handClock(), random: seededRandom(seed) });
      return valueOf(parseAuthorization(seeded.header(listing, BO)), 'oauth_nonce');
    };
    expect(nonceOf('a')).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(nonceOf('a')).toBe(nonceOf('a'));
    expect(nonceOf('a')).not.toBe(nonceOf('b'));
  });

  it('CRD-08 has another nonce every time', () => {
    const one = signer();
    const nonces = Array.from({ length: 100 }, () =>
      valueOf(parseAuthorization(one.header(listing, BO)), 'oauth_nonce'),
    );
    expect(new Set(nonces).size).toBe(100);
  });

  it('leaves the request as it was', () => {
    const form = Object.freeze([Object.freeze(['a', '1'] as const)]);
    const url = new URL('https://cloud-a.example/share?b=2');
    signer().header({ method: 'POST', url, form }, BO);
    expect(url.href).toBe('https://cloud-a.example/share?b=2');
    expect(form).toEqual([['a', '1']]);
  });

  it('covers a body hash together with the query', () => {
    const request = { method: 'POST', url: new URL('https://cloud-a.example/v1/folder?x=1') };
    expectRight(request, BO, { bodyHash: bodyHash('{}', 'HMAC-SHA1') });
    const header = signer().header(request, BO, { bodyHash: bodyHash('{}', 'HMAC-SHA1') });
    expect(valueOf(parseAuthorization(header), 'oauth_body_hash')).toBe(bodyHash('{}', 'HMAC-SHA1'));
  });

  it('covers further protocol parameters of the token calls', () => {
    expectRight(listing, TWO_LEGGED, { protocol: [['oauth_callback', 'http://desktop.example/?a=b c']] });
  });

  it('carries the key itself for PLAINTEXT over https', () => {
    const header = parseAuthorization(signer().header(listing, BO, { method: 'PLAINTEXT' }));
    expect(valueOf(header, 'oauth_signature')).toBe('desk%20secret%2F1&tok%2Bsecret%3D1');
  });

  it('OAU-02 is never PLAINTEXT over http, but in trial mode', () => {
    const request = { method: 'GET', url: new URL('http://cloud-a.example/') };
    const trial = createSigner({ clock: handClock(), random: seededRandom(), insecure: true });
    expect(() => signer().header(request, BO, { method: 'PLAINTEXT' })).toThrow(
      expect.objectContaining({ code: 'invalid' }),
    );
    expect(trial.header(request, BO, { method: 'PLAINTEXT' })).toContain('PLAINTEXT');
  });

  it.each<[string, Credentials]>([
    ['an empty consumer secret', { ...BO, consumerSecret: '' }],
    ['a blank consumer secret', { ...BO, consumerSecret: ' ' }],
    ['an empty token secret', { ...BO, tokenSecret: '' }],
    ['a token without a secret', { ...TWO_LEGGED, token: 'tokA' }],
    ['a token secret without a token', { ...TWO_LEGGED, tokenSecret: 'x' }],
  ])('OAU-01 is refused for %s', (_, credentials) => {
    expect(() => signer().header(listing, credentials)).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});

const words = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    '+',
    ' ',
    '%2F',
    'a=b=c',
    'x?y?',
    '__proto__',
    'constructor',
    'caf\u00e9',
    '\u{1f600}',
    'oauth_token',
    "!'()*",
    '&',
    '1',
    '10',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const someParameters = fc.array(fc.tuple(words, words), { maxLength: 6 });
const origins = fc.constantFrom(
  'https://cloud-a.example',
  'http://CLOUD-A.example:80',
  'https://cloud-a.example:443',
  'http://[2001:DB8::1]:8080',
  'https://b\u00fccher.example',
);
const paths = fc.constantFrom('', '/', '/v1/a%2fb', '/V1/Folder/', '/a+b', '/caf\u00e9', '/%7Ebo;x=1');
const methods = fc.constantFrom('get', 'POST', 'Put');
const signatureMethods = fc.constantFrom('HMAC-SHA1' as const, 'HMAC-SHA256' as const);

/** A query as browsers write it, half of the time, and as RFC 3986 does, the other half. */
function queryOf(pairs: readonly Pair[], browser: boolean): string {
  const encode = (text: string) =>
    browser ? new URLSearchParams([['', text]]).toString().slice(1) : encodeURIComponent(text);
  return pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

describe('any request', () => {
  it('OAU-09 is signed as our verifying core reads it, by the package or beside it', () => {
    const requests = fc.tuple(origins, paths, someParameters, fc.boolean(), someParameters, methods, signatureMethods);
    fc.assert(
      fc.property(requests, ([origin, path, query, browser, form, method, signatureMethod]) => {
        const url = new URL(`${origin}${path}${query.length === 0 ? '' : `?${queryOf(query, browser)}`}`);
        expectRight({ method, url, form }, BO, { method: signatureMethod });
        expectRight({ method, url, form }, TWO_LEGGED, { method: signatureMethod, bodyHash: 'x+/=' });
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    'a=1&a=2&a=10&a=1',
    'a=&a=1',
    'a&a=1',
    'a%5B%5D=1&c%40=2',
    'x=1=2',
    'x=a?b',
    'x=a+b',
    '__proto__=1',
    'constructor=1&constructor=2',
    '0=b&1=a',
    'oauth_nonce=mine',
    'oauth_signature=mine',
  ])('OAU-09 is signed right with the query %s, which the package alone gets wrong or nearly so', (query) => {
    expectRight({ method: 'GET', url: new URL(`http://Cloud-A.example:80?${query}`) }, BO);
  });

  it('is refused when a field is no Unicode text', () => {
    const request = { ...listing, form: [['a', '\ud83d']] as const };
    expect(() => signer().header(request, BO)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});

describe('a signed URL', () => {
  const callback = 'https://cloud-a.example/interop/result/k3J?share_id=2b%207c&x=a+b&x=%E2%82%AC&accepted=true';

  it('keeps the query that was there as it was written', () => {
    const signed = signer().signedUrl(new URL(callback), TWO_LEGGED);
    expect(signed.startsWith(`${callback}&oauth_`)).toBe(true);
  });

  it('has every query parameter under the signature', () => {
    const signed = new URL(signer().signedUrl(new URL(callback), TWO_LEGGED));
    const base = baseString({ method: 'GET', origin: signed.origin, target: signed.pathname + signed.search });
    const expected = signature('HMAC-SHA1', base, signingKey(TWO_LEGGED.consumerSecret));
    expect(valueOf(parsePairs(signed.search.slice(1)), 'oauth_signature')).toBe(expected);
    expect(base).toContain('accepted%3Dtrue');
  });

  it('starts a query where there was none, and drops a fragment', () => {
    const signed = new URL(signer().signedUrl(new URL('https://cloud-a.example/result#top'), TWO_LEGGED));
    expect(signed.hash).toBe('');
    expect(signed.search.startsWith('?oauth_consumer_key=desk-consumer&')).toBe(true);
  });

  it('is refused when the query already holds protocol parameters', () => {
    const url = new URL('https://cloud-a.example/result?oauth_nonce=1');
    expect(() => signer().signedUrl(url, TWO_LEGGED)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});

describe('a signed form', () => {
  const action = new URL('https://cloud-b.example/Proposal.aspx?site=2');
  const form: Pair[] = [
    ['folder_name', 'Pläne & mehr'],
    ['permission', 'read-only'],
  ];

  it('keeps its fields, with the protocol parameters behind them', () => {
    const signed = signer().signedForm(action, form, TWO_LEGGED);
    expect(signed.slice(0, 2)).toEqual(form);
    expect(signed.slice(2).every(([name]) => name.startsWith('oauth_'))).toBe(true);
  });

  it('has query and fields under the signature, as RFC 5849 3.4.1.3.1 joins them', () => {
    const signed = signer().signedForm(action, form, TWO_LEGGED);
    const { origin, pathname, search } = action;
    const base = baseString({ method: 'POST', origin, target: pathname + search, extra: signed });
    expect(base).toContain('site%3D2');
    expect(base).toContain('permission%3Dread-only');
    const expected = signature('HMAC-SHA1', base, signingKey(TWO_LEGGED.consumerSecret));
    expect(valueOf(signed, 'oauth_signature')).toBe(expected);
  });

  it('is refused when the form or its address already holds protocol parameters', () => {
    const refuse = (url: string, fields: readonly Pair[]) =>
      expect(() => signer().signedForm(new URL(url), fields, TWO_LEGGED)).toThrow(
        expect.objectContaining({ code: 'invalid' }),
      );
    refuse('https://cloud-b.example/?oauth_nonce=1', form);
    refuse('https://cloud-b.example/', [...form, ['oauth_token', 'x']]);
  });
});
