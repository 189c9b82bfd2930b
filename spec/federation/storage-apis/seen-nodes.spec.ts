import { describe, expect, it } from 'vitest';
import { SeenNodes, type SeenBelow } from '../../../src/federation/storage-apis/stacksync-v2/memory/seen-nodes.js';
import { createHandClock } from '../../support/seeds.js';

const folders = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => {
    const number = String(from + index);
    return { key: number, kind: 'folder', name: `n ${number}`, parentKey: '7' } as const;
  });

describe('what is known of other clouds’ nodes', () => {
  const knownOf = (seen: SeenBelow, to: number) => folders(0, to).flatMap(({ key }) => (seen.of(key) ? [key] : []));

  it('is what they were when they were met last, each in its share', () => {
    const seen = new SeenNodes({ clock: createHandClock() });
    const [ours, theirs] = [seen.below('ours'), seen.below('theirs')];
    ours.meet([{ key: '1', kind: 'folder', name: 'Plans', parentKey: '7' }]);
    ours.meet([{ key: '1', kind: 'folder', name: 'Plan', parentKey: '8' }]);
    expect(ours.of('1')).toEqual({ kind: 'folder', name: 'Plan', parentKey: '8' });
    expect([ours.of('2'), theirs.of('1')]).toEqual([undefined, undefined]);
  });

  it('DOS-03 is kept of those that were met last, however many clouds list', () => {
    const seen = new SeenNodes({ clock: createHandClock(), most: 5 });
    const [ours, theirs] = [seen.below('ours'), seen.below('theirs')];
    ours.meet(folders(0, 4));
    ours.meet(folders(0, 1));
    theirs.meet(folders(4, 6));
    expect([knownOf(ours, 10), knownOf(theirs, 10)]).toEqual([
      ['0', '2', '3'],
      ['4', '5'],
    ]);
    theirs.meet(folders(0, 1_000));
    expect([knownOf(ours, 10), knownOf(theirs, 1_000)]).toEqual([[], ['995', '996', '997', '998', '999']]);
  });
});
