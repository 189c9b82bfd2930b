import { describe, expect, it } from 'vitest';
import { play } from './herd/herd.js';

/** Of scale.md 9: 512 messages a second can be served, 256 at once. */
const LARGE = { clouds: 10_000, messages: 750_000, atOnce: 256, jitter: true, together: true, seed: 1 };

/** A tenth of it, where only the beat of the probes is looked at. */
const TENTH = { ...LARGE, clouds: 1_000, messages: 75_000, atOnce: 26 };

describe('ten thousand clouds after the outage of one (F-85)', () => {
  it.each([
    ['all at once', true],
    ['as they send', false],
  ])('SCA-34 come back in time and not all at once, having noticed it %s', (_when, together) => {
    const { peak, refused, small } = play({ ...LARGE, together });
    expect(peak).toBeLessThanOrEqual(1.2);
    expect(refused).toBeLessThanOrEqual(0.05);
    expect(small).toBeLessThanOrEqual(1);
  });

  it('SCA-34 would beat together if their pauses were even', () => {
    const [even, drawn] = [play({ ...TENTH, jitter: false }), play(TENTH)];
    // Nearly every cloud probes in the same second; drawn pauses leave the noise of small numbers.
    expect(even.peak).toBeGreaterThan(10);
    expect(drawn.peak).toBeLessThan(2);
    expect(even.small).toBeGreaterThan(1);
    expect(drawn.small).toBeLessThanOrEqual(1.1);
  });
});
