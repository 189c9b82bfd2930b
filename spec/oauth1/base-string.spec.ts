import { describe, expect, it } from 'vitest';
import { isFailure } from '../../src/kernel/index.js';
import { baseString, baseStringUri } from '../../src/oauth1/index.js';

/** What it is, is told by the vectors; here is what it refuses. */
describe('the signature base string', () => {
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
