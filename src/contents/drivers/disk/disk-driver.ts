import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../../kernel/index.js';
import {
  BlobRefusal,
  newContentKey,
  type BlobStat,
  type ByteSpan,
  type Driver,
  type OpenBlob,
  type SettingAside,
  type StoreHealth,
  type SweepingDrafts,
  type WriteOptions,
} from '../../driver/index.js';
import { DiskBlobs, removeQuietly, requireFolder } from './disk-blobs.js';
import { diskCalls, diskRefusal, errorCode, type DiskCalls, type DiskFile } from './calls/disk-calls.js';
import { DiskHealth } from './disk-health.js';
import { draftName, Lease, sweepDrafts } from './drafts/index.js';
import { unusable } from './identity/refusals.js';
import { OpenFile } from './open-file.js';
import { Quarantine } from './quarantine.js';
import { storedAfter } from './calls/walk.js';

/** What {@link DiskDriver} needs. */
export interface DiskDriverOptions {
  /** Holds `blobs/`, `tmp/`, `leases/` and `quarantine/`, all on one file system. */
  readonly folder: string;
  readonly random: Random;
  /** System calls that fail on purpose, in tests. Default: the real ones. */
  readonly calls?: DiskCalls;
}

/** Stores blobs as files of one folder; {@link DiskBlobs} has the complete ones. */
export class DiskDriver implements Driver, SettingAside, SweepingDrafts {
  readonly abilities = { setsAside: true, leavesDrafts: true };
  readonly #folder: string;
  readonly #blobs: DiskBlobs;
  readonly #lease: Lease;
  readonly #quarantine: Quarantine;
  readonly #health: DiskHealth;
  readonly #random: Random;
  readonly #calls: DiskCalls;
  /** Keys that are being written in this process. */
  readonly #active = new Set<string>();

  private constructor({ folder, random, calls = diskCalls }: DiskDriverOptions) {
    this.#folder = folder;
    this.#random = random;
    this.#calls = calls;
    this.#lease = new Lease({ folder: this.#at('leases'), random });
    this.#quarantine = new Quarantine({ folder: this.#at('quarantine'), blobs: this.#at('blobs') });
    this.#health = new DiskHealth({ folder, attempt: () => this.#tryOut() });
    this.#blobs = new DiskBlobs({ folder: this.#at('blobs'), calls, noting: (call) => this.#noting(call) });
  }

  /**
   * Opens the folder and makes its sub-folders if they are missing. Throws `unavailable` when nothing can be written.
   */
  static async open(options: DiskDriverOptions): Promise<DiskDriver> {
    const driver = new DiskDriver(options);
    for (const name of ['blobs', 'tmp', 'leases'] as const) {
      await mkdir(driver.#at(name), { recursive: true, mode: 0o700 });
      await requireFolder(driver.#at(name));
    }
    await diskCalls.syncFolder(options.folder);
    await driver.#requireWritable();
    return driver;
  }

  /** Opens a folder for reading: makes nothing, even if the disk is not mounted. */
  static forReading(options: DiskDriverOptions): DiskDriver {
    return new DiskDriver(options);
  }

  /** A full disk does not prevent the start, because its contents can still be read. */
  async #requireWritable(): Promise<void> {
    await this.#lease.clock().catch((error: unknown) => {
      if (diskRefusal(error).kind !== 'full') throw unusable(error, this.#folder);
    });
  }

  /** Steps 2, 4, 5 and 6 of the one write path (reliability.md 1). */
  async write(key: string, chunks: AsyncIterable<readonly Uint8Array[]>, { signal }: WriteOptions = {}): Promise<void> {
    this.#active.add(key);
    try {
      await this.#drafting(key, async (draft, file) => {
        await this.#receive(file, chunks, signal);
        await this.#blobs.publish(draft, key, signal);
        this.#health.succeeded();
      });
    } finally {
      this.#active.delete(key);
    }
  }

  async read(key: string, range?: ByteSpan, signal?: AbortSignal): Promise<OpenBlob> {
    signal?.throwIfAborted();
    const { handle, size } = await this.#blobs.open(key);
    return new OpenFile(handle, size, range);
  }

  stat(key: string): Promise<BlobStat | undefined> {
    return this.#blobs.stat(key);
  }

  list(after: string): Promise<string[]> {
    return refusing(storedAfter(this.#at('blobs'), after));
  }

  remove(key: string): Promise<void> {
    return refusing(this.#blobs.remove(key));
  }

  health(): Promise<StoreHealth> {
    return this.#health.now();
  }

  setAside(key: string, now: number): Promise<boolean> {
    return refusing(this.#quarantine.setAside(key, now));
  }

  takeBack(key: string): Promise<boolean> {
    return refusing(this.#quarantine.takeBack(key));
  }

  asideUntil(until: number): AsyncIterable<string> {
    return this.#quarantine.asideUntil(until);
  }

  erase(key: string): Promise<void> {
    return refusing(this.#quarantine.erase(key));
  }

  async sweepDrafts(): Promise<number> {
    const isActive = (key: string): boolean => this.#active.has(key);
    const places = { tmp: this.#at('tmp'), leases: this.#at('leases'), isActive };
    return refusing(this.#lease.clock().then((now) => sweepDrafts(places, now)));
  }

  /** Runs `work` with a new draft under this process's lease; on failure the draft is removed. */
  async #drafting<T>(key: string, work: (draft: string, file: DiskFile) => Promise<T>): Promise<T> {
    const lease = await this.#noting(() => this.#lease.enter());
    try {
      const draft = join(this.#at('tmp'), draftName(key, lease));
      const file = await this.#noting(() => this.#createDraft(draft));
      return await work(draft, file).catch(async (error: unknown) => {
        await removeQuietly(draft);
        throw error;
      });
    } finally {
      this.#lease.leave();
    }
  }

  /** Stores one byte with the same system calls as an upload, and removes it again. */
  async #tryOut(): Promise<void> {
    await this.#drafting(newContentKey(this.#random), async (draft, file) => {
      const written = file.write([Buffer.from('.')]).then(() => file.sync());
      await written.finally(() => file.close());
      await this.#calls.syncFolder(this.#at('blobs'));
      await removeQuietly(draft);
    });
  }

  async #createDraft(draft: string): Promise<DiskFile> {
    await requireFolder(this.#at('tmp'));
    return this.#calls.create(draft).catch((error: unknown) => {
      throw errorCode(error) === 'EEXIST' ? new BlobRefusal('taken', 'tmp') : error;
    });
  }

  async #receive(
    file: DiskFile,
    chunks: AsyncIterable<readonly Uint8Array[]>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    try {
      for await (const batch of chunks) await this.#noting(() => file.write(batch));
      signal?.throwIfAborted();
      await this.#noting(() => file.sync());
    } finally {
      await this.#noting(() => file.close());
    }
  }

  /** Runs a system call of the write path; an error other than a full disk shows in the health (DUR-04). */
  async #noting<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const refusal = diskRefusal(error);
      if (refusal.kind === 'failed') this.#health.failed(error);
      throw refusal;
    }
  }

  #at(name: 'blobs' | 'tmp' | 'leases' | 'quarantine'): string {
    return join(this.#folder, name);
  }
}

function refusing<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw diskRefusal(error);
  });
}
