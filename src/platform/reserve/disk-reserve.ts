import { mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.js';
import { Ballast, RESERVE } from './ballast.js';
import { diskFull } from './disk-full.js';

/** With less free space than this the disk counts as full, until there is more than twice as much; bytes. */
const LITTLE = 8 * 1024 * 1024;

/** Opening a database needs this much for its write-ahead log and the index of that, bytes. */
const TO_OPEN = 1024 * 1024;

/**
 * A reserve of 64 MiB in the file system of the database. When the disk is full, only work that must succeed uses it:
 * ends, blocks, sign-outs, and what they need (ruling F-62). Everything else is refused until there is space again.
 */
export class DiskReserve {
  readonly #folder: string;
  readonly #ballast: Ballast;
  readonly #log: Log;
  #full = false;

  constructor({ folder, log }: { readonly folder: string; readonly log: Log }) {
    this.#folder = folder;
    this.#ballast = new Ballast(join(folder, 'reserve'));
    this.#log = log;
  }

  /** True while only work that must succeed may write. */
  get isFull(): boolean {
    return this.#full;
  }

  /** Throws `full` while only work that must succeed may write. */
  requireSpace(): void {
    if (this.#full) throw diskFull();
  }

  /** Checks the free space. With `keep`, as in a service, it also restores the reserve as soon as there is space. */
  async look(keep: 'keep' | 'only-look' = 'only-look'): Promise<void> {
    const before = await this.#state();
    if (keep === 'keep' && before.missing > 0 && before.free > before.missing + LITTLE) await this.#refill();
    const { free, given, missing } = keep === 'keep' ? await this.#state() : before;
    // The disk no longer counts as full once the reserve is complete again. Until then the reserve is being restored,
    // perhaps by another process.
    const owed = given ? missing : 0;
    this.#become(this.#full ? given || free < 2 * LITTLE : free < owed + LITTLE);
  }

  /** To be called before the database is opened: on a full disk even a reader needs a little space. */
  async makeOpenable(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const { free } = await this.#state();
    if (free < TO_OPEN) await this.#ballast.giveBack();
    await this.look();
  }

  /** To be called when a write has found the disk full. */
  noteFull(): void {
    this.#become(true);
  }

  /** Frees a part of the reserve for a write that must succeed; answers false when nothing is left. */
  async giveBack(): Promise<boolean> {
    this.#become(true);
    return this.#ballast.giveBack();
  }

  async #refill(): Promise<void> {
    // Another process was faster; the next check tries again.
    await this.#ballast.fill().catch(() => undefined);
  }

  async #state(): Promise<{ readonly free: number; readonly missing: number; readonly given: boolean }> {
    const [{ bavail, bsize }, size] = await Promise.all([statfs(this.#folder), this.#ballast.size()]);
    const missing = RESERVE - (size ?? 0);
    return { free: bavail * bsize, missing, given: size !== undefined && missing > 0 };
  }

  #become(full: boolean): void {
    if (this.#full === full) return;
    this.#full = full;
    if (full)
      this.#log.error(
        { folder: this.#folder },
        'the disk of the database is full: nothing is stored until there is room',
      );
    else this.#log.warn({ folder: this.#folder }, 'there is room on the disk of the database again');
  }
}
