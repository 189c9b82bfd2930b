import { TokenParser, Tokenizer } from '@streamparser/json';
import { longWork } from '../turns/long-work.js';
import { JsonRefusal, Measure, type JsonBounds } from './bounds.js';

const BOUNDS = { depth: 32, text: 64 * 1024, pieces: 200_000, entries: 100_000 } as const;

/** Longest text that is read in one go, bytes: the costliest takes a few milliseconds. */
const SHORT = 64 * 1024;

/** Bytes read before others may have a turn. */
const SLICE = 16 * 1024;

/** A list in the outermost object whose entries are handed over one by one and not kept. */
export interface ForeignList {
  readonly key: string;
  /** Throwing ends the reading; what is thrown should be a {@link JsonRefusal}. */
  readonly take: (entry: unknown) => void;
}

/**
 * Reads short JSON from others, at most 64 KiB and 32 levels; a byte order mark is skipped. Throws {@link JsonRefusal},
 * for what is not JSON too. Never `JSON.parse`: it has no bounds.
 */
export function parseForeignJson(text: string | Uint8Array): unknown {
  const reader = new JsonReader({ ...BOUNDS, bytes: SHORT });
  reader.write(typeof text === 'string' ? text : new TextDecoder().decode(text));
  return reader.end();
}

/** Like {@link parseForeignJson}, but answers undefined for what is refused: null and all else that JSON says are answers. */
export function tryForeignJson(text: string | Uint8Array): unknown {
  try {
    return parseForeignJson(text);
  } catch (error) {
    if (error instanceof JsonRefusal) return undefined;
    throw error;
  }
}

/**
 * Reads JSON from others as it arrives, and yields the event loop meanwhile. Answers everything but the entries of
 * `list`, of which it takes at most 100,000. Throws {@link JsonRefusal}, or what the source throws.
 */
export async function readForeignJson(
  source: AsyncIterable<Uint8Array>,
  { bytes, list }: { readonly bytes: number; readonly list?: ForeignList | undefined },
): Promise<unknown> {
  const reader = new JsonReader({ ...BOUNDS, bytes }, list);
  const decoder = new TextDecoder();
  for await (const chunk of source) {
    for (let start = 0; start < chunk.length; start += SLICE) {
      reader.write(decoder.decode(chunk.subarray(start, start + SLICE), { stream: true }));
      const pause = longWork.rest();
      if (pause !== undefined) await pause;
    }
  }
  reader.write(decoder.decode());
  return reader.end();
}

/** A tokenizer that keeps U+FEFF in strings: its own decoder takes it for a byte order mark there and drops it. */
function newTokenizer(): Tokenizer {
  const tokenizer = new Tokenizer();
  const strings = Reflect.get(tokenizer, 'bufferedString') as { decoder: unknown };
  strings.decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return tokenizer;
}

/** A parser that takes the text piece by piece and checks the bounds. */
class JsonReader {
  readonly #tokenizer = newTokenizer();
  readonly #parser: TokenParser;
  readonly #measure: Measure;
  #value: unknown;

  constructor(bounds: JsonBounds, list?: ForeignList) {
    this.#measure = new Measure(bounds);
    this.#parser = new TokenParser({ paths: list === undefined ? ['$'] : ['$', `$.${list.key}.*`] });
    this.#tokenizer.onToken = (token) => {
      this.#measure.piece(token.token, token.offset);
      this.#parser.write(token);
    };
    this.#parser.onValue = ({ value, parent, stack }) => {
      if (stack.length === 0) this.#value = value;
      else if (Array.isArray(parent)) {
        parent.length = 0;
        this.#measure.entry();
        list?.take(value);
      }
    };
  }

  write(text: string): void {
    this.#guarded(() => {
      this.#measure.bytes(Buffer.byteLength(text));
      this.#tokenizer.write(text);
    });
  }

  /** The value, once the whole text was given. */
  end(): unknown {
    this.#guarded(() => this.#tokenizer.end());
    if (!this.#parser.isEnded) throw new JsonRefusal('it ends too early');
    return this.#value;
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw error instanceof JsonRefusal ? error : new JsonRefusal('it is not JSON', { cause: error });
    }
  }
}
