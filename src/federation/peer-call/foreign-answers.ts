import { Readable } from 'node:stream';
import { readRetryAfter } from '../../client/index.js';
import { cutText, Failure, invalid, type FailureCode } from '../../kernel/index.js';
import type { ExchangeAnswer } from '../../platform/index.js';

/** Longest answer that is no list and no content, bytes. */
export const MAX_ANSWER = 64 * 1024;

/** Milliseconds for the answer to a change, once its status line has come (PEER-01). */
const ANSWER_TIME = 30_000;

/** A refusal of the other cloud. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** The start of its body. */
  readonly text: string;
}

/** What is said when somebody has what we want to change. */
const WORKED_ON = 'Somebody is working on this in the other cloud.';

/** The refusals that mean the same whichever way another cloud's files are reached: our failure, by status. */
export const SAID_ALIKE: Readonly<Record<number, readonly [FailureCode, string]>> = {
  400: ['invalid', 'The other cloud refused the request.'],
  409: ['conflict', 'The other cloud says that this does not fit its state.'],
  412: ['precondition-failed', 'It has changed in the meantime.'],
  413: ['too-large', 'This is too large for the other cloud.'],
  423: ['locked', WORKED_ON],
};

/** The failure for what somebody there keeps from being changed or locked, in whatever words that was said. */
export function workedOnThere(cause?: unknown): Failure {
  return new Failure('locked', WORKED_ON, { cause });
}

/** The failure for redirects, too many requests, errors and unreadable answers. */
export function trouble({ headers }: Pick<Refusal, 'headers'>, detail: string): Failure {
  return new Failure('peer-failed', 'The other cloud answered in a way that cannot be used.', {
    detail,
    retryAfter: readRetryAfter(headers['retry-after'], headers['date']),
  });
}

/** The answer to a change is lost: nobody knows whether it was made, and that is never a success (reliability.md PEER-05). */
export function answerLost(cause: unknown): Failure {
  return new Failure('peer-timeout', 'The other cloud did not say whether it made the change.', { cause });
}

/** What a refusal says; a body that is long, slow or broken off is nothing. */
export async function readRefusal(answer: ExchangeAnswer): Promise<Refusal> {
  const text = await readText(answer, MAX_ANSWER).catch(() => '');
  return { status: answer.status, headers: answer.headers, text: cutText(text, { characters: 1_000 }) };
}

/** Reads a short body; breaks off one that is too long or too slow, with an error. */
export async function readText({ body }: ExchangeAnswer, maxBytes: number): Promise<string> {
  const timer = setTimeout(() => body.destroy(invalid('The answer took too long.')), ANSWER_TIME);
  try {
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > maxBytes) throw invalid('The answer is too long.');
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString();
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A stream with the same bytes, so that a failed transfer destroys only this one and the uploading client can still be
 * answered on its connection. When the client aborts, its own stream is destroyed.
 */
export function shielded(body: Readable, signal: AbortSignal | undefined): Readable {
  const shield = Readable.from(body.iterator({ destroyOnReturn: false }), { objectMode: false });
  // Nobody listens before the first read, which then gets the same error.
  body.on('error', () => undefined);
  const onAbort = (): unknown => body.destroy();
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return shield.once('close', () => signal?.removeEventListener('abort', onAbort));
}
