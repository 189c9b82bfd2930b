import { Readable } from 'node:stream';
import type { Request } from 'express';
import { Failure, invalid, isFailure } from '../../../../kernel/index.js';
import { longWork } from '../../../../platform/index.js';
import { Input } from './input.js';
import { readHead, type PartHead } from './part.js';

/** Handlers for the parts of a form as they come in. */
export interface PartHandlers {
  /** A plain field; throwing ends the reading with that error. */
  field(name: string, value: string): void;
  /**
   * A file as it streams in, under the name that the browser sent, whatever it is; called after all fields before it.
   * What it leaves unread is thrown away; throwing ends the reading with that error.
   */
  file(name: string, body: Readable): Promise<void>;
}

const MOST_FILES = 1_000;
const MOST_FIELDS = 20;
const LONGEST_HEAD = 8_192;
const LONGEST_FIELD = 4_096;

/** RFC 2046 5.1.1 allows 70. */
const BOUNDARY = /;[ \t]*boundary=(?:"([^"]{1,200})"|([^\s";,]{1,200}))/i;

const LINE_END = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Reads a `multipart/form-data` body piece by piece (RFC 7578): nothing is kept, the next piece is read when the last was
 * taken. Settles when every file was dealt with. A body that breaks off destroys the file it cuts, so no half file is
 * kept. No library gives the name of a file as it was sent: they cut it at separators and undo escapes that browsers do
 * not make (ruling F-03).
 */
export async function readParts(http: Request, handlers: PartHandlers): Promise<void> {
  const delimiter = Buffer.from(`\r\n--${boundaryOf(http)}`, 'latin1');
  // The first delimiter may stand at the very beginning.
  const source = http.iterator({ destroyOnReturn: false });
  try {
    await new FormReader(new Input(source, LINE_END), delimiter, handlers).read();
  } catch (error) {
    throw isFailure(error) || !http.destroyed ? error : brokenOff(error);
  } finally {
    await source.return?.();
  }
}

function boundaryOf(http: Request): string {
  const type = http.headers['content-type'] ?? '';
  const [, quoted, bare] = BOUNDARY.exec(type) ?? [];
  const boundary = quoted ?? bare;
  if (/^multipart\/form-data[ \t]*;/i.test(type) && boundary !== undefined) return boundary;
  throw new Failure('unsupported-type', 'Send the files as a multipart form.');
}

class FormReader {
  readonly #input: Input;
  readonly #delimiter: Buffer;
  readonly #handlers: PartHandlers;
  #files = 0;
  #fields = 0;

  constructor(input: Input, delimiter: Buffer, handlers: PartHandlers) {
    this.#input = input;
    this.#delimiter = delimiter;
    this.#handlers = handlers;
  }

  async read(): Promise<void> {
    await this.#skip();
    while (!(await this.#isOver())) {
      await this.#part();
      // A form may have very many parts, so the event loop is yielded between them (ruling F-60).
      await longWork.rest();
    }
    await this.#input.drain();
  }

  async #isOver(): Promise<boolean> {
    return (await this.#input.peek(2)).toString('latin1') === '--';
  }

  async #part(): Promise<void> {
    // The line of the delimiter ends here; the head may be empty.
    const block = await this.#input.block(HEAD_END, LONGEST_HEAD);
    if (block === undefined) throw malformed();
    const head = readHead(block);
    if (head?.fileName === undefined) await this.#field(head);
    // A file input that was left empty comes without a name.
    else if (head.fileName === '') await this.#skip();
    else await this.#file(head.fileName);
  }

  async #field(head: PartHead | undefined): Promise<void> {
    this.#fields += 1;
    const value = await this.#input.block(this.#delimiter, LONGEST_FIELD);
    if (value === undefined || this.#fields > MOST_FIELDS) throw malformed();
    if (head !== undefined) this.#handlers.field(head.field, value.toString());
  }

  async #file(name: string): Promise<void> {
    this.#files += 1;
    if (this.#files > MOST_FILES) throw new Failure('too-large', `Send at most ${String(MOST_FILES)} files at once.`);
    const state = { ended: false };
    const body = Readable.from(this.#bodyOf(state), { objectMode: false });
    const closed = new Promise((resolve) => body.once('close', resolve));
    // The reader of the file gets the error; without a reader it is ignored.
    body.on('error', () => undefined);
    try {
      await this.#handlers.file(name, body);
    } finally {
      body.destroy();
    }
    await closed;
    if (!state.ended) await this.#skip();
  }

  /** A file is complete only when the delimiter after it has come. */
  async *#bodyOf(state: { ended: boolean }): AsyncGenerator<Buffer> {
    yield* this.#input.upTo(this.#delimiter);
    state.ended = true;
    await this.#input.peek(2);
  }

  async #skip(): Promise<void> {
    for await (const _piece of this.#input.upTo(this.#delimiter));
  }
}

function malformed(): Failure {
  return invalid('The form is malformed. Please send the files again from the page of the folder.');
}

function brokenOff(cause: unknown): Failure {
  const failure = invalid('The form broke off. Please send the files again.');
  failure.cause = cause;
  return failure;
}
