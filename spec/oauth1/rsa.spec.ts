import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createVerifier, signatureMatches, SIGNATURE_METHODS } from '../../src/oauth1/index.js';
import { rsaHeader } from '../support/rsa-app.js';
import { handClock, NOW, openNonces } from './support.js';

/** The published test case of OAuth Core 1.0, section 9.3 (wiki.oauth.net/TestCases); the misspelling is its own. */
const PUBLISHED = {
  base:
    'GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacaction.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03' +
    '%26oauth_nonce%3D13917289812797014437%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1196666512' +
    '%26oauth_version%3D1.0%26size%3Doriginal',
  signature:
    'jvTp/wX1TYtByB1m+Pbyo0lnCOLIsyGCH7wke8AUs3BpnwZJtAuEJkvQL2/9n4s5wUmUl4aCI4BwpraNx4RtEXMe5qg5T1LVTGliMRpKasKs' +
    'W//e+RinhejgCuzoH26dyF8iY2ZZ/5D1ilgeijhV/vBka5twt399mXwaYdCwFYE=',
  publicKey: pemOf(
    'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC0YjCwIfYoprq/FQO6lb3asXrxLlJFuCvtinTF5p0GxvQGu5O3gYytUvtC2JlYzypSRjVxwxrs' +
      'uRcP3e641SdASwfrmzyvIgP08N4S0IFzEURkV1wp/IpH7kH41EtbmUmrXSwfNZsnQRE5SYSOhh+LcK2wyQkdgcMv11l4KoBkcwIDAQAB',
  ),
};

function pemOf(base64: string): string {
  const key = createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' });
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

const SECRETS = { consumerSecret: 'unused', tokenSecret: undefined };
const app = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const APP_KEY = app.publicKey.export({ type: 'spki', format: 'pem' }).toString();

describe('an RSA signature', () => {
  it('is checked with the public key: the published test case', () => {
    const { base, signature, publicKey } = PUBLISHED;
    expect(signatureMatches(signature, 'RSA-SHA1', base, { ...SECRETS, publicKey })).toBe(true);
    expect(signatureMatches(signature, 'RSA-SHA1', `${base}x`, { ...SECRETS, publicKey })).toBe(false);
    expect(signatureMatches(signature, 'RSA-SHA256', base, { ...SECRETS, publicKey })).toBe(false);
    expect(signatureMatches(signature, 'RSA-SHA1', base, { ...SECRETS, publicKey: APP_KEY })).toBe(false);
  });

  it('may be made with SHA-256', () => {
    const signature = sign('sha256', Buffer.from('base'), app.privateKey).toString('base64');
    expect(signatureMatches(signature, 'RSA-SHA256', 'base', { ...SECRETS, publicKey: APP_KEY })).toBe(true);
    expect(signatureMatches(signature, 'RSA-SHA1', 'base', { ...SECRETS, publicKey: APP_KEY })).toBe(false);
  });

  it.each(['', ' ', 'AAAA', `${PUBLISHED.signature} `, PUBLISHED.signature.replaceAll('/', '_'), '\u{1f511}'])(
    'has one spelling, which %j is not',
    (received) => {
      const { base, publicKey } = PUBLISHED;
      expect(signatureMatches(received, 'RSA-SHA1', base, { ...SECRETS, publicKey })).toBe(false);
    },
  );

  it('OAU-01 proves nothing without a key, and nothing for a consumer or token without a usable secret', () => {
    const { base, signature, publicKey } = PUBLISHED;
    for (const missing of [null, '', ' ']) {
      const secrets = { consumerSecret: missing, tokenSecret: undefined, publicKey };
      expect(signatureMatches(signature, 'RSA-SHA1', base, secrets)).toBe(false);
      const token = { consumerSecret: 'unused', tokenSecret: missing, publicKey };
      expect(signatureMatches(signature, 'RSA-SHA1', base, token)).toBe(false);
    }
    expect(signatureMatches(signature, 'RSA-SHA1', base, SECRETS)).toBe(false);
  });
});

describe('a provider', () => {
  const ORIGIN = 'https://cloud-a.example';
  const credentials = { consumerKey: 'signer', token: 'tokA', privateKey: app.privateKey };

  async function openProvider() {
    const clock = handClock();
    const { verify } = createVerifier({
      clock,
      nonces: await openNonces(clock),
      findConsumer: (key) => {
        if (key === 'signer') return { key, secret: 'secret', publicKey: APP_KEY, owner: key };
        return key === 'desk' ? { key, secret: 'secret', owner: key } : undefined;
      },
      findToken: (_consumer, token) => ({ token, secret: 'token secret', owner: token }),
    });
    return (header: string) =>
      verify({
        method: 'GET',
        origin: ORIGIN,
        target: '/v1/folder/0',
        rawHeaders: ['Authorization', header],
        transports: ['header'],
        secure: false,
        token: 'required',
        allowedMethods: SIGNATURE_METHODS,
      });
  }

  const url = new URL('/v1/folder/0', ORIGIN);

  it.each(['RSA-SHA1', 'RSA-SHA256'] as const)(
    'lets an app in that registered a key and signs with %s, once (OAU-04)',
    async (method) => {
      const verify = await openProvider();
      const header = rsaHeader({ method: 'GET', url }, credentials, { method, timestamp: NOW });
      expect(await verify(header)).toMatchObject({ consumer: 'signer', token: 'tokA', method });
      await expect(verify(header)).rejects.toMatchObject({ facts: { problem: 'replay' } });
    },
  );

  it('OAU-18 refuses a consumer without a key, an unknown one and a wrong key in the same words', async () => {
    const verify = await openProvider();
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
    for (const wrong of [{ consumerKey: 'desk' }, { consumerKey: 'nobody' }, { privateKey: stranger }]) {
      const header = rsaHeader({ method: 'GET', url }, { ...credentials, ...wrong }, { timestamp: NOW });
      await expect(verify(header)).rejects.toMatchObject({
        code: 'unauthenticated',
        message: 'Could not authorize request',
        facts: { problem: 'rejected' },
      });
    }
  });
});
