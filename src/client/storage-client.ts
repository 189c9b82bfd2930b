import { apiRequest, type ApiCall, type Transport } from './api-request.js';
import { createAuthorizer, type Credentials, type SigningOptions } from './authorizer.js';
import { FetchTransport, type Fetch, type UploadBody } from './fetch-transport.js';
import { conditionHeaders, contentHeaders, rangeHeader, type ByteRange, type Conditions } from './headers.js';
import { jsonText } from './json-text.js';
import type { History, Id, Kind, Listing, Member, Metadata, Shared, Unshared } from './metadata.js';

/** What every call takes. */
export interface CallOptions {
  /** Gives the call up. */
  readonly signal?: AbortSignal | undefined;
}

/** How to read content. */
export interface DownloadOptions extends Conditions, CallOptions {
  /** Answered 206; ignored (200) where `ifRange` does not hold. */
  readonly range?: ByteRange | undefined;
  /** An older version; default: the current one. */
  readonly version?: number | undefined;
}

/** How to change something. */
export interface ChangeOptions extends Pick<Conditions, 'ifMatch' | 'ifNoneMatch' | 'ifUnmodifiedSince'>, CallOptions {
  /** Names this change, so that a repeat after a lost answer is answered as the first and changes nothing more. */
  readonly idempotencyKey?: string | undefined;
}

/** How to send content. */
export interface UploadOptions extends ChangeOptions {
  /** Bytes, for a stream whose length is known. */
  readonly length?: number | undefined;
  /** SHA-256 of the content, 32 bytes: the cloud refuses others (RFC 9530). */
  readonly sha256?: Uint8Array | undefined;
}

/** How to share a folder. */
export interface ShareOptions extends CallOptions {
  /** Default: `read-write`. */
  readonly permission?: 'read-only' | 'read-write' | undefined;
  /** Told to those who are invited. */
  readonly comment?: string | undefined;
  /** When the shares end by themselves. */
  readonly expiresAt?: Date | number | undefined;
}

/** Where the storage API is and who asks. */
export interface StorageClientOptions extends SigningOptions {
  /** Such as `https://cloud.example/v1/`. */
  readonly base: string | URL;
  readonly credentials: Credentials;
  readonly fetch?: Fetch | undefined;
}

/** A client for an app that was given a token, over `fetch`. */
export function createStorageClient(options: StorageClientOptions): StorageClient {
  const { base, credentials, fetch, ...signing } = options;
  return new StorageClient(base, new FetchTransport({ authorize: createAuthorizer(credentials, signing), fetch }));
}

/**
 * The storage API v2, one method for each call. Answers come as the cloud words them and are not checked. What is
 * thrown is the transport's: with `fetch`, a `StorageError` for every refusal. A malformed id is a `TypeError` at once.
 */
export class StorageClient<Body = UploadBody, Opened = Response> {
  readonly #base: URL;
  readonly #transport: Transport<Body, Opened>;

  constructor(base: string | URL, transport: Transport<Body, Opened>) {
    this.#base = withSlash(new URL(base));
    this.#transport = transport;
  }

  /** One item; of the root with its children. Deleted files are found, with the status `DELETED`. */
  metadata(kind: Kind, id: Id, { signal }: CallOptions = {}): Promise<Metadata> {
    return this.#ask({ method: 'GET', path: `${kind}/${idText(id)}`, signal });
  }

  /** A folder with its children, of the root unless said otherwise; a file answers itself, and no children. */
  list(id: Id = null, options: CallOptions & { includeDeleted?: boolean } = {}): Promise<Listing> {
    const { includeDeleted = false, signal } = options;
    const query = includeDeleted ? [['include_deleted', 'true'] as const] : [];
    return this.#ask({ method: 'GET', path: `folder/${idText(id)}/contents`, query, answer: 'listing', signal });
  }

  /** Makes a file, at the top level unless said otherwise. A name that is taken there is refused with 400. */
  createFile(name: string, content: Body | string, options: UploadOptions & { parent?: Id } = {}): Promise<Metadata> {
    const { parent } = options;
    const place = parent === undefined ? [] : [['parent', idText(parent)] as const];
    const query = [['name', name] as const, ...place];
    return this.#ask({ method: 'POST', path: 'file', query, ...contentParts(content, options) });
  }

  /** Makes a folder, at the top level unless said otherwise. A name that is taken there is refused with 400. */
  createFolder(name: string, options: ChangeOptions & { parent?: Id } = {}): Promise<Metadata> {
    return this.#ask({ method: 'POST', path: 'folder', ...jsonParts({ name, ...placeOf(options) }, options) });
  }

  /** Gives a file new content: a new version, the earlier ones stay. */
  upload(id: Id, content: Body | string, options: UploadOptions = {}): Promise<Metadata> {
    const path = `file/${idText(id)}/data`;
    return this.#change('file', id, { method: 'PUT', path, ...contentParts(content, options) });
  }

  /** A file's content, unread; with `fetch` as a standard `Response` of status 200, 206 or 304. */
  download(id: Id, options: DownloadOptions = {}): Promise<Opened> {
    const { range, version, signal, ...conditions } = options;
    const path =
      version === undefined ? `file/${idText(id)}/data` : `file/${idText(id)}/version/${String(version)}/data`;
    const headers = { ...rangeHeader(range), ...conditionHeaders(conditions) };
    return this.#transport.open(apiRequest(this.#base, { method: 'GET', path, headers, answer: 'content', signal }));
  }

  /** Renames an item, moves it, or both. */
  move(kind: Kind, id: Id, to: { name?: string; parent?: Id }, options: ChangeOptions = {}): Promise<Metadata> {
    const { name } = to;
    const body = { ...(name === undefined ? {} : { name }), ...placeOf(to) };
    return this.#change(kind, id, { method: 'PUT', path: `${kind}/${idText(id)}`, ...jsonParts(body, options) });
  }

  /** Deletes an item, a folder with everything in it. */
  remove(kind: Kind, id: Id, options: ChangeOptions = {}): Promise<Metadata> {
    const { signal } = options;
    const headers = changeHeaders(options);
    return this.#change(kind, id, { method: 'DELETE', path: `${kind}/${idText(id)}`, headers, signal });
  }

  /** A file with all its versions. */
  versions(id: Id, { signal }: CallOptions = {}): Promise<History> {
    return this.#ask({ method: 'GET', path: `file/${idText(id)}/versions`, answer: 'versions', signal });
  }

  /** A file as it was in one version; its content comes by `download`. */
  version(id: Id, version: number, { signal }: CallOptions = {}): Promise<Metadata> {
    return this.#ask({ method: 'GET', path: `file/${idText(id)}/version/${String(version)}`, signal });
  }

  /** Who can open a folder. */
  members(id: Id, { signal }: CallOptions = {}): Promise<readonly Member[]> {
    return this.#ask({ method: 'GET', path: `folder/${idText(id)}/members`, answer: 'listing', signal });
  }

  /** Shares a folder. People of the same cloud are members at once, people elsewhere are invited by mail. */
  share(id: Id, emails: readonly string[], options: ShareOptions = {}): Promise<Shared> {
    return this.#post(`folder/${idText(id)}/share`, jsonText(shareBody(emails, options)), options);
  }

  /** Ends shares and invitations. */
  unshare(id: Id, emails: readonly string[], options: CallOptions = {}): Promise<Unshared> {
    return this.#post(`folder/${idText(id)}/unshare`, jsonText(emails), options);
  }

  /** Leaves a folder that somebody shared with us. */
  leave(id: Id, options: CallOptions = {}): Promise<Unshared> {
    return this.#post(`folder/${idText(id)}/unshare`, '', options);
  }

  #post<Answer>(path: string, body: string, { signal }: CallOptions): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    return this.#ask({ method: 'POST', path, headers, body, answer: 'listing', signal });
  }

  async #change(kind: Kind, id: Id, call: ApiCall<Body>): Promise<Metadata> {
    const answer = await this.#ask<Metadata | undefined>(call);
    // Old servers answer an upload with nothing (stacksync-api-v2.md 4).
    return answer ?? this.metadata(kind, id, { signal: call.signal });
  }

  #ask<Answer>(call: ApiCall<Body>): Promise<Answer> {
    return this.#transport.ask(apiRequest(this.#base, call)) as Promise<Answer>;
  }
}

function withSlash(base: URL): URL {
  return base.pathname.endsWith('/') ? base : new URL(`${base.href}/`);
}

function idText(id: Id): string {
  const text = String(id ?? 0);
  if (!/^(?:0|[1-9][0-9]{0,17})$/.test(text)) throw new TypeError(`${text} is not the id of an item.`);
  return text;
}

function placeOf({ parent }: { parent?: Id }): { parent?: string } {
  return parent === undefined ? {} : { parent: idText(parent) };
}

function changeHeaders({ idempotencyKey, ...options }: ChangeOptions): Record<string, string> {
  const { ifMatch, ifNoneMatch, ifUnmodifiedSince } = options;
  return {
    ...conditionHeaders({ ifMatch, ifNoneMatch, ifUnmodifiedSince }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
}

function contentParts<Body>(
  body: Body | string,
  options: UploadOptions,
): Pick<ApiCall<Body>, 'headers' | 'body' | 'signal'> {
  const { length, sha256, signal } = options;
  return { headers: { ...changeHeaders(options), ...contentHeaders(length, sha256) }, body, signal };
}

function jsonParts(body: object, options: ChangeOptions): Pick<ApiCall<never>, 'headers' | 'body' | 'signal'> {
  const headers = { ...changeHeaders(options), 'content-type': 'application/json' };
  return { headers, body: jsonText(body), signal: options.signal };
}

/** A bare list where that says it all: old servers know nothing else (stacksync-api-v2.md 6). */
function shareBody(emails: readonly string[], { permission, comment, expiresAt }: ShareOptions): unknown {
  if (permission === undefined && comment === undefined && expiresAt === undefined) return emails;
  const expires = expiresAt === undefined ? {} : { expires_at: storageTime(expiresAt) };
  return { share_to: emails, permission, comment, ...expires };
}

/** `YYYY-MM-DD HH:MM:SS.f` in UTC (stacksync-api-v2.md 2). */
function storageTime(at: Date | number): string {
  return new Date(at).toISOString().replace('T', ' ').replace('Z', '');
}
