import type { Writable } from 'node:stream';
import { LendingBody } from '../streams/flow.js';
import { giveBack } from './outbound-buffers.js';

// One read of a socket ahead of the consumer: enough to overlap, small enough for hundreds of transfers (FLW-01, F-82).
const READ_AHEAD = 48 * 1024;

/** Bytes that may be under way to the target before reading pauses: one read is sent while the next is received. */
const LENT_AHEAD = 2 * 48 * 1024;

/** What the body of an answer tells its exchange. */
export interface AnswerMoves {
  /** The reader can take more. */
  resume(): void;
  /** The reader has finished or given up. */
  left(error: Error | null): void;
}

/** The body of an answer: reading it drives the socket, destroying it ends the exchange. */
export class AnswerBody extends LendingBody {
  readonly #moves: AnswerMoves;

  constructor(moves: AnswerMoves) {
    super({ highWaterMark: READ_AHEAD });
    this.#moves = moves;
  }

  override _read(): void {
    this.#moves.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#moves.left(error);
    done(error);
  }

  override lendTo(target: Writable): void {
    let ahead = 0;
    this.on('data', (chunk: Buffer) => {
      ahead += chunk.length;
      target.write(chunk, (error) => {
        // After an error the buffer may still be in use.
        if (error !== null && error !== undefined) return;
        giveBack(chunk);
        ahead -= chunk.length;
        if (ahead < LENT_AHEAD) this.resume();
      });
      if (ahead >= LENT_AHEAD) this.pause();
    });
    this.once('end', () => target.end());
  }
}
