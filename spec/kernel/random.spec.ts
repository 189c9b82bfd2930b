import { describe, expect, it } from 'vitest';
import { randomUuid } from '../../src/kernel/index.js';
import { createSeededRandom } from '../support/seeds.js';

describe('a random UUID', () => {
  it('is of version 4, in lower case with hyphens', () => {
    const random = createSeededRandom();
    for (let count = 0; count < 100; count += 1) {
      expect(randomUuid(random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it('is another one every time, and made of the injected chance alone', () => {
    const draw = (seed: string): string[] => {
      const random = createSeededRandom(seed);
      return Array.from({ length: 50 }, () => randomUuid(random));
    };
    expect(new Set(draw('a')).size).toBe(50);
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
  });

  it('changes nothing of what it is made of', () => {
    const bytes = Buffer.alloc(16, 0xff);
    expect(randomUuid({ bytes: () => bytes })).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
    expect(bytes.equals(Buffer.alloc(16, 0xff))).toBe(true);
  });
});
