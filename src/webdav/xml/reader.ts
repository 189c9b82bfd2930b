import type { TextDecoder } from 'node:util';
import { SaxesParser, type SaxesAttributeNS, type SaxesTagNS } from 'saxes';
import { Failure, invalid, isFailure } from '../../kernel/index.js';
import type { XmlElement } from './element.js';
import { decoderFor, isWantedEncoding } from './encodings.js';
import { XML } from './names.js';

/**
 * Limits of an XML document, checked while it is read, not afterwards: saxes takes time by the square of the nesting.
 */
export interface XmlLimits {
  readonly bytes: number;
  readonly depth: number;
  /** Elements in the document, or in each part where the parts are handed over one by one. */
  readonly elements: number;
  /** Parts that are handed over one by one. */
  readonly parts: number;
  /** Characters in one piece: the text of an element, or a tag with its attributes. */
  readonly piece: number;
}

/** What the body of a request may cost (webdav.md 1.4). */
export const XML_LIMITS: XmlLimits = { bytes: 256 * 1024, depth: 32, elements: 1_000, parts: 0, piece: 256 * 1024 };

/** Characters that are parsed before other work gets its turn. */
const SLICE = 8 * 1024;

/**
 * Reads a body as XML, piece by piece (webdav.md 1.4); undefined for an empty one. Nothing that it names is fetched, and
 * nothing expanded but the five entities of XML itself. `invalid` for what is not well-formed, for any document type
 * (threat model DAV-01), and beyond the limits in depth, number and length of what it holds; `too-large` beyond its bytes;
 * `unsupported-type` for encodings other than UTF-8 and UTF-16.
 */
export async function readXml(body: AsyncIterable<Uint8Array>): Promise<XmlElement | undefined> {
  const reader = new XmlReader(XML_LIMITS, undefined);
  for await (const piece of body) reader.take(piece);
  return reader.end();
}

/** How {@link readXmlParts} reads. */
export interface XmlParts {
  readonly limits: XmlLimits;
  /** Given each element directly in the root as soon as it has ended; it is not kept. What it throws ends the reading. */
  readonly take: (part: XmlElement) => void;
}

/**
 * {@link readXml} for documents of any length: what stands directly in the root is handed over one by one. Answers the root
 * without them.
 */
export async function readXmlParts(body: AsyncIterable<Uint8Array>, parts: XmlParts): Promise<XmlElement | undefined> {
  const reader = new XmlReader(parts.limits, parts.take);
  for await (const piece of body) reader.take(piece);
  return reader.end();
}

type Growing = XmlElement & { readonly children: (XmlElement | string)[] };

/** Builds the tree of one document as its bytes arrive. */
class XmlReader {
  readonly #parser = new SaxesParser({ xmlns: true, position: false });
  readonly #limits: XmlLimits;
  readonly #handOver: XmlParts['take'] | undefined;
  readonly #open: Growing[] = [];
  readonly #pieces: Uint8Array[] = [];
  #decoder: TextDecoder | undefined;
  #bytes = 0;
  #elements = 0;
  #parts = 0;
  /** Characters that the parser has taken since it last told anything. */
  #untold = 0;
  #root: XmlElement | undefined;

  constructor(limits: XmlLimits, handOver: XmlParts['take'] | undefined) {
    this.#limits = limits;
    this.#handOver = handOver;
    const parser = this.#parser;
    parser.on('error', (error) => {
      throw new Failure('invalid', 'The body is not well-formed XML.', { cause: error });
    });
    parser.on('doctype', () => {
      throw invalid('A document type is not read.');
    });
    parser.on('xmldecl', ({ encoding }) => {
      if (!isWantedEncoding(encoding, this.#decoder?.encoding ?? 'utf-8')) throw unknownEncoding();
    });
    parser.on('opentag', (tag) => this.#begin(tag));
    parser.on('text', (text) => this.#text(text));
    parser.on('cdata', (text) => this.#text(text));
    parser.on('closetag', () => this.#finish());
    parser.on('comment', () => (this.#untold = 0));
  }

  take(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#limits.bytes) {
      throw new Failure('too-large', `The body may have at most ${String(this.#limits.bytes)} bytes.`);
    }
    this.#pieces.push(piece);
    // Four bytes tell every encoding from the others.
    if (this.#decoder === undefined && this.#bytes < 4) return;
    this.#feed(Buffer.concat(this.#pieces.splice(0)));
  }

  end(): XmlElement | undefined {
    if (this.#bytes === 0) return undefined;
    this.#feed(Buffer.concat(this.#pieces.splice(0)));
    this.#parse(() => {
      this.#parser.write(this.#decode(undefined)).close();
    });
    return this.#root;
  }

  #feed(bytes: Buffer): void {
    if (this.#decoder === undefined) {
      this.#decoder = decoderFor(bytes);
      if (this.#decoder === undefined) throw unknownEncoding();
    }
    const text = this.#decode(bytes);
    for (let start = 0; start < text.length; start += SLICE) this.#slice(text.slice(start, start + SLICE));
  }

  /** Counts what the parser has taken without telling an event, since it keeps all of that in memory. */
  #slice(text: string): void {
    this.#untold += text.length;
    this.#parse(() => {
      this.#parser.write(text);
    });
    if (this.#untold > this.#limits.piece + SLICE) throw tooMuch();
  }

  /** `undefined`: there is no more. */
  #decode(bytes: Buffer | undefined): string {
    try {
      return this.#decoder?.decode(bytes, { stream: bytes !== undefined }) ?? '';
    } catch (cause) {
      throw new Failure('invalid', 'The body is not in the encoding that it says.', { cause });
    }
  }

  #parse(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (isFailure(error)) throw error;
      throw new Failure('invalid', 'The body is not well-formed XML.', { cause: error });
    }
  }

  #begin(tag: SaxesTagNS): void {
    this.#untold = 0;
    this.#elements += 1;
    if (this.#open.length >= this.#limits.depth || this.#elements > this.#limits.elements) throw tooMuch();
    const attributes = Object.values(tag.attributes).filter(isMeant).map(attributeOf);
    const around = this.#open.at(-1);
    const own = attributes.find(({ namespace, name }) => namespace === XML && name === 'lang')?.value;
    const element: Growing = {
      namespace: tag.uri,
      name: tag.local,
      attributes,
      children: [],
      language: own ?? around?.language,
    };
    if (this.#handOver === undefined || this.#open.length > 1) around?.children.push(element);
    this.#root ??= element;
    this.#open.push(element);
  }

  #text(piece: string): void {
    this.#untold = 0;
    if (piece.length > this.#limits.piece) throw tooMuch();
    // Text between the parts is not needed when they are handed over one by one.
    if (this.#handOver === undefined || this.#open.length > 1) this.#open.at(-1)?.children.push(piece);
  }

  #finish(): void {
    this.#untold = 0;
    const ended = this.#open.pop();
    if (this.#handOver === undefined || ended === undefined || this.#open.length !== 1) return;
    this.#elements = 0;
    this.#parts += 1;
    if (this.#parts > this.#limits.parts) throw tooMuch();
    this.#handOver(ended);
  }
}

/** Declarations of namespaces are left out, for the names are resolved. */
function isMeant({ prefix, name }: SaxesAttributeNS): boolean {
  return prefix !== 'xmlns' && name !== 'xmlns';
}

function attributeOf({ uri: namespace, local: name, value }: SaxesAttributeNS) {
  return { namespace, name, value };
}

function tooMuch(): Failure {
  return invalid('The body has more elements, deeper or longer ones, than are read.');
}

function unknownEncoding(): Failure {
  return new Failure('unsupported-type', 'XML is read as UTF-8 and as UTF-16 with a byte order mark.');
}
