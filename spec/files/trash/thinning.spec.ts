import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config/index.js';
import { nextThinning, thinned } from '../../../src/files/index.js';
import { DAY, HOUR, MINUTE } from '../../../src/kernel/index.js';

const RULE = readConfig({}).versions;
const NOW = Date.UTC(2026, 10, 2, 9);

const versions = fc
  .array(fc.integer({ min: 0, max: 500 * DAY }), { maxLength: 200 })
  .map((ages) => ages.map((age) => ({ at: NOW - age })));
const waits = fc.array(fc.integer({ min: 1, max: 40 * DAY }), { maxLength: 12 });

/** Most that may be left of versions between two ages, where one of each stretch stays; a stretch may begin at each end. */
function most(from: number, to: number, every: number): number {
  return Math.ceil((to - from) / every) + 1;
}

describe('older versions thin out (F-04)', () => {
  it('all of the last day stay', () => {
    fc.assert(
      fc.property(versions, (made) => {
        const young = made.filter(({ at }) => NOW - at <= DAY);
        const kept = new Set(thinned(made, NOW, RULE));
        expect(young.every((version) => kept.has(version))).toBe(true);
      }),
    );
  });

  it('one an hour for a week, one a day for a month, one a week up to a year, then none but the last 3', () => {
    fc.assert(
      fc.property(versions, (made) => {
        const kept = thinned(made, NOW, RULE).slice(RULE.last);
        const between = (from: number, to: number): number =>
          kept.filter(({ at }) => NOW - at > from && NOW - at <= to).length;
        expect(between(DAY, 7 * DAY)).toBeLessThanOrEqual(most(DAY, 7 * DAY, HOUR));
        expect(between(7 * DAY, 30 * DAY)).toBeLessThanOrEqual(most(7 * DAY, 30 * DAY, DAY));
        expect(between(30 * DAY, 365 * DAY)).toBeLessThanOrEqual(most(30 * DAY, 365 * DAY, 7 * DAY));
        expect(between(365 * DAY, Infinity)).toBe(0);
      }),
    );
  });

  it('of each stretch that had a version one stays, and at least the last 3 of all', () => {
    fc.assert(
      fc.property(versions, (made) => {
        const kept = thinned(made, NOW, RULE);
        const hours = (list: readonly { at: number }[]): Set<number> =>
          new Set(
            list
              .filter(({ at }) => NOW - at > DAY + HOUR && NOW - at <= 7 * DAY - HOUR)
              .map(({ at }) => Math.floor(at / HOUR)),
          );
        expect(hours(kept)).toEqual(hours(made));
        const newest = [...made].sort((a, b) => b.at - a.at).slice(0, 3);
        expect(kept.slice(0, newest.length)).toEqual(newest);
      }),
    );
  });

  it('comes to the same however often it is done', () => {
    fc.assert(
      fc.property(versions, waits, (made, steps) => {
        let [now, kept] = [NOW, thinned(made, NOW, RULE)];
        for (const wait of steps) {
          now += wait;
          kept = thinned(kept, now, RULE);
        }
        expect(kept).toEqual(thinned(made, now, RULE));
      }),
    );
  });

  it('nothing goes before the time that it was looked at for', () => {
    fc.assert(
      fc.property(versions, fc.integer({ min: 0, max: 400 * DAY }), (made, wait) => {
        const kept = thinned(made, NOW, RULE);
        const next = nextThinning(kept, NOW, RULE, 0);
        const then = NOW + wait;
        if (next !== undefined && next <= then) return;
        expect(thinned(kept, then, RULE)).toEqual(kept);
      }),
    );
  });

  it('a file that is saved every minute for a day comes to 24 and 3 after two days', () => {
    const made = Array.from({ length: 24 * 60 }, (_, minute) => ({ at: NOW + minute * MINUTE }));
    expect(thinned(made, NOW + 48 * HOUR, RULE)).toHaveLength(24 + 2);
  });
});

describe('FOOTBRIDGE_VERSIONS (F-04)', () => {
  it('is read, and refused at the start with its reason when it makes no sense', () => {
    expect(readConfig({ FOOTBRIDGE_VERSIONS: '2h=all, 3d=4h, 8w=1w, last=0' }).versions).toEqual({
      steps: [
        { age: 2 * HOUR, every: 0 },
        { age: 3 * DAY, every: 4 * HOUR },
        { age: 56 * DAY, every: 7 * DAY },
      ],
      last: 0,
    });
    expect(readConfig({ FOOTBRIDGE_VERSIONS: 'last=5' }).versions).toEqual({ steps: [], last: 5 });
    for (const text of [
      '1d=all',
      '7d=1h,1d=all,last=3',
      '1d,last=3',
      '1d=0h,last=3',
      'all',
      '1m=all,last=3',
      'last=-1',
    ]) {
      expect(() => readConfig({ FOOTBRIDGE_VERSIONS: text }), text).toThrow(/^FOOTBRIDGE_VERSIONS must be/);
    }
    expect(readConfig({}).trashDays).toBe(30);
    for (const text of ['-1', 'a month', '10000']) {
      expect(() => readConfig({ FOOTBRIDGE_TRASH_DAYS: text }), text).toThrow(/^FOOTBRIDGE_TRASH_DAYS must be/);
    }
  });
});
