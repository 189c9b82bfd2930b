import { describe, expect, it } from 'vitest';
import { relocated, relocationOf } from '../../src/peers/peer/relocation.js';

const move = (before: string, after: string) => relocationOf(before, after, `${new URL(after).origin}/v1`);

describe('a move of a cloud', () => {
  it.each([
    ['https://a.example/interop/share', 'https://b.example/interop/share', 'https://a.example/', 'https://b.example/'],
    [
      'https://a.example/interop/share/',
      'https://b.example/cloud/interop/share',
      'https://a.example/',
      'https://b.example/cloud/',
    ],
    ['https://a.example/old/share', 'https://a.example/new/share', 'https://a.example/old/', 'https://a.example/new/'],
    [
      'https://a.example/share.aspx',
      'https://b.example/interop/share',
      'https://a.example/share.aspx/',
      'https://b.example/interop/share/',
    ],
  ])('from %s to %s has the bases %s and %s', (before, after, from, to) => {
    expect(move(before, after)).toMatchObject({ from, to, storageBase: `${new URL(after).origin}/v1/` });
  });

  it('takes along what lies below the old base, whole segments only, and nothing else', () => {
    const there = move('https://a.example/cloud/share', 'https://b.example/share');
    expect(relocated('https://a.example/cloud/result/x?y=1', there)).toBe('https://b.example/result/x?y=1');
    expect(relocated('https://a.example/clouds/x', there)).toBe('https://a.example/clouds/x');
    expect(relocated('https://c.example/cloud/x', there)).toBe('https://c.example/cloud/x');
  });
});
