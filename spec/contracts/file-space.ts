import { describe } from 'vitest';
import { describeConditions } from './file-space/conditions.js';
import { describeContents } from './file-space/contents.js';
import type { FileSpaceAdapter } from './file-space/harness.js';
import { describeTrees } from './file-space/trees.js';

export type { FileSpaceAdapter, FileSpaceHarness, Shortcomings } from './file-space/harness.js';

/** What every file space owes (`FileSpace` in src/files), whatever keeps the files. */
export function describeFileSpace(adapter: FileSpaceAdapter): void {
  describe(adapter.name, () => {
    describeTrees(adapter);
    describeContents(adapter);
    describeConditions(adapter);
  });
}
