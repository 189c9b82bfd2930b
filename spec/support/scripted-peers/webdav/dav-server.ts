import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Disk, type Entry } from './disk.js';
import { lockAnswer, LockTable, secondsAsked } from './lock-table.js';
import { dateIn, missing, multistatus, typeOf, type Told } from './multistatus.js';
import type { Quirks } from './quirks.js';

/** A request as the server saw it. */
export interface DavCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** An answer instead of the server's own. */
export interface Stand {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Sent in chunks, without its length. */
  readonly chunked?: boolean;
}

type StandIn = (call: DavCall) => Stand | undefined;

/** What a {@link ScriptedDav} is made of. */
export interface DavOptions {
  readonly quirks: Quirks;
  /** Milliseconds. */
  readonly now: () => number;
  /** Values of `Authorization` that open it. */
  readonly opens?: readonly string[];
  /** Below which path it serves; ends without a slash. Default: `/some dir/dav`, escaped. */
  readonly base?: string;
}

/** A WebDAV server of another make in this process, over real HTTP, with the quirks of one of the table (webdav.md 2). */
export class ScriptedDav {
  readonly disk: Disk;
  readonly locks: LockTable;
  /** Every request so far. */
  readonly heard: DavCall[] = [];
  /** Values of `Authorization` that open it. */
  opens: readonly string[];
  mayWrite = true;
  /** Answers instead of the server's own, where it answers something. */
  standIn: StandIn | undefined;
  readonly base: string;
  readonly #quirks: Quirks;
  readonly #now: () => number;
  readonly #server = createServer();
  readonly #host: string | undefined;

  private constructor({ quirks, now, opens = [], base = '/some%20dir/dav' }: DavOptions, host?: string) {
    this.#host = host;
    this.#quirks = quirks;
    this.#now = now;
    this.opens = opens;
    this.base = base;
    this.disk = new Disk(now);
    this.locks = new LockTable(quirks.locks, now);
    this.#server.on('request', (request, response) => void this.take(request, response));
  }

  /** One that is part of a server which is there already at `origin`, and hands it what comes below its base. */
  static within(origin: string, options: DavOptions): ScriptedDav {
    return new ScriptedDav(options, origin);
  }

  /** Opens one on loopback. */
  static async open(options: DavOptions): Promise<ScriptedDav> {
    const dav = new ScriptedDav(options);
    dav.#server.listen(0, 'localhost');
    await once(dav.#server, 'listening');
    return dav;
  }

  get origin(): string {
    return this.#host ?? `http://localhost:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** The address of its root, with the slash. */
  get url(): string {
    return `${this.origin}${this.base}/`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** Answers one request. */
  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    const { method = '', url = '', headers } = request;
    const path = decodeURIComponent(url.slice(this.base.length));
    this.heard.push({ method, path, headers });
    const stand = this.standIn?.({ method, path, headers });
    if (stand !== undefined) return answer(request, response, stand);
    if (this.opens.length > 0 && !this.opens.includes(headers.authorization ?? '')) {
      return answer(request, response, { status: 401, headers: { 'www-authenticate': 'Basic realm="there"' } });
    }
    if (!url.startsWith(this.base)) return answer(request, response, { status: 404 });
    if (method === 'PUT') return this.#put(request, response, path);
    answer(request, response, await this.#answer({ method, path, headers }), method === 'HEAD');
  }

  async #answer(call: DavCall): Promise<Stand> {
    const place = plain(call.path);
    if (!['GET', 'HEAD', 'PROPFIND'].includes(call.method) && !this.mayWrite) return { status: 403 };
    switch (call.method) {
      case 'PROPFIND':
        return this.#propfind(call, place);
      case 'GET':
      case 'HEAD':
        return this.#get(call, place);
      case 'MKCOL':
        return this.#mkcol(call, place);
      case 'DELETE':
        return this.#delete(call, place);
      case 'MOVE':
      case 'COPY':
        return this.#move(call, place);
      case 'OPTIONS':
        return this.locks.isThere ? { status: 200, headers: { dav: '1, 3, 2' } } : { status: 405 };
      case 'LOCK':
        return this.locks.isThere ? this.#lock(call, place) : { status: 405 };
      case 'UNLOCK':
        return this.#unlock(call, place);
      default:
        return { status: 405 };
    }
  }

  #propfind({ path, headers }: DavCall, place: string): Stand {
    const entry = this.disk.find(place);
    const { redirects, pages, missingIn207 } = this.#quirks;
    if (entry === undefined && this.#parent(place)?.content !== undefined) return { status: this.#quirks.belowFile };
    if (entry === undefined) {
      return missingIn207
        ? { status: 207, headers: XML, body: missing(this.base + encodeURI(path), this.#quirks) }
        : { status: 404, headers: HTML, body: '<html>not found</html>' };
    }
    const isBare = entry.content === undefined && !path.endsWith('/') && path !== '';
    if (isBare && redirects) return { status: 301, headers: { location: `${this.base}${encodeURI(path)}/` } };
    if (isBare && pages) return { status: 200, headers: HTML, body: '<html>a folder</html>' };
    if (headers['depth'] === 'infinity' || headers['depth'] === undefined) return { status: 403 };
    const inside = headers['depth'] === '1' && entry.content === undefined ? this.disk.inside(place) : [];
    const told = [place, ...inside].flatMap((each): Told[] => {
      const found = this.disk.find(each);
      return found === undefined
        ? []
        : [{ path: each, entry: found, tag: this.#listedTag(found), letters: this.#letters(found) }];
    });
    const start = this.#quirks.wholeHrefs ? this.origin + this.base : this.base;
    return { status: 207, headers: XML, body: multistatus(told, start, this.#quirks) };
  }

  #get({ headers }: DavCall, place: string): Stand {
    const entry = this.disk.find(place);
    if (entry === undefined) return { status: 404 };
    const { content } = entry;
    if (content === undefined) return { status: 200, headers: HTML, body: '<html>a folder</html>' };
    const tag = this.#tagOf(entry);
    const common = {
      'content-type': typeOf(place),
      'last-modified': dateIn(entry.changedAt, this.#quirks),
      ...(tag === undefined ? {} : { etag: tag }),
    };
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    if (start === undefined || this.#quirks.ignoresRanges) return { status: 200, headers: common, body: content };
    const range = `bytes ${start}-${String(end)}/${String(content.length)}`;
    const part = content.subarray(Number(start), Number(end) + 1);
    return { status: 206, headers: { ...common, 'content-range': range }, body: part };
  }

  #mkcol({ path }: DavCall, place: string): Stand {
    if (this.#quirks.needsSlash && !path.endsWith('/')) return { status: 409 };
    if (this.disk.find(place) !== undefined) return { status: this.#quirks.makesTwice ? 201 : 405 };
    if (this.#parent(place)?.content !== undefined || this.#parent(place) === undefined) return { status: 409 };
    this.disk.makeFolder(place);
    return { status: 201 };
  }

  #delete(call: DavCall, place: string): Stand {
    const entry = this.disk.find(place);
    if (entry === undefined) return { status: 404 };
    if (this.#misses(call, entry)) return { status: 412 };
    const refused = this.locks.refuses(place, call.headers);
    if (refused !== undefined) return { status: refused };
    if (entry.content === undefined && this.#quirks.needsSlash && !call.path.endsWith('/')) return { status: 409 };
    this.disk.remove(place);
    this.locks.drop(place);
    return { status: 204 };
  }

  #move(call: DavCall, place: string): Stand {
    const entry = this.disk.find(place);
    if (entry === undefined) return { status: 404 };
    const { destination = '', overwrite } = call.headers as Record<string, string | undefined>;
    // As Apache has it: a path alone is no address.
    if (!destination.startsWith(`${this.origin}${this.base}/`)) return { status: 400 };
    const to = decodeURIComponent(destination.slice(this.origin.length + this.base.length));
    const target = plain(to);
    const isFolder = entry.content === undefined;
    if (isFolder && this.#quirks.needsSlash && !(call.path.endsWith('/') && to.endsWith('/'))) return { status: 409 };
    const refused = call.method === 'MOVE' ? this.locks.refuses(place, call.headers, target) : undefined;
    if (this.#misses(call, entry) || refused !== undefined) return { status: refused ?? 412 };
    if (target === place || target.startsWith(`${place}/`)) return { status: 403 };
    const parent = this.#parent(target);
    const isHeld = parent?.content === undefined && (parent !== undefined || this.#quirks.makesParents);
    if (!isHeld) return { status: 409 };
    if (parent === undefined) this.disk.makeFolder(target.slice(0, target.lastIndexOf('/')));
    if (this.disk.find(target) !== undefined && overwrite === 'F') return { status: 412 };
    if (call.method === 'MOVE') {
      this.disk.move(place, target);
      this.locks.drop(place);
    } else this.disk.copy(place, target);
    return { status: 201 };
  }

  #lock({ headers }: DavCall, place: string): Stand {
    const seconds = this.#quirks.lockSeconds ?? secondsAsked(headers);
    const isNew = headers['if'] === undefined;
    const lock = isNew ? this.locks.take(place, seconds) : this.locks.refresh(place, headers, seconds);
    if (lock === undefined) return { status: isNew ? 423 : 412 };
    const token: Record<string, string> = isNew ? { 'lock-token': `<${lock.token}>` } : {};
    return { status: 200, headers: { ...XML, ...token }, body: lockAnswer(lock) };
  }

  #unlock({ headers }: DavCall, place: string): Stand {
    const token = String(headers['lock-token']).slice(1, -1);
    return { status: this.locks.release(place, token) ? 204 : 409 };
  }

  async #put(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const early = this.#refusesPut(request, plain(path), path);
    if (early !== undefined) return answer(request, response, { status: early });
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    } catch {
      if (this.#quirks.keepsHalves) this.disk.write(plain(path), Buffer.concat(pieces));
      return;
    }
    // Once more: another may have been faster.
    const late = this.#refusesPut(request, plain(path), path);
    if (late !== undefined) return answer(request, response, { status: late });
    const isNew = this.disk.find(plain(path)) === undefined;
    const said = Number(request.headers['x-oc-mtime']) * 1_000;
    const takes = this.#quirks.takesTimes && !Number.isNaN(said);
    const options = { keepsTag: this.#quirks.keepsTags, ...(takes && { changedAt: said }) };
    this.disk.write(plain(path), Buffer.concat(pieces), options);
    answer(request, response, { status: isNew ? 201 : 204, ...(takes && { headers: { 'x-oc-mtime': 'accepted' } }) });
  }

  #refusesPut({ method = '', headers }: IncomingMessage, place: string, path: string): number | undefined {
    const entry = this.disk.find(place);
    const parent = this.#parent(place);
    if (!this.mayWrite) return 403;
    // As php-fpm and others have it: what comes in chunks is lost.
    if (headers['content-length'] === undefined) return 411;
    // A single file is its own root.
    const isAlone = place === '/' && entry?.content !== undefined;
    if (!isAlone && (parent === undefined || parent.content !== undefined)) return this.#quirks.noParent;
    if (this.#misses({ method, path, headers }, entry)) return 412;
    const refused = this.locks.refuses(place, headers);
    if (refused !== undefined) return refused;
    return entry !== undefined && entry.content === undefined ? 405 : undefined;
  }

  #misses({ headers }: DavCall, entry: Entry | undefined): boolean {
    if (!this.#quirks.conditions) return false;
    if (headers['if-none-match'] === '*' && entry !== undefined) return true;
    const wanted = headers['if-match'];
    return wanted !== undefined && (entry === undefined || wanted !== this.#tagOf(entry));
  }

  #parent(place: string): Entry | undefined {
    return this.disk.find(place.slice(0, place.lastIndexOf('/')) || '/');
  }

  #listedTag(entry: Entry): string | undefined {
    if (entry.content === undefined) return this.#quirks.folderTags === 'none' ? undefined : entry.tag;
    return this.#quirks.tagsOnlyInGet ? undefined : this.#tagOf(entry);
  }

  #tagOf({ tag, writtenAt }: Entry): string | undefined {
    if (this.#quirks.tags === 'none') return undefined;
    return this.#quirks.tags === 'weak at first' && this.#now() - writtenAt < 1_000 ? `W/${tag}` : tag;
  }

  #letters({ content }: Entry): string {
    if (!this.mayWrite) return 'SG';
    return content === undefined ? 'SGDNVCK' : 'SGDNVW';
  }
}

const XML = { 'content-type': 'application/xml; charset=utf-8' };
const HTML = { 'content-type': 'text/html' };

/** A path without its slash at the end; the root keeps its own. */
function plain(path: string): string {
  return (path.endsWith('/') ? path.slice(0, -1) : path) || '/';
}

function answer(request: IncomingMessage, response: ServerResponse, stand: Stand, isHead = false): void {
  request.resume();
  const { status, headers = {}, body = '', chunked = false } = stand;
  response.on('error', () => undefined);
  response.writeHead(status, { ...(!chunked && { 'content-length': Buffer.byteLength(body) }), ...headers });
  response.end(isHead ? '' : body);
}
