import { invalid } from '../../../kernel/index.js';

/** What a `resource_url` says: where the storage API is, and what is shared there. */
export interface Resource {
  /** With a trailing slash; any prefix (cloudspaces-interop.md 10.2). */
  readonly base: URL;
  readonly id: string;
  readonly kind: 'file' | 'folder';
}

/** Reads `<base>folder/<id>`. Throws `invalid` for anything else: the root (`0`) is nobody's share. */
export function parseResource(resourceUrl: string): Resource {
  const url = URL.canParse(resourceUrl) ? new URL(resourceUrl) : undefined;
  const match = /^(\/(?:.*\/)?)(file|folder)\/([1-9][0-9]{0,17})\/?$/.exec(url?.pathname ?? '');
  const [, path, kind, id] = match ?? [];
  if (url === undefined || path === undefined || id === undefined || url.search !== '' || url.hash !== '') {
    throw invalid('resource_url does not name a shared folder of the storage API.');
  }
  return { base: new URL(path, url), id, kind: kind === 'file' ? 'file' : 'folder' };
}
