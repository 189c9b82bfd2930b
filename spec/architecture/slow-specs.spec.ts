import { describe, expect, it } from 'vitest';
import { tableOf, timesOf, undeclared } from '../../scripts/slow-specs.mjs';

const result = (name: string, seconds: number) => ({
  name: `/repo/${name}`,
  startTime: 5_000,
  endTime: 5_000 + seconds * 1_000,
});

describe('the times of files of specs', () => {
  const times = timesOf({ testResults: [result('spec/a.spec.ts', 3), result('spec/b.spec.ts', 20.5)] }, '/repo');

  it('are listed slowest first, with their sum', () => {
    expect(
      tableOf(times)
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual(['20.5 s  spec/b.spec.ts', '3.0 s  spec/a.spec.ts', '23.5 s  all 2 files, some side by side']);
  });

  it('are over 20 s only where that is declared', () => {
    expect(undeclared(times).map(({ file }) => file)).toEqual(['spec/b.spec.ts']);
  });

  it('are declared file by file: a longer name that begins alike is another file', () => {
    const declared = 'spec/journeys/demo-play.spec.ts';
    const both = timesOf({ testResults: [result(declared, 30), result(`${declared}x`, 30)] }, '/repo');
    expect(undeclared(both).map(({ file }) => file)).toEqual([`${declared}x`]);
  });

  describe('on a machine three times slower', () => {
    // Eighty files that take 12 s, and one that takes almost what it may.
    const others = Array.from({ length: 80 }, (_, which) => result(`spec/${String(which)}.spec.ts`, 12));
    const run = (seconds: number, slowness: number) =>
      timesOf(
        {
          testResults: [...others, result('spec/new.spec.ts', seconds)].map(({ name, startTime, endTime }) => ({
            name,
            startTime,
            endTime: startTime + (endTime - startTime) * slowness,
          })),
        },
        '/repo',
      );

    it('are measured by what the whole run took', () => {
      expect(undeclared(run(19, 1))).toEqual([]);
      expect(undeclared(run(19, 3))).toEqual([]);
    });

    it('still tell a file that is much slower than all others', () => {
      expect(undeclared(run(21, 1)).map(({ file }) => file)).toEqual(['spec/new.spec.ts']);
      expect(undeclared(run(21, 3)).map(({ file }) => file)).toEqual(['spec/new.spec.ts']);
    });
  });
});
