import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY, MINUTE, type Random } from '../../../../kernel/index.js';
import { errorCode } from '../calls/disk-calls.js';

/** How often a process with unfinished uploads renews its lease (scale.md 2.1), milliseconds. */
const RENEW = MINUTE;

/** A lease that was not renewed for so long belongs to a dead process, milliseconds. */
export const DEAD = 5 * MINUTE;

/**
 * A lease this old is not renewed but replaced, because another process may be about to treat it as dead; milliseconds.
 */
const STALE = DEAD / 2;

/**
 * How old a draft without a lease must be before it is removed, milliseconds: release 0.1 writes no leases, and may run
 * beside this one.
 */
export const LEASELESS = DAY;

/**
 * Tells other processes that sweep the same folder that this one is alive: a file that it renews while it has drafts
 * (F-86). Ages are measured by the file system's own clock, so that the clocks of several machines need not agree.
 */
export class Lease {
  readonly #folder: string;
  readonly #random: Random;
  #name = '';
  /** By the monotonic clock. */
  #writtenAt = -Infinity;
  #drafts = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ folder, random }: { readonly folder: string; readonly random: Random }) {
    this.#folder = folder;
    this.#random = random;
  }

  /**
   * To be called when a draft is begun: keeps the lease renewed until {@link leave}. Answers the name of the lease,
   * which goes into the name of the draft.
   */
  async enter(): Promise<string> {
    await this.#freshen();
    this.#drafts += 1;
    this.#timer ??= setInterval(() => void this.#write().catch(() => undefined), RENEW).unref();
    return this.#name;
  }

  /** To be called when a draft is finished or given up. */
  leave(): void {
    this.#drafts -= 1;
    if (this.#drafts > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The time by the clock of the file system, milliseconds since the epoch, read off a file that is written for it. */
  async clock(): Promise<number> {
    await this.#freshen();
    await this.#write();
    return (await stat(join(this.#folder, this.#name))).mtimeMs;
  }

  async #freshen(): Promise<void> {
    const age = performance.now() - this.#writtenAt;
    if (age < RENEW) return;
    if (age >= STALE && this.#drafts === 0) this.#name = this.#random.bytes(8).toString('hex');
    await this.#write();
  }

  /**
   * Overwrites the same byte. Setting the file's time would use this machine's clock, and a longer file needs space
   * that a full disk does not have.
   */
  async #write(): Promise<void> {
    const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants;
    const file = await open(join(this.#folder, this.#name), O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600);
    try {
      await file.write('.', 0);
    } finally {
      await file.close();
    }
    this.#writtenAt = performance.now();
  }
}

/** When a lease was last written, by the clock of the file system; undefined when there is none. */
export async function leasedAt(folder: string, name: string): Promise<number | undefined> {
  try {
    return (await stat(join(folder, name))).mtimeMs;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
