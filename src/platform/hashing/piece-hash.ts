import { createHash } from 'node:crypto';
import { askerNow, turnOfLoop } from '../turns/index.js';

/** The SHA-256 of a content that comes in pieces. Every `update` is called before `digest`; none waits for the one before. */
export interface PieceHash {
  /** Takes the next piece; resolves when its bytes may change again. */
  update(piece: Buffer): Promise<void>;
  /** Hex; of all pieces. Called once. */
  digest(): Promise<string>;
  /** Says that nobody will ask for the digest. */
  drop(): void;
}

/** A piece that is hashed in less time than it takes to wait for a turn, bytes. */
const BRIEF = 64 * 1024;

/** Made by the event loop itself, one turn for each piece. */
export class InlineHash implements PieceHash {
  readonly #hash = createHash('sha256');
  readonly #asker: string;
  #done: Promise<void> = Promise.resolve();

  /** `asker`: whose turns it takes. */
  constructor(asker = askerNow()) {
    this.#asker = asker;
  }

  update(piece: Buffer): Promise<void> {
    const turn = (): Promise<void> | undefined => (piece.length > BRIEF ? turnOfLoop(this.#asker) : undefined);
    this.#done = this.#done.then(turn).then(() => {
      this.#hash.update(piece);
    });
    return this.#done;
  }

  async digest(): Promise<string> {
    await this.#done;
    return this.#hash.digest('hex');
  }

  drop(): void {
    // The garbage collector does.
  }
}
