import { Readable, type Writable } from 'node:stream';

/**
 * A body that can write itself to a target with a few buffers, which it uses again as soon as the target has sent them.
 * Read in any other way it is an ordinary stream, whose chunks belong to the reader.
 */
export abstract class LendingBody extends Readable {
  /**
   * Replaces `pipe` for a body that was not read from: writes everything, ends the target and then itself. An error
   * destroys the body and leaves the target as it is. The target must not keep a chunk beyond its write callback.
   */
  abstract lendTo(target: Writable): void;
}

/** A short body that is in memory already: sent in one piece, and read like every other. */
export class WholeBody extends Readable {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    super();
    this.bytes = bytes;
  }

  override _read(): void {
    this.push(this.bytes);
    this.push(null);
  }
}

/**
 * Sends a body as the rest of an answer; resolves when it is out. Like `pipeline`, but for a third of its cost with
 * short bodies: a broken body breaks the answer, and a reader that disconnects ends the body. Rejects with the body's
 * own error, or because the reader left.
 */
export function flow(body: Readable, answer: Writable): Promise<void> {
  if (body instanceof WholeBody && !body.destroyed) return end(body, answer);
  return new Promise((resolve, reject) => {
    body.once('error', reject);
    body.once('close', () => {
      if (!body.readableEnded) answer.destroy();
    });
    answer.once('close', () => {
      body.destroy();
      if (answer.writableFinished) resolve();
      else reject(readerLeft());
    });
    if (body.destroyed) answer.destroy();
    else if (body instanceof LendingBody) body.lendTo(answer);
    else body.pipe(answer);
  });
}

function end(body: WholeBody, answer: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    answer.once('close', () => {
      if (answer.writableFinished) resolve();
      else reject(readerLeft());
    });
    answer.end(body.bytes);
    body.destroy();
  });
}

function readerLeft(): Error {
  return new Error('The reader left.');
}
