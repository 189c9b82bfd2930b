import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import type { Request } from 'express';
import { Failure, invalid } from '../../kernel/index.js';

/** What to do with the parts of a form as they come in. */
export interface PartHandlers {
  /** A plain field; throwing ends the reading with that error. */
  field(name: string, value: string): void;
  /** A file as it streams in; called after all fields before it. Throwing at once ends the reading with that error. */
  file(name: string, body: Readable): Promise<void>;
}

const MOST_FILES = 1_000;
const LIMITS = { files: MOST_FILES, fields: 20, fieldSize: 1_000, fieldNameSize: 100, headerPairs: 20 } as const;

/**
 * Reads a `multipart/form-data` body piece by piece: nothing is kept, the next piece is read when the last was taken.
 * Settles when every file was dealt with. A body that breaks off destroys the file it cuts, so no half file is kept.
 */
export async function readParts(http: Request, handlers: PartHandlers): Promise<void> {
  const parser = parserFor(http);
  const files: Promise<void>[] = [];
  const stop = (error: unknown): void => {
    parser.destroy(error instanceof Error ? error : new Error('The form cannot be read.', { cause: error }));
  };
  parser.on('field', (name, value) => {
    guarded(() => handlers.field(name, value), stop);
  });
  parser.on('file', (_field, source: Readable, info: { filename?: string }) => {
    // A file input that was left empty comes without a name.
    if (!info.filename) source.resume();
    else guarded(() => files.push(handlers.file(info.filename ?? '', detached(source))), stop);
  });
  parser.on('filesLimit', () => stop(new Failure('too-large', `Send at most ${String(MOST_FILES)} files at once.`)));
  const reading = pipeline(http, parser).catch((error: unknown) => {
    throw unreadable(error);
  });
  const [read] = await Promise.allSettled([reading, ...files]);
  if (read.status === 'rejected') throw read.reason;
  await Promise.all(files);
}

function parserFor(http: Request): busboy.Busboy {
  try {
    return busboy({ headers: http.headers, defParamCharset: 'utf8', limits: LIMITS });
  } catch (cause) {
    throw new Failure('unsupported-type', 'Send the files as a multipart form.', { cause });
  }
}

function guarded(act: () => unknown, stop: (error: unknown) => void): void {
  try {
    act();
  } catch (error) {
    stop(error);
  }
}

/** The file's bytes on a stream of their own: whoever gives up on it does not hold up the rest of the form. */
function detached(source: Readable): Readable {
  const body = new PassThrough();
  source.pipe(body);
  source.once('error', (error) => body.destroy(error));
  source.once('close', () => {
    if (!source.readableEnded) body.destroy(new Error('The file broke off.'));
  });
  body.once('close', () => {
    source.unpipe(body);
    source.resume();
  });
  // Whoever reads it is told; without a reader there is nobody to tell.
  body.on('error', () => undefined);
  return body;
}

function unreadable(error: unknown): unknown {
  if (error instanceof Failure) return error;
  const failure = invalid('The form broke off or is malformed. Please send the files again.');
  failure.cause = error;
  return failure;
}
