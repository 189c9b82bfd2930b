import { Readable } from 'node:stream';
import { invalid } from '../../kernel/index.js';

/**
 * Runs `work` over the chunks of an upload. An abort destroys the source and rejects with its reason. After any other
 * failure the stream stays as it is, because its owner may still have to answer on the same connection.
 */
export async function consume<T>(
  source: Readable | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  work: (chunks: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const owned = source instanceof Readable ? undefined : Readable.from(source, { objectMode: false });
  const stream = owned ?? (source as Readable);
  const onAbort = (): unknown => stream.destroy(signal?.reason as Error);
  // This listener is never removed: a destroyed stream reports its error only after this function has returned.
  stream.on('error', ignore);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    return await work(chunksOf(stream));
  } catch (error) {
    if (signal?.aborted === true) onAbort();
    throw signal?.aborted === true ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    owned?.destroy();
  }
}

async function* chunksOf(stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;
  } catch (error) {
    throw isPrematureClose(error) ? invalid('The upload ended early.') : error;
  }
}

function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function ignore(): void {
  // The error is reported where the chunks are iterated.
}
