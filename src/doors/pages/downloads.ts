import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { notFound, type ItemId, type PersonPrincipal } from '../../kernel/index.js';
import type { Conditions, OpenOptions, Opened, RangeRequest } from '../../files/index.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import type { Resident } from './entries.js';
import { NO_BODY, itemParam, param } from './forms.js';
import { sandboxContent } from './headers.js';
import type { PageKit } from './kit.js';
import type { FileTree, PageServices } from './services.js';

/** The content of files, current and older, for the browser to save. */
export function downloadRows(kit: PageKit, { tree }: Pick<PageServices, 'tree'>): AnyRow[] {
  const download = (path: string, versionOf: (request: DoorRequest<Resident>) => number | undefined): AnyRow =>
    row<Resident>({
      method: 'GET',
      path,
      summary: 'Sends the content of a file as a download; ranges and conditions are honoured.',
      body: NO_BODY,
      enter: kit.entries.resident,
      handle: async (request, response) => {
        const version = versionOf(request);
        await sendContent(tree, request, response, version);
      },
    });
  return [
    download('/files/:id/data', () => undefined),
    download('/files/:id/versions/:version/data', ({ params }) => versionNumber(param(params, 'version'))),
  ];
}

function versionNumber(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw notFound();
  return Number(text);
}

async function sendContent(
  tree: FileTree,
  { caller, params, http, signal }: DoorRequest<Resident>,
  response: Response,
  version: number | undefined,
): Promise<void> {
  const id = itemParam(params);
  const name = await nameOf(tree, caller.principal, id, version);
  const opened = await tree.open(caller.principal, id, openOptions(http, signal, version));
  describe(response, opened, name);
  if (opened.outcome === 'not-modified') response.status(304).end();
  else if (http.method === 'HEAD') {
    opened.body.destroy();
    response.end();
  } else await pipeline(opened.body, response);
}

async function nameOf(
  tree: FileTree,
  principal: PersonPrincipal,
  id: ItemId,
  version: number | undefined,
): Promise<string> {
  if (version === undefined) return (await tree.stat(principal, id)).name;
  const old = (await tree.versions(principal, id)).find((each) => each.version === version);
  if (old === undefined) throw notFound();
  return old.name;
}

function openOptions(http: Request, signal: AbortSignal, version: number | undefined): OpenOptions {
  const range = rangeOf(http.headers.range);
  return {
    signal,
    conditions: conditionsOf(http),
    ...(range && http.method === 'GET' && { range }),
    ...(version !== undefined && { version }),
  };
}

/** A single range of bytes (RFC 9110 14.1.2); anything else is ignored and the whole file sent. */
function rangeOf(header: string | undefined): RangeRequest | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (match === null || (first === '' && last === '')) return undefined;
  if (first === '') return { kind: 'last', length: Number(last) };
  if (last !== '' && Number(last) < Number(first)) return undefined;
  return { kind: 'from', start: Number(first), end: last === '' ? undefined : Number(last) };
}

function conditionsOf(http: Request): Conditions {
  const tags = http.headers['if-none-match'];
  const since = Date.parse(http.headers['if-modified-since'] ?? '');
  const ifRange = http.headersDistinct['if-range']?.[0];
  return {
    ...(tags !== undefined && { ifNoneMatch: tags.trim() === '*' ? '*' : (tags.match(/(?:W\/)?"[^"]*"/g) ?? []) }),
    ...(tags === undefined && !Number.isNaN(since) && { ifModifiedSince: since }),
    ...(ifRange !== undefined && { ifRange: ifRange.includes('"') ? ifRange : Date.parse(ifRange) || 0 }),
  };
}

function describe(response: Response, opened: Opened, name: string): void {
  sandboxContent(response);
  response.setHeader('Cache-Control', 'private, no-cache');
  response.setHeader('ETag', opened.etag);
  response.setHeader('Last-Modified', new Date(opened.modifiedAt).toUTCString());
  if (opened.outcome === 'not-modified') return;
  const { size, range } = opened;
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Content-Type', safeType(opened.mimetype));
  response.setHeader('Content-Disposition', attachment(name));
  response.setHeader('Content-Length', String(range === undefined ? size : range.end - range.start + 1));
  if (range === undefined) return;
  response.status(206);
  response.setHeader('Content-Range', `bytes ${String(range.start)}-${String(range.end)}/${String(size)}`);
}

/** Types that stay what they are; everything else is bytes (CNT-02). Even these are only ever saved, never shown. */
const SAFE_TYPES =
  /^(?:image\/(?:png|jpeg|gif|webp|avif)|audio\/[\w.+-]+|video\/[\w.+-]+|application\/(?:pdf|zip|json))$/;

function safeType(mimetype: string): string {
  const [type = ''] = mimetype.toLowerCase().split(';');
  if (type === 'text/plain') return 'text/plain; charset=utf-8';
  return SAFE_TYPES.test(type) ? type : 'application/octet-stream';
}

/** `Content-Disposition` for any name: RFC 8187 for those that can read it, plain letters for the rest (PXY-07). */
function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
