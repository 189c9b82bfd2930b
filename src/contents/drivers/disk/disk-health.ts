import { statfs } from 'node:fs/promises';
import { BlobRefusal, type StoreHealth } from '../../driver/index.js';
import { errorCode } from './calls/disk-calls.js';

/** With less free space than this the disk counts as full, because the next upload would fill it; bytes. */
const NO_ROOM = 1024 * 1024;

/** How long a failed sync or rename shows in the health before the disk is tried again (DUR-04), milliseconds. */
const SHOWN = 15_000;

/** Whether a disk takes blobs; a bad state recovers by itself. */
export class DiskHealth {
  readonly #folder: string;
  readonly #attempt: () => Promise<void>;
  #failed: { readonly reason: string; readonly at: number } | undefined;

  /** `attempt` stores a small blob, and throws when that fails. */
  constructor(inputs: { folder: string; attempt: () => Promise<void> }) {
    this.#folder = inputs.folder;
    this.#attempt = inputs.attempt;
  }

  /** To be called when a system call of the write path failed for another reason than a full disk. */
  failed(error: unknown): void {
    const code = errorCode(error instanceof BlobRefusal ? error.cause : error);
    this.#failed = { reason: `Storing failed: ${code || 'unknown error'}.`, at: performance.now() };
  }

  /** To be called when something was stored. */
  succeeded(): void {
    this.#failed = undefined;
  }

  /** The health now. */
  async now(): Promise<StoreHealth> {
    const reason = await this.#reason();
    return reason === undefined ? { ok: true } : { ok: false, reason };
  }

  async #reason(): Promise<string | undefined> {
    try {
      return (await this.#failure()) ?? (await this.#lackOfRoom());
    } catch (error) {
      return `The storage cannot be read: ${errorCode(error) || 'unknown error'}.`;
    }
  }

  async #failure(): Promise<string | undefined> {
    const failed = this.#failed;
    if (failed === undefined || performance.now() - failed.at < SHOWN) return failed?.reason;
    try {
      await this.#attempt();
      this.succeeded();
      return undefined;
    } catch (error) {
      this.failed(error);
      return failed.reason;
    }
  }

  async #lackOfRoom(): Promise<string | undefined> {
    const { bavail, bsize } = await statfs(this.#folder);
    return bavail * bsize < NO_ROOM ? 'The disk of the contents is full.' : undefined;
  }
}
