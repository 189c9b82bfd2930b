import { createHash } from 'node:crypto';
import type { Response } from 'express';
import type { Item } from '../../../files/index.js';
import { Failure, invalid } from '../../../kernel/index.js';
import { withHash } from '../requests/index.js';
import { notAllowed, Places, type DavRequest } from '../world/index.js';
import { refuseBody } from './bodies.js';
import type { Handling } from './handling.js';
import { judge } from './judging.js';
import { allowed } from './options.js';

const KINDS = new Set(['MD5', 'SHA1', 'SHA256']);

/**
 * PATCH with `X-Recalculate-Hash`, and no other: some clients ask so for the hash of a file of which none is known, and fail
 * without an answer. It is kept with the content of a file of this cloud; the file is the same as before, its tag too.
 */
export async function patch(inputs: Handling, request: DavRequest, response: Response): Promise<void> {
  const place = await new Places(inputs.tree).of(request);
  const wanted = request.http.headers['x-recalculate-hash'];
  if (wanted === undefined) throw notAllowed('A file is changed with PUT.', allowed(place.found?.item));
  refuseBody(request);
  const kind = String(wanted).trim().toUpperCase();
  if (!KINDS.has(kind)) throw invalid('X-Recalculate-Hash names md5, sha1 or sha256.');
  const { item } = await new Places(inputs.tree).existing(request);
  if (item.kind === 'folder') throw notAllowed('A folder has no hash.', allowed(item));
  if (item.permission === 'read-only') throw new Failure('forbidden', 'This is shared for reading only.');
  await judge(inputs, request, place);
  const hash = await hashOf(inputs, request, item, kind);
  response.writeHead(204, { 'OC-Checksum': hash, ETag: item.etag, 'OC-ETag': item.etag }).end();
}

async function hashOf({ tree }: Handling, { caller, signal }: DavRequest, item: Item, kind: string): Promise<string> {
  const opened = await tree.open(caller.principal, item.id, { signal });
  if (opened.outcome !== 'content') throw new Failure('internal', 'A content was not opened.');
  const sum = createHash(kind.toLowerCase());
  for await (const piece of opened.body as AsyncIterable<Buffer>) sum.update(piece);
  const hash = `${kind}:${sum.digest('hex')}`;
  // Other content may have come meanwhile: the hash is then its own no more.
  const conditions = opened.etag === '' ? {} : { conditions: { ifMatch: [opened.etag] } };
  await tree.keepHashes(caller.principal, item.id, withHash(item.hashes, hash), conditions);
  return hash;
}
