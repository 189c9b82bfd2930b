import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAuthorizer, type Credentials } from '../../src/client/index.js';
import { createSigner, parseAuthorization } from '../../src/oauth1/index.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';

// stacksync-api-v2.md 3.3
const DESK: Credentials = {
  consumerKey: 'desk-consumer-000000000000000000001',
  consumerSecret: 'desk secret/1',
  token: 'tokA0000000000000000000000000001',
  tokenSecret: 'tok+secret=1',
};
const LISTING = { method: 'GET', url: new URL('http://cloud-a.example:8080/v1/folder/0/contents') };

const fieldsOf = (header: string): ReadonlyMap<string, string> => new Map(parseAuthorization(header));

describe('the client’s signature', () => {
  it('is that of the contract', async () => {
    const authorize = createAuthorizer(DESK, { now: () => 1_418_000_000_999, nonce: () => '7d8f3e4a7d8f3e4a1' });
    const fields = fieldsOf(await authorize(LISTING));
    expect(fields.get('oauth_timestamp')).toBe('1418000000');
    expect(fields.get('oauth_signature')).toBe('ZoM4qvNRdSOrCILS/Y/rZLrbcsQ=');
  });

  it('is the one that the gateway makes, whatever is signed', async () => {
    const clock = createHandClock();
    const signer = createSigner({ clock, random: createSeededRandom(), insecure: true });
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    const method = fc.constantFrom('HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT');
    await fc.assert(
      fc.asyncProperty(text, text, text, method, fc.boolean(), async (path, query, secret, how, hasToken) => {
        const url = new URL(`https://a.example/v1/${encodeURIComponent(path)}?name=${encodeURIComponent(query)}&a`);
        const token = hasToken ? { token: 'token', tokenSecret: `s${secret}` } : {};
        const credentials = { consumerKey: 'key', consumerSecret: `c${secret}`, ...token };
        const theirs = signer.header({ method: 'PUT', url }, credentials, { method: how });
        const nonce = (): string => fieldsOf(theirs).get('oauth_nonce') ?? '';
        const authorize = createAuthorizer(credentials, { method: how, now: () => clock.now(), nonce });
        expect(await authorize({ method: 'PUT', url })).toBe(theirs);
      }),
      { numRuns: 200 },
    );
  });

  it('has a nonce of letters and digits that never comes again', async () => {
    const authorize = createAuthorizer(DESK);
    const sign = async (): Promise<string> => authorize(LISTING);
    const headers = await Promise.all(Array.from({ length: 100 }, sign));
    const nonces = headers.map((header) => fieldsOf(header).get('oauth_nonce') ?? '');
    expect(new Set(nonces).size).toBe(100);
    for (const nonce of nonces) expect(nonce).toMatch(/^[A-Za-z0-9]{16,64}$/);
  });

  it('OAU-02 is no PLAINTEXT over http, except in trials', async () => {
    await expect(createAuthorizer(DESK, { method: 'PLAINTEXT' })(LISTING)).rejects.toThrow(TypeError);
    const trial = await createAuthorizer(DESK, { method: 'PLAINTEXT', insecure: true })(LISTING);
    expect(fieldsOf(trial).get('oauth_signature')).toBe('desk%20secret%2F1&tok%2Bsecret%3D1');
  });

  it.each([
    { ...DESK, consumerSecret: '' },
    { ...DESK, tokenSecret: ' ' },
    { ...DESK, tokenSecret: undefined },
    { ...DESK, token: undefined },
  ])('OAU-01 is never made with a secret that got lost', (credentials) => {
    expect(() => createAuthorizer(credentials)).toThrow(TypeError);
  });
});
