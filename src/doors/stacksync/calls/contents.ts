import type { Response } from 'express';
import type { Tree } from '../../../files/index.js';
import { SANDBOX, type ContentManner } from '../../content/manner.js';
import { openingFor, sendHead, sendOpened } from '../../content/send.js';
import { sendJson } from '../../door/json.js';
import { changeOptions, readContent, type StorageRequest } from '../wire/incoming.js';
import { pathItemId } from '../wire/parameters.js';
import { metadataOf } from '../wire/wire.js';

/**
 * Types that browsers do not run are sent as they are. Stored content never runs in a browser, whatever it is (threat
 * model CNT-01, CNT-02).
 */
const MANNER: ContentManner = {
  conditions: 'every',
  types:
    /^(?:image\/(?:png|jpeg|gif|webp|avif|heic|heif|bmp|tiff|x-icon|vnd\.adobe\.photoshop)|(?:audio|video|font)\/[a-z0-9][a-z0-9.+-]{0,60}|text\/(?:plain|csv|markdown|calendar|vcard)|inode\/x-empty|application\/(?:json|zip|gzip|x-tar|x-bzip2|x-xz|x-7z-compressed|x-rar-compressed|rtf|epub\+zip|msword|x-cfb|pdf|vnd\.ms-[a-z]+|vnd\.oasis\.opendocument\.[a-z.-]+|vnd\.openxmlformats-officedocument\.[a-z.]+))$/,
  besideContent: {
    'Content-Disposition': 'attachment',
    'Content-Security-Policy': SANDBOX,
    'X-Content-Type-Options': 'nosniff',
  },
};

/** `GET file/:id/data`, and of an older version: whole or a range, under conditions. */
export async function sendContent(
  tree: Pick<Tree, 'open' | 'head'>,
  request: StorageRequest,
  response: Response,
  version?: number,
): Promise<void> {
  const { http, caller } = request;
  const [id, asked] = [pathItemId(request), openingFor(MANNER, request, version)];
  if (http.method === 'HEAD') sendHead(MANNER, await tree.head(caller.principal, id, asked), response);
  else await sendOpened(MANNER, await tree.open(caller.principal, id, asked), request, response);
}

/** `PUT file/:id/data` */
export async function replaceContent(
  tree: Pick<Tree, 'replace'>,
  request: StorageRequest,
  response: Response,
  maxUpload: number,
): Promise<void> {
  const id = pathItemId(request);
  const { principal } = request.caller;
  const options = changeOptions(request);
  const item = await tree.replace(principal, id, readContent(request, maxUpload), options);
  sendJson(response, 200, metadataOf(item, principal));
}
