import type { OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Response } from 'express';
import type { Opened } from '../../files/index.js';
import { sendJson } from '../json.js';
import { readConditions, readRange } from './conditions.js';
import { changeOptions, readContent, type StorageRequest } from './incoming.js';
import { contentTypeOf } from './mimetypes.js';
import { itemIdOf } from './parameters.js';
import type { StorageTree } from './ports.js';
import { metadataOf } from './wire.js';

/** `GET file/:id/data`, and of an older version: whole or a range, under conditions. */
export async function sendContent(
  tree: StorageTree,
  request: StorageRequest,
  response: Response,
  version?: number,
): Promise<void> {
  const { caller, http, signal } = request;
  const range = readRange(http.headers.range);
  const conditions = readConditions(http.headers);
  const opened = await tree.open(caller.principal, itemIdOf(request), {
    signal,
    ...(range === undefined ? {} : { range }),
    ...(conditions === undefined ? {} : { conditions }),
    ...(version === undefined ? {} : { version }),
  });
  await sendOpened(opened, request, response);
}

async function sendOpened(opened: Opened, { http, signal }: StorageRequest, response: Response): Promise<void> {
  if (opened.outcome === 'not-modified') {
    response.writeHead(304, validators(opened)).end();
    return;
  }
  response.writeHead(opened.range === undefined ? 200 : 206, headersOf(opened));
  if (http.method === 'HEAD') {
    opened.body.destroy();
    response.end();
    return;
  }
  try {
    await flow(opened.body, response);
  } catch (error) {
    // A reader that left is no trouble of ours; anything else must look broken (PXY-05).
    if (!signal.aborted) throw error;
  }
}

/**
 * Sends a body as the rest of an answer; resolves when it is out. What `pipeline` promises, for a third of what it costs
 * a short body: a broken body breaks the answer, and a reader that leaves ends the body.
 */
function flow(body: Readable, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    body.once('error', reject);
    body.once('close', () => {
      if (!body.readableEnded) response.destroy();
    });
    response.once('close', () => {
      body.destroy();
      if (response.writableFinished) resolve();
      else reject(new Error('The reader left.'));
    });
    body.pipe(response);
  });
}

/** Stored content never runs in a browser, whatever it is (threat model CNT-01). */
const HARMLESS = {
  'Accept-Ranges': 'bytes',
  'Content-Disposition': 'attachment',
  'Content-Security-Policy': "sandbox; default-src 'none'",
  'X-Content-Type-Options': 'nosniff',
} as const;

function headersOf(opened: Opened & { outcome: 'content' }): OutgoingHttpHeaders {
  const { range, size, mimetype } = opened;
  return {
    ...validators(opened),
    ...HARMLESS,
    'Content-Type': contentTypeOf(mimetype),
    'Content-Length': range === undefined ? size : range.end - range.start + 1,
    ...(range === undefined
      ? {}
      : { 'Content-Range': `bytes ${String(range.start)}-${String(range.end)}/${String(size)}` }),
  };
}

function validators({ etag, modifiedAt }: Opened): OutgoingHttpHeaders {
  return {
    ...(/^"[\x21\x23-\x7e]*"$/.test(etag) ? { ETag: etag } : {}),
    'Last-Modified': new Date(modifiedAt).toUTCString(),
    'Cache-Control': 'private, no-cache',
  };
}

/** `PUT file/:id/data` */
export async function replaceContent(
  tree: StorageTree,
  request: StorageRequest,
  response: Response,
  maxUpload: number,
): Promise<void> {
  const id = itemIdOf(request);
  const { principal } = request.caller;
  const options = changeOptions(request);
  const item = await tree.replace(principal, id, readContent(request, response, maxUpload), options);
  sendJson(response, 200, metadataOf(item, principal));
}
