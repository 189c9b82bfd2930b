import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where Linux keeps files in memory. */
const IN_MEMORY = '/dev/shm';

/** Most space that a run may need, bytes. */
const ROOM = 6 * 1024 ** 3;

/**
 * Lets the whole run keep its temporary files in memory, where the machine has room for that and lets programs start from
 * there (the run's PostgreSQL does): most specs make databases, and a disk's syncs would be half of their time. Clouds that
 * get killed lose nothing by it: no spec cuts the power. `TMPDIR` set from outside has the last word.
 */
export function setup(): (() => void) | undefined {
  if (process.env['TMPDIR'] !== undefined) return undefined;
  const folder = folderInMemory();
  if (folder === undefined) return undefined;
  process.env['TMPDIR'] = folder;
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}

function folderInMemory(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    if (bavail * bsize < ROOM) return undefined;
    const folder = mkdtempSync(path.join(IN_MEMORY, 'footbridge-run-'));
    // PostgreSQL, which refuses root, comes in under another account.
    chmodSync(folder, 0o711);
    if (startsPrograms(folder)) return folder;
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // No such place here.
  }
  return undefined;
}

function startsPrograms(folder: string): boolean {
  const program = path.join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
  try {
    execFileSync(program);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(program, { force: true });
  }
}
