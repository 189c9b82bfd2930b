import { describe, expect, it } from 'vitest';
import { readRetryAfter } from '../../src/client/index.js';

const NOW = 'Mon, 02 Nov 2026 09:00:00 GMT';

describe('Retry-After (F-21)', () => {
  it.each([
    ['120', 120],
    [' 7 ', 7],
    ['0', 0],
    ['86400', 3600],
    ['Mon, 02 Nov 2026 09:02:00 GMT', 120],
    ['Monday, 02-Nov-26 09:02:00 GMT', 120],
    ['Mon Nov  2 09:02:00 2026 GMT', 120],
    ['Tue, 03 Nov 2026 09:00:00 GMT', 3600],
    ['Sun, 01 Nov 2026 09:00:00 GMT', 0],
  ])('%j is %i seconds (F-21)', (wish, seconds) => {
    expect(readRetryAfter(wish, NOW)).toBe(seconds);
  });

  it.each(['', 'soon', '-5', '1.5', '1e3', '12345678901', 'Mon', ['1', '2'], undefined, null])(
    '%j says nothing (F-21)',
    (wish) => {
      expect(readRetryAfter(wish, NOW)).toBeUndefined();
    },
  );

  it('is measured by our own time where an answer has no date (F-21)', () => {
    const soon = readRetryAfter(new Date(Date.now() + 60_000).toUTCString(), undefined);
    expect(soon).toBeGreaterThan(50);
    expect(soon).toBeLessThanOrEqual(61);
  });
});
