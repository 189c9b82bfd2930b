import type { Readable } from 'node:stream';
import {
  checkRead,
  rangeStillFits,
  resolveRange,
  type Head,
  type HeadOptions,
  type NodeKey,
  type Opened,
  type OpenedContent,
  type OpenOptions,
} from '../../../files/index.js';
import { notFound } from '../../../kernel/index.js';
import type { ExchangeAnswer } from '../../../platform/index.js';
import { readRefusal } from '../../peer-call/foreign-answers.js';
import { lengthOf, safeType, single, unusable } from '../../peer-call/foreign-contents.js';
import type { Found, Looking } from './looking.js';
import type { LearntManners } from './wire/manners.js';
import { exactly, sliceOf, type Slice } from './slices.js';
import type { ServerRoot } from './wire/paths.js';
import { junk } from './wire/propfind.js';
import { readTag } from './wire/said.js';
import type { DavTransport } from './wire/transport.js';

/** What opening contents needs. */
export interface OpeningInputs {
  readonly root: ServerRoot;
  readonly transport: DavTransport;
  readonly looking: Looking;
  readonly manners: LearntManners;
}

/** Bytes that are skipped of a whole content where a range of it was wanted (webdav.md 2). */
const MOST_SKIPPED = 8 * 1024 * 1024;

/**
 * How often both questions are asked of a content that changes between them. Somebody may replace a file again and again; a
 * server that never sends what it lists is not asked for ever.
 */
const TRIES = 5;

/** What a server sends of a content. `isSame`: its tag is the one that was listed. */
interface Sent extends Pick<OpenedContent, 'body' | 'range' | 'takesRanges'> {
  readonly isSame: boolean;
}

/** Reads contents. The properties of the file are asked first, and the content is checked against them. */
export class Contents {
  readonly #in: OpeningInputs;

  constructor(inputs: OpeningInputs) {
    this.#in = inputs;
  }

  /** Opens a content; while it changes between the two questions, both are asked again. */
  async open(key: NodeKey, options: OpenOptions): Promise<Opened> {
    for (let asked = 1; ; asked += 1) {
      const opened = await this.#open(key, options);
      if (opened === 'changed') {
        if (asked === TRIES) throw junk('another content than the one that it tells of');
        continue;
      }
      // What has another tag than was listed is told without one, if that was so twice.
      if (opened.outcome === 'not-modified' || opened.etag !== '' || asked > 1) return opened;
      opened.body.destroy();
    }
  }

  async head(key: NodeKey, options: HeadOptions): Promise<Head> {
    const { size, mimetype, etag, modifiedAt, ...node } = (await this.#file(key, options)).node;
    if (checkRead(options.conditions, { ...node, etag, modifiedAt }) === 'not-modified') {
      return { outcome: 'not-modified', etag, modifiedAt };
    }
    const takesRanges = (await this.#in.manners.all()).ignoresRanges !== true;
    return { outcome: 'content', size, mimetype, etag, modifiedAt, takesRanges };
  }

  async #file(key: NodeKey, { version, signal }: HeadOptions): Promise<Found> {
    const found = await this.#in.looking.get(key, signal);
    const { node } = found;
    if (node.kind === 'folder' || (version !== undefined && version !== node.version)) throw notFound();
    return found;
  }

  async #open(key: NodeKey, options: OpenOptions): Promise<Opened | 'changed'> {
    const found = await this.#file(key, options);
    const { size, mimetype, etag, modifiedAt } = found.node;
    if (checkRead(options.conditions, found.node) === 'not-modified') {
      return { outcome: 'not-modified', etag, modifiedAt };
    }
    const span = rangeStillFits(options.conditions, found.node) ? resolveRange(options.range, size) : undefined;
    const sent = await this.#sent(found, span, options.signal);
    if (sent === 'changed') return 'changed';
    const { isSame, ...content } = sent;
    return { outcome: 'content', size, mimetype, modifiedAt, ...content, etag: isSame ? etag : '' };
  }

  async #sent(found: Found, span: Slice | undefined, signal: AbortSignal | undefined): Promise<Sent | 'changed'> {
    const { ignoresRanges = false } = await this.#in.manners.all();
    const ranged = span !== undefined && !ignoresRanges;
    const headers: Record<string, string> = ranged ? { range: `bytes=${String(span.start)}-${String(span.end)}` } : {};
    const url = this.#in.root.urlOf(found.node.key, 'file');
    const answer = await this.#in.transport.send({ method: 'GET', url, headers, signal });
    if (answer.status === 206 && ranged) return this.#part(answer, found, span);
    if (answer.status === 200) return this.#whole(answer, found, { span, ranged });
    const refused = await readRefusal(answer);
    if (answer.status === 404 || answer.status === 416) return 'changed';
    throw await this.#in.transport.failure(refused, 'read');
  }

  /** Takes a 206 only if it is the range that was asked for (PXY-05). */
  #part(answer: ExchangeAnswer, found: Found, span: Slice): Sent | 'changed' {
    const [, start, end, total] =
      /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(single(answer, 'content-range') ?? '') ?? [];
    if (total !== undefined && Number(total) !== found.node.size) return changed(answer);
    if (Number(start) !== span.start || Number(end) !== span.end) {
      throw unusable(answer, 'another part than the one asked for');
    }
    const body = held(answer, span.end - span.start + 1);
    return body === undefined
      ? changed(answer)
      : { body, range: span, takesRanges: true, isSame: isSame(answer, found) };
  }

  async #whole(
    answer: ExchangeAnswer,
    found: Found,
    { span, ranged }: { readonly span: Slice | undefined; readonly ranged: boolean },
  ): Promise<Sent | 'changed'> {
    refusePage(answer, found);
    const body = held(answer, found.node.size);
    if (body === undefined) return changed(answer);
    const same = isSame(answer, found);
    if (span === undefined) return { body, range: undefined, takesRanges: !ranged, isSame: same };
    if (span.start <= MOST_SKIPPED) return { body: sliceOf(body, span), range: span, takesRanges: true, isSame: same };
    if (!ranged) return { body, range: undefined, takesRanges: false, isSame: same };
    await this.#in.manners.learn({ ignoresRanges: true });
    throw unusable(answer, 'the whole of a content of which a part was asked for');
  }
}

/** The body, checked to have this length; undefined when another one is announced. */
function held(answer: ExchangeAnswer, length: number): Readable | undefined {
  const announced = lengthOf(answer);
  if (announced === undefined) return exactly(answer.body, length);
  return announced === length ? answer.body : undefined;
}

function changed({ body }: ExchangeAnswer): 'changed' {
  body.on('error', () => undefined).destroy();
  return 'changed';
}

/** True unless both tags are known and differ. */
function isSame(answer: ExchangeAnswer, { resource }: Found): boolean {
  const { tag } = readTag(single(answer, 'etag'));
  return tag === '' || resource.tag === '' || tag === resource.tag;
}

/**
 * Refuses an HTML page where a content of another type was listed: it is a page of the server, such as its sign-in
 * (webdav.md 2).
 */
function refusePage(answer: ExchangeAnswer, { resource }: Found): void {
  const isPage = safeType(single(answer, 'content-type') ?? '') === 'text/html';
  if (isPage && resource.mimetype !== undefined && resource.mimetype !== 'text/html') {
    throw unusable(answer, 'a page instead of a content');
  }
}
