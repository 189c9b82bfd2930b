/** How long each file of specs took, and which took longer than it may. */
import path from 'node:path';

/** A file may take this many seconds, unless {@link DECLARED} names it … */
const LIMIT = 20;

/**
 * … or this part of what all other files of the run took, whichever is more: on a slow or busy machine every file takes
 * longer, and none is to blame for it.
 */
const SHARE = 1 / 50;

/** Files that prove what cannot be proved sooner: they wait for time-outs, play thousands of cases, or start many clouds. */
export const DECLARED = new Set([
  'spec/architecture/banned-calls.spec.ts',
  'spec/browser/carried-proposals.spec.ts',
  'spec/browser/joining.spec.ts',
  'spec/browser/main-job.spec.ts',
  'spec/browser/mesh/shares.spec.ts',
  'spec/browser/pages.spec.ts',
  'spec/browser/schemes.spec.ts',
  'spec/cloud/database-stands-still.spec.ts',
  'spec/contracts/content-store-layers.spec.ts',
  'spec/contracts/delivery-queue.spec.ts',
  'spec/contracts/file-space-local.spec.ts',
  'spec/contracts/file-space-stacksync.spec.ts',
  'spec/deliveries/herd.spec.ts',
  'spec/doors/pages/folder-lists.spec.ts',
  'spec/doors/pages/long-folders.spec.ts',
  'spec/doors/stacksync/long-listing.spec.ts',
  'spec/federation/event-loop.spec.ts',
  'spec/files/changes/processes.spec.ts',
  'spec/files/effects.spec.ts',
  'spec/files/foreign-ids.spec.ts',
  'spec/files/trash/large-folders.spec.ts',
  'spec/files/uploads/kills.spec.ts',
  'spec/journeys/convergence.spec.ts',
  'spec/journeys/crowds/foreign-readers.spec.ts',
  'spec/journeys/crowds/slow-readers.spec.ts',
  'spec/journeys/demo-play.spec.ts',
  'spec/journeys/doctor.spec.ts',
  'spec/journeys/fair-turns.spec.ts',
  'spec/journeys/faults/fault-sequences.spec.ts',
  'spec/journeys/full-disk/full-disk.spec.ts',
  'spec/journeys/incoming-table.spec.ts',
  'spec/journeys/kills/joining.spec.ts',
  'spec/journeys/kills/random-kills.spec.ts',
  'spec/journeys/peer-down.spec.ts',
  'spec/journeys/refused-keys.spec.ts',
  'spec/journeys/starts/first-starts.spec.ts',
  'spec/journeys/starts/mixes.spec.ts',
  'spec/platform/database.spec.ts',
  'spec/platform/migrations.spec.ts',
  'spec/shares/long-lists.spec.ts',
]);

/** Per file of vitest's report, slowest first: `file` from `root`, and the `seconds` that its tests and set-ups took. */
export function timesOf({ testResults }, root) {
  return testResults
    .map(({ name, startTime, endTime }) => ({ file: path.relative(root, name), seconds: (endTime - startTime) / 1000 }))
    .sort((one, other) => other.seconds - one.seconds);
}

/** The table of `npm test -- --slowest`. */
export function tableOf(times, rows = 40) {
  const lines = times.slice(0, rows).map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${file}`);
  const all = times.reduce((sum, { seconds }) => sum + seconds, 0);
  return [...lines, `${all.toFixed(1).padStart(7)} s  all ${times.length} files, some side by side`].join('\n');
}

/** Files that took longer than they may (see {@link limitFor}) although nobody declared them. */
export function undeclared(times) {
  return times.filter((time) => time.seconds > limitFor(time, times) && !DECLARED.has(time.file));
}

/** Seconds that a file of this run may take without being declared. */
function limitFor({ seconds }, times) {
  const others = times.reduce((sum, time) => sum + time.seconds, 0) - seconds;
  return Math.max(LIMIT, others * SHARE);
}
