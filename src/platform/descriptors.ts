/** Descriptors that a cloud needs for itself: database, log, the program, and calls to other clouds. */
const OWN = 64;

/** Assumed when the limit is unknown: the usual soft limit of a login shell. */
const USUAL = 1024;

/**
 * How many connections may be open so that each can have one more descriptor, for a file or another cloud: then many
 * connections never keep a write from its file (threat model DOS-05). At least 16.
 *
 * @param descriptors How many this process may have open at once; `Infinity` where that has no limit
 */
export function connectionsWithin(descriptors: number = (limit ??= descriptorLimit())): number {
  return Math.max(16, Math.floor((descriptors - OWN) / 2));
}

/** Asked once: it takes some 10 ms, and stays. */
let limit: number | undefined;

/** The soft limit that the system sets on open descriptors (RLIMIT_NOFILE). */
function descriptorLimit(): number {
  if (process.platform === 'win32') return Infinity;
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft: number | 'unlimited' } } };
  const soft = report.userLimits?.open_files?.soft ?? USUAL;
  return soft === 'unlimited' ? Infinity : soft;
}
