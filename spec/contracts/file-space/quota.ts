import { describe, expect, it } from 'vitest';
import { knowsQuota, type SpaceQuota } from '../../../src/files/index.js';
import { codeOf, words, type FileSpaceAdapter } from './harness.js';

/** How much room a space says there is (webdav.md 1.6). */
export function describeQuota({ open, cannot = {} }: FileSpaceAdapter): void {
  describe('the room in a space', () => {
    it.skipIf(cannot.quota)('is taken by what is stored, and told anywhere in it', async () => {
      const { space } = await open();
      if (!knowsQuota(space)) throw new Error('it does not say');
      const before = roomOf(await space.quota(space.rootKey));
      const folder = await space.makeFolder(space.rootKey, 'folder');
      await space.create(folder.key, 'a', words('hello'));
      const after = roomOf(await space.quota(folder.key));
      expect((after.used ?? 0) - (before.used ?? 0)).toBe(5);
      expect(await space.quota(space.rootKey)).toEqual(after);
      if (before.available !== undefined) expect(before.available - (after.available ?? 0)).toBe(5);
      expect(await codeOf(space.quota('123456789'))).toBe('not-found');
    });

    it.runIf(cannot.quota)('is not told where nobody can say', async () => {
      const { space } = await open();
      expect(knowsQuota(space) ? await space.quota(space.rootKey) : undefined).toBeUndefined();
    });
  });
}

function roomOf(quota: SpaceQuota | undefined): SpaceQuota {
  if (quota === undefined) throw new Error('it does not say');
  return quota;
}
