import { Worker } from 'node:worker_threads';
import { Failure } from '../../kernel/index.js';
import type { PieceHash } from './piece-hash.js';
import { PROGRAM, type Done, type Order } from './program.js';

/** How long the thread is kept without work, milliseconds. */
const KEPT = 10_000;

/** Most hashes at once; further ones are computed on the event loop, like short ones. */
const MOST = 1_024;

/**
 * One thread that computes SHA-256 of long contents while the event loop sends or stores them. It starts when it is
 * first needed and ends after some seconds without work, or with the cloud. Its queue is bounded, because nobody has
 * more pieces under way than buffers.
 */
export class HashThread {
  readonly #kept: number;
  readonly #running = new Map<number, ThreadHash>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last = 0;
  #isClosed = false;

  /** `kept`: milliseconds without work after which the thread ends. */
  constructor(kept = KEPT) {
    this.#kept = kept;
  }

  /** A new hash, whose pieces must lie in shared memory; undefined when the thread has enough to do, or is closed. */
  begin(): PieceHash | undefined {
    if (this.#isClosed || this.#running.size >= MOST) return undefined;
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    const id = (this.#last += 1);
    const hash = new ThreadHash(id, {
      say: (order) => worker.postMessage(order),
      over: () => this.#forget(id),
    });
    this.#running.set(id, hash);
    return hash;
  }

  /** Whether there is a thread at the moment. */
  get isUp(): boolean {
    return this.#worker !== undefined;
  }

  /** Ends the thread; hashes that are not done fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
  }

  #start(): Worker {
    const worker = new Worker(PROGRAM, { eval: true, execArgv: [], env: {}, name: 'hashes' });
    worker.on('message', (done: Done) => this.#running.get(done.hash)?.done(done));
    const lost = (cause?: unknown): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#failAll(cause);
    };
    worker.on('error', lost).on('exit', () => lost());
    return worker;
  }

  #forget(id: number): void {
    if (!this.#running.delete(id) || this.#running.size > 0) return;
    // An idle thread must not keep a command from ending.
    this.#worker?.unref();
    this.#idle = setTimeout(() => void this.#end(), this.#kept).unref();
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#failAll();
    clearTimeout(this.#idle);
    await worker?.terminate();
  }

  #failAll(cause?: unknown): void {
    const failure = new Failure('internal', 'The file could not be stored or read.', {
      detail: 'the thread that makes hashes has ended',
      cause,
    });
    for (const hash of [...this.#running.values()]) hash.fail(failure);
  }
}

interface Moves {
  readonly say: (order: Order) => void;
  readonly over: () => void;
}

interface Waiting {
  readonly resolve: (done: Done) => void;
  readonly reject: (failure: Failure) => void;
}

class ThreadHash implements PieceHash {
  readonly #id: number;
  readonly #moves: Moves;
  readonly #memories = new Map<ArrayBufferLike, number>();
  /** In the order in which they were asked, which is that of the answers. */
  readonly #waiting: Waiting[] = [];
  #failure: Failure | undefined;

  constructor(id: number, moves: Moves) {
    this.#id = id;
    this.#moves = moves;
  }

  async update({ buffer, byteOffset: start, length }: Buffer): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const memory = this.#memories.get(buffer) ?? this.#know(buffer);
    await this.#ask({ does: 'update', hash: this.#id, memory, start, end: start + length });
  }

  async digest(): Promise<string> {
    const { digest = '' } = await this.#ask({ does: 'digest', hash: this.#id });
    return digest;
  }

  drop(): void {
    this.#failure ??= new Failure('internal', 'The file could not be stored or read.', { detail: 'given up' });
    this.#moves.say({ does: 'drop', hash: this.#id });
    this.#moves.over();
  }

  done(done: Done): void {
    if (done.digest !== undefined) this.#moves.over();
    this.#waiting.shift()?.resolve(done);
  }

  fail(failure: Failure): void {
    this.#failure = failure;
    this.#moves.over();
    for (const { reject } of this.#waiting.splice(0)) reject(failure);
  }

  #know(memory: ArrayBufferLike): number {
    if (!(memory instanceof SharedArrayBuffer)) throw new TypeError('a thread cannot see memory of its own');
    const number = this.#memories.size;
    this.#memories.set(memory, number);
    this.#moves.say({ does: 'know', hash: this.#id, memory });
    return number;
  }

  #ask(order: Order): Promise<Done> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#moves.say(order);
    });
  }
}
