import { describe, expect, it } from 'vitest';
import { makeJoinCode, readJoinCode, showJoinCode } from '../../src/peers/joining/join-code.js';
import { createSeededRandom } from '../support/seeds.js';

describe('a join code', () => {
  it('has ten letters and digits without look-alikes, any of them anywhere', () => {
    const random = createSeededRandom();
    const codes = Array.from({ length: 2_000 }, () => makeJoinCode(random));
    for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{10}$/);
    expect(new Set(codes).size).toBe(codes.length);
    for (let place = 0; place < 10; place += 1) expect(new Set(codes.map((code) => code[place])).size).toBe(32);
  });

  it('is read as people write it', () => {
    const code = '0123456ABC';
    expect(showJoinCode(code)).toBe('01234-56ABC');
    for (const typed of ['01234-56ABC', ' 01234 56abc ', 'oI234-56abc', 'Ol23456ABC']) {
      expect(readJoinCode(typed), typed).toBe(code);
    }
  });

  it.each(['', '012345678', '01234567890', '01234-5678U', '01234_56789', 'ÄBCDEFGHJK'])('is not %j', (typed) => {
    expect(readJoinCode(typed)).toBeUndefined();
  });
});
