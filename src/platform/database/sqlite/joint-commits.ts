import type { Knex } from 'knex';
import type { SqliteDriver } from './driver.js';
import { runPlain, type PlainConnection } from './plain.js';

/** Resolves with a writer's result once the shared commit is durable; rejects if it failed. */
export type Outcome<T> = () => Promise<T>;

/** Writers that share one commit, at most. */
const MOST = 64;

/** Milliseconds after which a transaction takes no more writers and commits. */
const LONGEST = 20;

/** Rounds of the event loop without another writer after which the transaction commits. */
const ROUNDS = 3;

/** A round that took less than this counts as idle, milliseconds. */
const QUIET = 0.1;

/** How commits are shared. */
export interface JointOptions {
  readonly driver: SqliteDriver;
  /** Milliseconds after which a transaction takes no more writers and commits; 20 unless given. */
  readonly longest?: number;
  /** Is called with each transaction before its first writer. */
  readonly onBegin?: (trx: Knex.Transaction, connection: object) => void;
}

/**
 * Lets writers of one SQLite file share a commit and therefore its sync (STO-22). A writer that comes while a
 * transaction is open works in it, in a savepoint of its own; if it throws, only its own work is rolled back. The
 * transaction commits as soon as the event loop has no other writer; nobody waits for more writers to come. No result
 * is reported before the commit, not even a refusal, which may depend on what another writer of the same transaction
 * wrote.
 */
export class JointCommits {
  readonly #writer: Knex;
  readonly #options: JointOptions;
  #joint: Joint | undefined;

  /** `writer` has one connection, and begins IMMEDIATE. */
  constructor(writer: Knex, options: JointOptions) {
    this.#writer = writer;
    this.#options = options;
  }

  /**
   * Does `work` in the transaction that is open, or in a new one; resolves when the work is done, not when it is durable.
   * Callers come one at a time. Throws what the database says when no transaction can begin.
   */
  async enter<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<Outcome<T>> {
    let joint = this.#joint;
    if (joint?.takesMore !== true) {
      await joint?.over;
      joint = await Joint.begin(this.#writer, this.#options);
      this.#joint = joint;
    }
    return joint.run(work);
  }
}

/** One transaction of several writers. */
class Joint {
  /** Resolves when the connection can be used for the next transaction; never rejects. */
  readonly over: Promise<void>;
  readonly #trx: Knex.Transaction;
  readonly #run: (sql: string) => Promise<void>;
  readonly #committed: Promise<void>;
  readonly #longest: number;
  readonly #began = performance.now();
  #members = 0;
  #isAtWork = false;
  #isClosing = false;
  /** Why the transaction as a whole failed. */
  #lost: { readonly error: unknown } | undefined;

  private constructor(trx: Knex.Transaction, run: (sql: string) => Promise<void>, longest: number) {
    this.#trx = trx;
    this.#run = run;
    this.#longest = longest;
    this.#committed = this.#lead();
    this.over = this.#committed.catch(() => undefined);
  }

  static async begin(writer: Knex, { driver, longest = LONGEST, onBegin }: JointOptions): Promise<Joint> {
    const trx = await writer.transaction();
    // The error is reported to the writers by this class.
    trx.executionPromise.catch(() => undefined);
    const connection = (await (trx.client as Knex.Client).acquireConnection()) as PlainConnection;
    onBegin?.(trx, connection);
    return new Joint(trx, (sql) => runPlain(driver, connection, sql), longest);
  }

  /** Whether another writer may still do its work here. */
  get takesMore(): boolean {
    return !this.#isClosing && this.#members < MOST && !this.#isOld && this.#lost === undefined;
  }

  get #isOld(): boolean {
    return performance.now() - this.#began > this.#longest;
  }

  async run<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<Outcome<T>> {
    this.#members += 1;
    this.#isAtWork = true;
    try {
      await this.#run('SAVEPOINT writer');
      const value = await work(this.#trx);
      await this.#run('RELEASE writer');
      return () => this.#committed.then(() => value);
    } catch (error) {
      await this.#takeBack(error);
      return () => this.#committed.then(() => Promise.reject(error as Error));
    } finally {
      this.#isAtWork = false;
    }
  }

  /** If even that fails, SQLite has ended the whole transaction, as it may on a full disk. */
  async #takeBack(error: unknown): Promise<void> {
    try {
      await this.#run('ROLLBACK TO writer; RELEASE writer');
    } catch {
      this.#lost = { error };
    }
  }

  async #lead(): Promise<void> {
    await this.#untilNobodyComes();
    this.#isClosing = true;
    if (this.#lost === undefined) {
      // knex reports the result in another promise.
      await this.#trx.commit();
      await this.#trx.executionPromise.catch((error: unknown) => (this.#lost = { error }));
    }
    if (this.#lost === undefined) return;
    if (!this.#trx.isCompleted()) await this.#trx.rollback();
    // A commit that failed may have left the transaction open.
    await this.#run('ROLLBACK').catch(() => undefined);
    throw this.#lost.error;
  }

  async #untilNobodyComes(): Promise<void> {
    let alone = 0;
    do {
      const { members, took } = await this.#round();
      alone = members > 0 ? 0 : alone + 1;
      if (alone > 0 && took < QUIET) alone = ROUNDS;
    } while (this.#isAtWork || (alone < ROUNDS && this.takesMore));
  }

  /** Yields the event loop once; answers how many writers came meanwhile, and how long it took. */
  async #round(): Promise<{ members: number; took: number }> {
    const [members, began] = [this.#members, performance.now()];
    await new Promise(setImmediate);
    return { members: this.#members - members, took: performance.now() - began };
  }
}
