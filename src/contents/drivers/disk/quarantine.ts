import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY } from '../../../kernel/index.js';
import { isContentKey, type SettingAside } from '../../driver/index.js';
import { errorCode } from './calls/disk-calls.js';
import { namesIn, shardOf } from './calls/walk.js';

/**
 * Keeps blobs that were set aside in one folder per day. The name of the folder is the only record of when they came,
 * and operators can see it.
 */
export class Quarantine implements SettingAside {
  readonly #folder: string;
  readonly #blobs: string;

  constructor({ folder, blobs }: { readonly folder: string; readonly blobs: string }) {
    this.#folder = folder;
    this.#blobs = blobs;
  }

  async setAside(key: string, now: number): Promise<boolean> {
    const day = join(this.#folder, new Date(now).toISOString().slice(0, 10));
    await mkdir(day, { recursive: true, mode: 0o700 });
    return moved(this.#blobOf(key), join(day, key));
  }

  async takeBack(key: string): Promise<boolean> {
    for (const day of await this.#days()) {
      if (await moved(join(this.#folder, day, key), this.#blobOf(key))) return true;
    }
    return false;
  }

  async *asideUntil(until: number): AsyncGenerator<string> {
    for (const day of await this.#days()) {
      // Everything in the folder of a day came before the day's end.
      if (Date.parse(day) + DAY > until) continue;
      yield* (await namesIn(join(this.#folder, day))).filter(isContentKey);
      await rmdir(join(this.#folder, day)).catch(() => undefined);
    }
  }

  async erase(key: string): Promise<void> {
    for (const day of await this.#days()) await rm(join(this.#folder, day, key), { force: true });
  }

  async #days(): Promise<string[]> {
    return (await namesIn(this.#folder)).filter((name) => /^\d{4}-\d{2}-\d{2}$/.test(name)).sort();
  }

  #blobOf(key: string): string {
    return join(this.#blobs, shardOf(key), key);
  }
}

async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
