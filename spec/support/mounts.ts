import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of a spec's own. */
export interface Mounted {
  readonly folder: string;
  unmount(): Promise<void>;
}

let answer: Promise<string | undefined> | undefined;

/**
 * Why this machine mounts nothing for us (printed once), or undefined when it does. For
 * `describe.skipIf((await mountReason()) !== undefined)`.
 */
export function mountReason(): Promise<string | undefined> {
  answer ??= tryOut();
  return answer;
}

async function tryOut(): Promise<string | undefined> {
  try {
    const { unmount } = await smallDisk(1);
    await unmount();
    return undefined;
  } catch (error) {
    const reason = `no file system can be mounted here (${error instanceof Error ? error.message.trim() : String(error)})`;
    console.warn(`specs of full and read-only disks are skipped: ${reason}`);
    return reason;
  }
}

/** Mounts an empty disk of so many MiB. */
export async function smallDisk(mebibytes: number): Promise<Mounted> {
  const folder = await mkdtemp(path.join(tmpdir(), 'footbridge-disk-'));
  await run('mount', ['-t', 'tmpfs', '-o', `size=${String(mebibytes)}m`, 'tmpfs', folder]).catch(
    async (error: unknown) => {
      await rm(folder, { recursive: true });
      throw error;
    },
  );
  return { folder, unmount: () => unmount(folder) };
}

/** Shows a folder at another place, for reading only. */
export async function readOnly(source: string, folder: string): Promise<Mounted> {
  await mkdir(folder, { recursive: true });
  await run('mount', ['--bind', source, folder]);
  await run('mount', ['-o', 'remount,bind,ro', folder]);
  return { folder, unmount: () => unmount(folder) };
}

/** Lazily: what still holds a file there keeps it until it ends. */
async function unmount(folder: string): Promise<void> {
  await run('umount', ['-l', folder]);
  await rm(folder, { recursive: true, force: true });
}
