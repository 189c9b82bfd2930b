import { opendir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isContentKey } from '../../../driver/index.js';
import { writtenAt } from '../calls/walk.js';
import { DEAD, leasedAt, LEASELESS } from './lease.js';

/** The folders of unfinished uploads and of the leases of their writers. */
export interface DraftFolders {
  readonly tmp: string;
  readonly leases: string;
  /** True while an upload of this process writes to the key. */
  isActive(key: string): boolean;
}

/** The name of a draft: its key, and the name of its writer's lease. */
export function draftName(key: string, lease: string): string {
  return `${key}.${lease}`;
}

/** Reads what {@link draftName} made; without a lease it is a draft of release 0.1. */
function readDraftName(name: string): { readonly key: string; readonly lease: string | undefined } | undefined {
  const [key = '', lease, ...rest] = name.split('.');
  if (!isContentKey(key) || rest.length > 0) return undefined;
  return lease === undefined || isLease(lease) ? { key, lease } : undefined;
}

function isLease(name: string): boolean {
  return /^[0-9a-f]{16}$/.test(name);
}

/**
 * Removes drafts whose writer is dead, and expired leases; answers how many drafts. `now` is the time of the same file
 * system ({@link Lease.clock}). Other files are left alone.
 */
export async function sweepDrafts(places: DraftFolders, now: number): Promise<number> {
  let removed = 0;
  for await (const { name } of await opendir(places.tmp)) {
    const draft = readDraftName(name);
    if (draft === undefined || places.isActive(draft.key) || (await isAlive(places, name, draft.lease, now))) continue;
    await rm(join(places.tmp, name), { force: true });
    removed += 1;
  }
  await sweepLeases(places.leases, now);
  return removed;
}

/** Checked again for each draft, because its writer may have renewed its lease meanwhile. */
async function isAlive(places: DraftFolders, name: string, lease: string | undefined, now: number): Promise<boolean> {
  const leased = lease === undefined ? undefined : await leasedAt(places.leases, lease);
  if (leased !== undefined) return leased > now - DEAD;
  return (await writtenAt(join(places.tmp, name))) > now - LEASELESS;
}

async function sweepLeases(folder: string, now: number): Promise<void> {
  for await (const { name } of await opendir(folder)) {
    // Leases are kept longer than drafts: a draft whose lease is gone would have to wait for a day.
    if (isLease(name) && (await writtenAt(join(folder, name))) <= now - 2 * DEAD)
      await rm(join(folder, name), { force: true });
  }
}
