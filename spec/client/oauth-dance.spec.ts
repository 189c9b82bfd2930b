import { describe, expect, it } from 'vitest';
import { OAuthDance, StorageError, type DanceOptions } from '../../src/client/index.js';
import { baseString, parseAuthorization, signature, signingKey } from '../../src/oauth1/index.js';

const APP = { consumerKey: 'app', consumerSecret: 'app secret/1' };
const REQUEST_TOKEN = { token: 'requestToken', tokenSecret: 'request secret' };

/** A dance with a cloud that gives one answer, and what that was asked. */
function dancing(answer: Response, options: Partial<DanceOptions> = {}) {
  const asked: { method: string; url: URL; fields: ReadonlyMap<string, string> }[] = [];
  const dance = new OAuthDance({
    cloud: 'https://cloud.example/',
    ...APP,
    ...options,
    fetch: async (url, { method = '', headers }) => {
      const { authorization = '' } = headers as Record<string, string>;
      asked.push({ method, url, fields: new Map(parseAuthorization(authorization)) });
      return answer;
    },
  });
  return { dance, asked };
}

const form = (fields: Record<string, string>, status = 200): Response =>
  new Response(new URLSearchParams(fields), { status });

/** What the cloud makes of a request, with the secrets that it knows. */
function expectedSignature({ method, url, fields }: ReturnType<typeof dancing>['asked'][number], tokenSecret = '') {
  const base = baseString({ method, origin: url.origin, target: url.pathname, extra: [...fields] });
  return signature('HMAC-SHA1', base, signingKey(APP.consumerSecret, tokenSecret));
}

const GRANTED = { oauth_token: 'requestToken', oauth_token_secret: 'request secret', oauth_callback_confirmed: 'true' };

describe('asking for a request token', () => {
  it('names the callback under the signature of the app alone', async () => {
    const { dance, asked } = dancing(form(GRANTED));
    expect(await dance.requestToken('https://app.example/back?x=1')).toEqual(REQUEST_TOKEN);
    const [request] = asked;
    if (request === undefined) throw new Error('nothing was asked');
    expect([request.method, request.url.href]).toEqual(['POST', 'https://cloud.example/oauth/request_token']);
    expect(request.fields.get('oauth_callback')).toBe('https://app.example/back?x=1');
    expect(request.fields.has('oauth_token')).toBe(false);
    expect(request.fields.get('oauth_signature')).toBe(expectedSignature(request));
  });

  it('is out of band unless said otherwise', async () => {
    const { dance, asked } = dancing(form(GRANTED));
    await dance.requestToken();
    expect(asked[0]?.fields.get('oauth_callback')).toBe('oob');
  });

  it.each([
    { ...GRANTED, oauth_callback_confirmed: 'false' },
    { oauth_callback_confirmed: 'true', oauth_token: 'x' },
    {},
  ])('takes no answer that is less than a token with its callback confirmed: %j', async (fields) => {
    await expect(dancing(form(fields)).dance.requestToken()).rejects.toThrow(StorageError);
  });

  it('tells why the cloud refused', async () => {
    const refusal = form({ error: 'invalid_request', error_description: 'oauth_callback is missing.' }, 400);
    await expect(dancing(refusal).dance.requestToken()).rejects.toMatchObject({
      status: 400,
      message: 'oauth_callback is missing.',
    });
    const empty = dancing(new Response('', { status: 401 }));
    await expect(empty.dance.requestToken()).rejects.toMatchObject({ status: 401, message: 'The cloud answered 401.' });
  });
});

describe('sending the person to the cloud', () => {
  it('names the request token and no secret', () => {
    const { dance } = dancing(form({}));
    expect(dance.authorizeUrl(REQUEST_TOKEN).href).toBe(
      'https://cloud.example/oauth/authorize?oauth_token=requestToken',
    );
  });

  it('ends at the callback, with the verifier for this very token', () => {
    const { dance } = dancing(form({}));
    const back = 'https://app.example/back?x=1&token=requestToken&verifier=v&oauth_token=requestToken&oauth_verifier=v';
    expect(dance.verifierIn(back, REQUEST_TOKEN)).toBe('v');
    expect(() => dance.verifierIn(back, { ...REQUEST_TOKEN, token: 'other' })).toThrow(TypeError);
    expect(() => dance.verifierIn('https://app.example/back', REQUEST_TOKEN)).toThrow(TypeError);
  });
});

describe('asking for the access token', () => {
  it('shows request token and verifier under both secrets, and ends with what storage calls are signed with', async () => {
    const { dance, asked } = dancing(form({ oauth_token: 'access', oauth_token_secret: 'access secret' }));
    const credentials = await dance.accessToken(REQUEST_TOKEN, ' word\n');
    expect(credentials).toEqual({ ...APP, token: 'access', tokenSecret: 'access secret' });
    const [request] = asked;
    if (request === undefined) throw new Error('nothing was asked');
    expect(request.url.href).toBe('https://cloud.example/oauth/access_token');
    expect([request.fields.get('oauth_token'), request.fields.get('oauth_verifier')]).toEqual(['requestToken', 'word']);
    expect(request.fields.get('oauth_signature')).toBe(expectedSignature(request, REQUEST_TOKEN.tokenSecret));
  });

  it('is signed as the app was told to sign', async () => {
    const { dance, asked } = dancing(form(GRANTED), { method: 'PLAINTEXT' });
    await dance.requestToken();
    expect(asked[0]?.fields.get('oauth_signature')).toBe('app%20secret%2F1&');
  });
});
