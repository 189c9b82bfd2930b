import { Failure, HOUR, MINUTE, type Clock } from '../../../kernel/index.js';
import { keepNewest } from '../../../platform/index.js';

/**
 * How long an answer and a failure are remembered (open-cloud-mesh.md 3.2), and how long a host is left alone at least
 * (OCM-04).
 */
const GOOD_FOR = HOUR;
const BAD_FOR = 5 * MINUTE;
const AGAIN_AFTER = MINUTE;

/** Most answers that are remembered; the oldest goes first. */
const MOST_ANSWERS = 1_000;

interface Asked<T> {
  readonly at: number;
  readonly answer: Promise<T>;
  hasFailed: boolean;
}

/**
 * Remembers the answers of servers, failures too, so that nobody can make us ask a server often. Callers who come at
 * the same time share one question.
 */
export class AnswerMemory<T> {
  readonly #clock: Clock;
  readonly #answers = new Map<string, Asked<T>>();
  /** When each host was asked last, for anything. */
  readonly #hosts = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The remembered answer to a question, or what `ask` finds out. `isFresh` asks again what is older than a minute. Throws
   * what asking threw, also from memory; `unavailable` when the host was asked something else less than a minute ago.
   */
  async get(host: string, question: string, ask: () => Promise<T>, isFresh = false): Promise<T> {
    const now = this.#clock.now();
    const known = this.#answers.get(question);
    if (known !== undefined && now - known.at < lifeOf(known, isFresh)) return known.answer;
    if (now - (this.#hosts.get(host) ?? -Infinity) < AGAIN_AFTER) throw resting();
    return this.#ask(host, question, ask, now);
  }

  async #ask(host: string, question: string, ask: () => Promise<T>, now: number): Promise<T> {
    const asked: Asked<T> = { at: now, answer: ask(), hasFailed: false };
    keepNewest(this.#answers, question, asked, MOST_ANSWERS);
    keepNewest(this.#hosts, host, now, MOST_ANSWERS);
    return asked.answer.catch((error: unknown) => {
      asked.hasFailed = true;
      throw error;
    });
  }
}

function lifeOf({ hasFailed }: Asked<unknown>, isFresh: boolean): number {
  if (isFresh) return AGAIN_AFTER;
  return hasFailed ? BAD_FOR : GOOD_FOR;
}

function resting(): Failure {
  return new Failure('unavailable', 'This server was asked a moment ago. Try again in a minute.', { retryAfter: 60 });
}
