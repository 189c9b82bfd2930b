import { relocated } from '../../../../peers/index.js';
import { encodeName } from '../../../../webdav/index.js';
import type { ResourceAddresses } from '../../../ports/storage-api.js';
import { ServerRoot } from './paths.js';

/**
 * Addresses of shares by WebDAV: any place on a server. Only the server knows what they name; one that ends in a slash
 * is meant as a folder (RFC 4918 5.2). When a server moves, the path stays.
 */
export const davAddresses: ResourceAddresses = {
  write: (base, { kind, id }) => `${base}${encodeName(id)}${kind === 'folder' ? '/' : ''}`,
  read: (address) => ({ kind: new ServerRoot(address).address.pathname.endsWith('/') ? 'folder' : 'file' }),
  moved: (address, relocation) => relocated(address, relocation),
};
