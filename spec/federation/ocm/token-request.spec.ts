import { describe, expect, it } from 'vitest';
import { readTokenRequest, type TokenRequest } from '../../../src/federation/index.js';
import { isFailure } from '../../../src/kernel/index.js';

const FORM = 'application/x-www-form-urlencoded';
const RIGHT = { grant_type: 'authorization_code', client_id: 'peer.example', code: 'hush' };

const read = (change: Readonly<Record<string, string | undefined>> = {}, type = FORM): TokenRequest => {
  const all: Readonly<Record<string, string | undefined>> = { ...RIGHT, ...change };
  const fields = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return readTokenRequest({ type, text: new URLSearchParams(fields).toString() });
};

/** The word of RFC 6749 in a refusal, or the code of another failure. */
function refusalOf(attempt: () => unknown): unknown {
  try {
    return attempt();
  } catch (error) {
    if (!isFailure(error)) throw error;
    expect(error.message).not.toMatch(/hush|peer\.example/);
    return (error.facts as { error?: string } | undefined)?.error ?? error.code;
  }
}

describe('a request for a token', () => {
  it('says who asks, and with which secret', () => {
    expect(read()).toEqual({ clientHost: 'peer.example', code: 'hush' });
  });

  it.each<[string, Record<string, string>, Partial<TokenRequest>]>([
    ['the word of older servers', { grant_type: 'ocm_share' }, {}],
    ['a host in capitals', { client_id: 'PEER.example' }, {}],
    ['a host with its port', { client_id: 'peer.example:8443' }, { clientHost: 'peer.example:8443' }],
    ['a host with its scheme', { client_id: 'https://peer.example/' }, {}],
    ['fields that are not ours', { redirect_uri: 'https://elsewhere.example/', scope: 'all' }, {}],
    ['a field that is called as what every object has', { constructor: 'x', toString: 'y' }, {}],
    ['a secret of 1 024 characters', { code: 'x'.repeat(1_024) }, { code: 'x'.repeat(1_024) }],
    ['a secret with signs of forms', { code: 'a+b&c=d%' }, { code: 'a+b&c=d%' }],
  ])('may have %s', (_what, change, expected) => {
    expect(read(change)).toEqual({ clientHost: 'peer.example', code: 'hush', ...expected });
  });

  it.each([`${FORM}; charset=utf-8`, `${FORM};charset="UTF-8"`, FORM.toUpperCase()])('is a form: %s', (type) => {
    expect(read({}, type).code).toBe('hush');
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', `${FORM}; charset=utf-16`, ''])(
    'is nothing of another type: %j',
    (type) => {
      expect(refusalOf(() => read({}, type))).toBe('unsupported-type');
    },
  );

  it.each<[string, Record<string, string | undefined>]>([
    ['no grant_type', { grant_type: undefined }],
    ['no client_id', { client_id: undefined }],
    ['no code', { code: undefined }],
    ['an empty code', { code: '' }],
    ['a code with a line break', { code: 'hush\r\n' }],
    ['a code with NUL', { code: 'hush\0' }],
    ['a code with a blank', { code: 'hush hush' }],
    ['a code that is no ASCII', { code: 'hüsh' }],
    ['a code of more than 1 024 characters', { code: 'x'.repeat(1_025) }],
    ['an empty client_id', { client_id: '' }],
    ['a client_id that is no host', { client_id: 'a b' }],
    ['a client_id with a user', { client_id: 'https://bo@peer.example' }],
    ['a client_id of another scheme', { client_id: 'ftp://peer.example' }],
    ['a client_id without end', { client_id: `${'x'.repeat(1_100)}.example` }],
  ])('with %s is an invalid_request', (_what, change) => {
    expect(refusalOf(() => read(change))).toBe('invalid_request');
  });

  it.each(['', 'password', 'refresh_token', 'client_credentials', 'ocm_authorization_code', 'AUTHORIZATION_CODE'])(
    'for %j is an unsupported_grant_type',
    (grantType) => {
      expect(refusalOf(() => read({ grant_type: grantType }))).toBe('unsupported_grant_type');
    },
  );

  it('that says something twice is read by what it said first', () => {
    const text = `${new URLSearchParams(RIGHT).toString()}&code=other&client_id=elsewhere.example&grant_type=password`;
    expect(readTokenRequest({ type: FORM, text })).toEqual({ clientHost: 'peer.example', code: 'hush' });
  });

  it.each(['', '&&&', '=', 'code', '%', '{"code":"hush"}', 'code=%zz'])('may be anything at all: %j', (text) => {
    expect(refusalOf(() => readTokenRequest({ type: FORM, text }))).toMatch(/^invalid/);
  });
});
