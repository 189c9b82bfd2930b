import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../../src/kernel/index.js';
import { baseString, baseStringUri, parseAuthorization, parsePairs } from '../../src/oauth1/index.js';

interface BaseStringCase {
  readonly title: string;
  readonly method: string;
  readonly origin: string;
  readonly target: string;
  readonly form?: string;
  readonly authorization?: string;
  readonly base: string;
}

const fixtures = JSON.parse(readFileSync(new URL('../fixtures/oauth1/base-strings.json', import.meta.url), 'utf8')) as {
  cases: BaseStringCase[];
};

describe('the signature base string', () => {
  it.each(fixtures.cases)(
    'OAU-09 is that of RFC 5849: $title',
    ({ method, origin, target, form, authorization, base }) => {
      const header = authorization === undefined ? [] : parseAuthorization(authorization);
      const extra = [...header, ...parsePairs(form ?? '')];
      expect(baseString({ method, origin, target, extra })).toBe(base);
    },
  );

  it('is that of the storage API contract', () => {
    const extra = parsePairs(
      'oauth_consumer_key=desk-consumer-000000000000000000001&oauth_token=tokA0000000000000000000000000001' +
        '&oauth_nonce=7d8f3e4a7d8f3e4a1&oauth_timestamp=1418000000&oauth_version=1.0&oauth_signature_method=HMAC-SHA1',
    );
    const target = '/v1/folder/0/contents';
    expect(baseString({ method: 'GET', origin: 'http://cloud-a.example:8080', target, extra })).toBe(
      'GET&http%3A%2F%2Fcloud-a.example%3A8080%2Fv1%2Ffolder%2F0%2Fcontents&oauth_consumer_key%3Ddesk-consumer-000000000000000000001' +
        '%26oauth_nonce%3D7d8f3e4a7d8f3e4a1%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1418000000' +
        '%26oauth_token%3DtokA0000000000000000000000000001%26oauth_version%3D1.0',
    );
  });

  it.each(['http://cloud-a.example/v1/', '*', 'v1/folder', '/a b', '/caf\u00e9', '/a\n'])(
    'refuses the request target %j',
    (target) => {
      expect(failureOf(() => baseString({ method: 'GET', origin: 'http://cloud-a.example', target }))).toBe('invalid');
    },
  );

  it.each(['cloud-a.example', 'ftp://cloud-a.example', ''])('refuses the origin %j', (origin) => {
    expect(failureOf(() => baseStringUri(origin, '/'))).toBe('invalid');
  });
});

function failureOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return isFailure(error) ? error.code : 'not a Failure';
  }
}
