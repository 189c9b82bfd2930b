import { describe } from 'vitest';
import { describeConditions } from './file-space/conditions.js';
import { describeContents } from './file-space/contents.js';
import type { FileSpaceAdapter } from './file-space/harness.js';
import { describeCopies } from './file-space/copies.js';
import { describeHeads } from './file-space/heads.js';
import { describeNames } from './file-space/names.js';
import { describeTimes } from './file-space/times.js';
import { describePaths } from './file-space/paths.js';
import { describeQuota } from './file-space/quota.js';
import { describeOrder } from './file-space/order.js';
import { describeTrees } from './file-space/trees.js';

export type { FileSpaceAdapter, FileSpaceHarness, Shortcomings } from './file-space/harness.js';

/** What every file space must do (`FileSpace` in src/files), wherever the files are kept. */
export function describeFileSpace(adapter: FileSpaceAdapter): void {
  describe(adapter.name, () => {
    describeTrees(adapter);
    describeNames(adapter);
    describeOrder(adapter);
    describeContents(adapter);
    describeHeads(adapter);
    describeConditions(adapter);
    describeTimes(adapter);
    describeCopies(adapter);
    describeQuota(adapter);
    describePaths(adapter);
  });
}
