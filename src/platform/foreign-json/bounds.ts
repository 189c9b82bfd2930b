import { TokenType } from '@streamparser/json';

/** Thrown for text that is not JSON or exceeds a bound. The message says what is wrong, for logs. */
export class JsonRefusal extends Error {
  /** Set when a list has more entries than this number, which can happen with an honest sender. */
  readonly mostEntries: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly mostEntries?: number } = {}) {
    super(message, options);
    this.mostEntries = options.mostEntries;
  }
}

/** The bounds of JSON from others (ruling F-60). */
export interface JsonBounds {
  /** Bytes of everything together. */
  readonly bytes: number;
  /** Lists and objects inside each other. */
  readonly depth: number;
  /** Bytes of one string or number, or between two of them. */
  readonly text: number;
  /** Pieces (values, keys, brackets, commas) of one entry, or of everything beside the entries. */
  readonly pieces: number;
  /** Entries of the list that is read one by one. */
  readonly entries: number;
}

/**
 * Counts what one text has contained so far, and compares it with the bounds; every method throws {@link JsonRefusal}.
 */
export class Measure {
  readonly #bounds: JsonBounds;
  #bytes = 0;
  #depth = 0;
  #pieces = 0;
  #entries = 0;
  #lastPieceAt = 0;

  constructor(bounds: JsonBounds) {
    this.#bounds = bounds;
  }

  /** So many more bytes are about to be read. */
  bytes(count: number): void {
    this.#bytes += count;
    if (this.#bytes > this.#bounds.bytes) throw over('bytes', this.#bounds.bytes);
    if (this.#bytes - this.#lastPieceAt > this.#bounds.text + count)
      throw over('bytes in one piece', this.#bounds.text);
  }

  piece(token: TokenType, offset: number): void {
    this.#lastPieceAt = offset;
    this.#pieces += 1;
    if (this.#pieces > this.#bounds.pieces) throw over('pieces in one entry', this.#bounds.pieces);
    if (token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET) {
      this.#depth += 1;
      if (this.#depth > this.#bounds.depth) throw over('levels', this.#bounds.depth);
    } else if (token === TokenType.RIGHT_BRACE || token === TokenType.RIGHT_BRACKET) this.#depth -= 1;
  }

  entry(): void {
    this.#pieces = 0;
    this.#entries += 1;
    if (this.#entries > this.#bounds.entries) throw tooMany(this.#bounds.entries);
  }
}

function tooMany(mostEntries: number): JsonRefusal {
  return new JsonRefusal(`more than ${String(mostEntries)} entries`, { mostEntries });
}

function over(what: string, limit: number): JsonRefusal {
  return new JsonRefusal(`more than ${String(limit)} ${what}`);
}
