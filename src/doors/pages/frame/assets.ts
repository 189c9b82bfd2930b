import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { notFound } from '../../../kernel/index.js';
import { anyone, NO_BODY, row, type AnyRow } from '../../door/door.js';

/** The style sheet, scripts and pictures of the pages: few and small, so they are kept in memory. */
export interface Assets {
  /** The address of a file; it changes with the content, so browsers may keep what they have. */
  href(name: string): string;
  readonly row: AnyRow;
}

interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

const YEAR = 31_536_000;

/** Reads all files of a folder; a folder in it is one file too, see {@link assetBytes}. */
export function loadAssets(folder: string): Assets {
  const assets = new Map(readdirSync(folder).map((name) => [name, readAsset(folder, name)]));
  return {
    href: (name) => `/assets/${name}?v=${(assets.get(name)?.etag ?? '').slice(1, 13)}`,
    row: assetRow(assets),
  };
}

function readAsset(folder: string, name: string): Asset {
  const bytes = assetBytes(folder, name);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`;
  return { type: TYPES[path.extname(name)] ?? 'application/octet-stream', bytes, etag };
}

/**
 * The content of a file. A folder stands for one file whose parts lie in it and follow each other in the order of their
 * names: of a style sheet a later rule outdoes an earlier one, so the order is part of it.
 */
export function assetBytes(folder: string, name: string): Buffer {
  const file = path.join(folder, name);
  if (!statSync(file).isDirectory()) return readFileSync(file);
  const parts = readdirSync(file).sort();
  return Buffer.from(parts.map((part) => readFileSync(path.join(file, part), 'utf8')).join('\n'));
}

function assetRow(assets: ReadonlyMap<string, Asset>): AnyRow {
  return row<undefined>({
    method: 'GET',
    path: '/assets/:name',
    summary: 'The style sheet, scripts and pictures of the pages.',
    body: NO_BODY,
    enter: anyone,
    handle: async ({ params, http }, response) => {
      const asset = assets.get(params['name'] ?? '');
      if (asset === undefined) throw notFound('There is no such file here.');
      response.setHeader('Cache-Control', `public, max-age=${String(YEAR)}, immutable`);
      response.setHeader('ETag', asset.etag);
      if (http.headers['if-none-match'] === asset.etag) response.status(304).end();
      else response.type(asset.type).send(asset.bytes);
    },
  });
}
