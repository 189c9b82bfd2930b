import type { Response } from 'express';
import type { Item } from '../../../files/index.js';

/** What this door speaks, on every answer that tells of abilities (webdav.md 1.3). */
export const ABILITIES = {
  DAV: '1, 2, 3, extended-mkcol',
  'MS-Author-Via': 'DAV',
  'Accept-Ranges': 'bytes',
} as const;

const ALWAYS = ['OPTIONS', 'PROPFIND', 'PROPPATCH', 'COPY', 'MOVE', 'DELETE', 'LOCK', 'UNLOCK', 'REPORT'];

/** Every method of this door. */
const ALL = ['OPTIONS', 'GET', 'HEAD', 'PUT', 'PATCH', 'MKCOL', ...ALWAYS.slice(1)].join(', ');

/** The methods that fit what is there; undefined: nothing. */
export function allowed(item: Item | undefined): string {
  if (item === undefined) return ['OPTIONS', 'PUT', 'MKCOL', 'LOCK'].join(', ');
  const own = item.kind === 'file' ? ['GET', 'HEAD', 'PUT', 'PATCH'] : ['GET', 'HEAD'];
  return ['OPTIONS', ...own, ...ALWAYS.slice(1)].join(', ');
}

/** Answers OPTIONS: the same for every address, and for everybody: some clients give up on a 401 here (DC-01, DC-02). */
export function sendOptions(response: Response): void {
  response.writeHead(200, { ...ABILITIES, Allow: ALL, 'Content-Length': 0 }).end();
}
