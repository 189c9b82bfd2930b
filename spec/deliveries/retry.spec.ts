import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryDelay } from '../../src/deliveries/index.js';
import type { Random } from '../../src/kernel/index.js';

const drawing = (value: number): Random => ({
  bytes: () => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  },
});
const LOW = drawing(0);
const MIDDLE = drawing(0x7fff_ffff);
const HIGH = drawing(0xffff_ffff);

const seconds = (facts: Parameters<typeof retryDelay>[0], random = MIDDLE): number => retryDelay(facts, random) / 1_000;

describe('the retry policy', () => {
  const steps = [1, 5, 30, 120, 600, 3_600, 21_600, 21_600, 21_600];

  for (const [index, step] of steps.entries()) {
    it(`DLV-04 waits ${String(step)} s after failed attempt ${String(index + 1)}, a fifth more or less`, () => {
      const attempts = index + 1;
      expect(seconds({ attempts })).toBeCloseTo(step, 2);
      expect(seconds({ attempts }, LOW)).toBeCloseTo(step * 0.8, 2);
      expect(seconds({ attempts }, HIGH)).toBeCloseTo(step * 1.2, 2);
    });
  }

  it('DLV-04 waits six hours after the thousandth attempt too', () => {
    expect(seconds({ attempts: 1_000 })).toBeCloseTo(21_600, 1);
  });

  it('DLV-05 begins a slow retry at the ten-minute step and goes on from there', () => {
    expect([1, 2, 4, 5, 6, 7].map((attempts) => Math.round(seconds({ attempts, slow: true })))).toEqual([
      600, 600, 600, 600, 3_600, 21_600,
    ]);
  });

  it.each([
    [2, 2, 2.4],
    [0, 1, 1.2],
    [300, 300, 360],
    [3_600, 3_600, 4_320],
    [86_400, 3_600, 4_320],
  ])('DLV-04 Retry-After: %s is obeyed up to an hour and never undercut', (after, least, most) => {
    expect(seconds({ attempts: 3, after }, LOW)).toBeCloseTo(most, 2);
    expect(seconds({ attempts: 3, after }, MIDDLE)).toBeCloseTo(least, 2);
  });

  it.each([-5, Number.NaN])('DLV-04 Retry-After: %s counts as none', (after) => {
    expect(seconds({ attempts: 3, after })).toBeCloseTo(30, 1);
  });

  it('DLV-04 a slow retry is not made fast by Retry-After', () => {
    expect(seconds({ attempts: 1, after: 5, slow: true })).toBeCloseTo(600, 1);
    expect(seconds({ attempts: 1, after: 3_000, slow: true })).toBeCloseTo(3_000, 1);
  });

  it('DLV-04 always answers a whole number of milliseconds between 0.8 s and 7.2 h', () => {
    const facts = fc.record({
      attempts: fc.integer({ min: 1, max: 500 }),
      after: fc.option(fc.double(), { nil: undefined }),
      slow: fc.option(fc.boolean(), { nil: undefined }),
    });
    fc.assert(
      fc.property(facts, fc.integer({ min: 0, max: 0xffff_ffff }), (given, drawn) => {
        const delay = retryDelay(given, drawing(drawn));
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(800);
        expect(delay).toBeLessThanOrEqual(7.2 * 3_600_000);
      }),
    );
  });
});
