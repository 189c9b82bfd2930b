import { describe, expect, it } from 'vitest';
import { troubleOf } from '../../src/platform/index.js';

/** An error as the driver of PostgreSQL throws it. */
const stateOf = (code: string): Error => Object.assign(new Error('of the database'), { code });

describe('trouble with the database', () => {
  it.each([
    ['55P03', 'waited too long for a row'],
    ['40P01', 'lost a deadlock once too often'],
    ['40001', 'lost to others once too often'],
  ])('PG-01 %s, a transaction that %s, is a reason to try again soon', (code) => {
    expect(troubleOf(stateOf(code))).toMatchObject({ code: 'unavailable', retryAfter: 2 });
  });

  it('is none where this program is at fault', () => {
    expect(troubleOf(stateOf('23505'))).toBeUndefined();
    expect(troubleOf(stateOf('42703'))).toBeUndefined();
  });
});
