import { describe, expect, it } from 'vitest';
import {
  MOST_CHILDREN,
  newsSince,
  nextSnapshot,
  readSnapshot,
  writeSnapshot,
  type ChildState,
  type Snapshot,
} from '../../src/files/snapshots/snapshot.js';

const child = (name: string, state = 'a'): ChildState => ({ name, kind: 'file', state });
const many = (start: string, count = MOST_CHILDREN): ChildState[] =>
  Array.from({ length: count }, (_, at) => child(start + String(at)));
const lastOf = ({ points }: Snapshot): number => points.at(-1) ?? 0;

describe('a snapshot of a folder', () => {
  it('is read as it was written', async () => {
    const first = await nextSnapshot(undefined, [child('a'), { ...child('b'), kind: 'folder' }], 5);
    const second = await nextSnapshot(first, [child('b\0"')], 7);
    expect(await readSnapshot((await writeSnapshot(second))?.text ?? '')).toEqual(second);
    expect(await nextSnapshot(second, [child('b\0"')], 9)).toBe(second);
  });

  it('tells all that a folder can lose at once, and then nothing to those who saw it before', async () => {
    const full = await nextSnapshot(undefined, many('a'), 1);
    const other = await nextSnapshot(full, many('b'), 1);
    expect(newsSince(other, { since: lastOf(full) }, 30_000)?.entries).toHaveLength(2 * MOST_CHILDREN);
    const third = await nextSnapshot(other, many('c'), 1);
    expect(newsSince(third, { since: lastOf(full) }, 30_000)).toBeUndefined();
    expect(newsSince(third, { since: lastOf(other) }, 30_000)?.entries).toHaveLength(2 * MOST_CHILDREN);
    expect(third.entries).toHaveLength(2 * MOST_CHILDREN);
  });

  it('is kept without what is gone when it is too large with it, and not at all when it is too large without', async () => {
    const long = 'x'.repeat(150);
    const full = await nextSnapshot(undefined, many(long), 1);
    const less = await writeSnapshot(await nextSnapshot(full, many(`${long}y`), 1));
    expect([full.points.length, less?.snapshot.points.length, less?.snapshot.entries.length]).toEqual([
      ...[1, 1, MOST_CHILDREN],
    ]);
    expect(await writeSnapshot(await nextSnapshot(undefined, many(long.repeat(2)), 1))).toBeUndefined();
  });

  it('remembers so many of its states, and no more', async () => {
    let snapshot = await nextSnapshot(undefined, [], 1);
    const first = lastOf(snapshot);
    for (let at = 0; at < 2_000; at += 1) snapshot = await nextSnapshot(snapshot, [child('a', String(at))], 1);
    expect([snapshot.points.length, newsSince(snapshot, { since: first }, 9)]).toEqual([2_000, undefined]);
  });
});
