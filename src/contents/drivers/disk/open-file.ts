import type { FileHandle } from 'node:fs/promises';
import type { ByteSpan, OpenBlob } from '../../driver/index.js';
import { diskRefusal } from './calls/disk-calls.js';

/** Reads a range of a file directly into the reader's buffers. */
export class OpenFile implements OpenBlob {
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #end: number;
  #position: number;

  constructor(handle: FileHandle, size: number, { start, end }: ByteSpan = { start: 0, end: size - 1 }) {
    this.#handle = handle;
    this.size = size;
    this.#position = start;
    this.#end = end + 1;
  }

  async fill(buffer: Buffer): Promise<number> {
    const due = Math.min(buffer.length, this.#end - this.#position);
    if (due <= 0) return 0;
    const { bytesRead } = await this.#handle.read(buffer, 0, due, this.#position).catch((error: unknown) => {
      throw diskRefusal(error);
    });
    this.#position += bytesRead;
    return bytesRead;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
