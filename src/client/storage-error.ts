import { readRetryAfter } from './retry-after.js';

/** Longest sentence that is kept of an answer. */
const MAX_SENTENCE = 1_000;

/** A cloud that refused, or answered something that cannot be used. */
export class StorageError extends Error {
  /** Of the answer, such as 404; 412 when a precondition failed. */
  readonly status: number;
  /** Seconds after which a repeat makes sense, when the cloud said so. */
  readonly retryAfter: number | undefined;

  /** `sentence`: the cloud's own words; without them the status speaks. */
  constructor(status: number, sentence = '', retryAfter?: number) {
    super(sentence === '' ? `The cloud answered ${String(status)}.` : sentence);
    this.name = 'StorageError';
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The refusal in an answer. Words are taken from plain text only: a page of some gateway on the way is no sentence. */
export async function refusalIn(response: Response): Promise<StorageError> {
  const text = await response.text();
  const isPlain = /^text\/plain\b/i.test(response.headers.get('content-type') ?? '');
  return new StorageError(
    response.status,
    isPlain ? text.trim().slice(0, MAX_SENTENCE) : '',
    readRetryAfter(response.headers.get('retry-after'), response.headers.get('date')),
  );
}
