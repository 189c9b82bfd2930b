import { invalid } from '../../../kernel/index.js';
import { relocated } from '../../../peers/index.js';
import type { ResourceAddresses } from '../../ports/storage-api.js';

/** What a `resource_url` says: where the storage API is, and what is shared there. */
export interface SharedResource {
  /** With a trailing slash; any prefix (cloudspaces-interop.md 10.2). */
  readonly base: URL;
  readonly id: string;
  readonly kind: 'file' | 'folder';
}

/** Reads `<base>folder/<id>`. Throws `invalid` for anything else, also for the root (`0`), which cannot be shared. */
export function parseResource(resourceUrl: string): SharedResource {
  const url = URL.canParse(resourceUrl) ? new URL(resourceUrl) : undefined;
  const match = /^(\/(?:.*\/)?)(file|folder)\/([1-9][0-9]{0,17})\/?$/.exec(url?.pathname ?? '');
  const [, path, kind, id] = match ?? [];
  if (url === undefined || path === undefined || id === undefined || url.search !== '' || url.hash !== '') {
    throw invalid('resource_url does not name a shared folder of the storage API.');
  }
  // The path is set and not resolved: one that begins with two slashes would be taken for another host.
  const base = new URL(url);
  base.pathname = path;
  return { base, id, kind: kind === 'file' ? 'file' : 'folder' };
}

/**
 * `<base>folder/<id>` and `<base>file/<id>` (cloudspaces-interop.md 10.2). After a move of the cloud they are below the
 * new base.
 */
export const resourceAddresses: ResourceAddresses = {
  write: (base, { kind, id }) => `${base}${kind}/${id}`,
  read: parseResource,
  moved(address, relocation) {
    const item = /\/((?:file|folder)\/[^/]+\/?)$/.exec(new URL(address).pathname)?.[1];
    return item === undefined ? relocated(address, relocation) : relocation.storageBase + item;
  },
};
