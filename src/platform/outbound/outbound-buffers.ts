import type { Socket } from 'node:net';

/** Most bytes of one read: a reader that has stopped holds some six of them, and may hold 512 KiB (F-82). */
const SIZE = 48 * 1024;

/** Shorter reads are copied, because they would occupy a whole buffer, and most answers are that short. */
const SMALL = 12 * 1024;

/** Most buffers that a connection keeps while nobody needs them. */
const KEPT = 2;

/** Where the bytes of a lent buffer came from, and how many they were. */
interface Lent {
  readonly buffers: ReadBuffers;
  readonly whole: Buffer;
  readonly filled: number;
}

const lent = new WeakMap<ArrayBufferLike, Lent>();

/**
 * The buffers that one connection reads into and uses again once they are given back. A caller that gives none back
 * keeps its chunks, as from any other socket.
 */
class ReadBuffers {
  readonly #free: Buffer[] = [];
  #next: Buffer = Buffer.allocUnsafeSlow(SIZE);

  /** Where the next bytes go. */
  get next(): Buffer {
    return this.#next;
  }

  /** Takes the bytes that have come; `next` is another buffer now, unless they were few. */
  taken(count: number): Buffer {
    const whole = this.#next;
    const chunk = whole.subarray(0, count);
    if (count < SMALL) return Buffer.from(chunk);
    lent.set(whole.buffer, { buffers: this, whole, filled: count });
    this.#next = this.#free.pop() ?? Buffer.allocUnsafeSlow(SIZE);
    return chunk;
  }

  free(buffer: Buffer): void {
    if (this.#free.length < KEPT) this.#free.push(buffer);
  }
}

/** What `connect` of `node:net` needs so that the socket, a stream like every other, reads into buffers that come back. */
export function readIntoLent(socketOf: () => Socket): {
  buffer: () => Buffer;
  callback: (count: number) => boolean;
} {
  const buffers = new ReadBuffers();
  return {
    buffer: () => buffers.next,
    callback: (count) => socketOf().push(buffers.taken(count)),
  };
}

/**
 * Gives back a chunk of a body that is no longer needed. Only a chunk that is a whole read goes back to its connection,
 * because somebody else may use the rest of any other. Does nothing for other buffers, and for those that were given
 * back before.
 */
export function giveBack(chunk: Buffer): void {
  const found = lent.get(chunk.buffer);
  if (found === undefined || chunk.byteOffset !== 0 || chunk.length !== found.filled) return;
  lent.delete(chunk.buffer);
  found.buffers.free(found.whole);
}
