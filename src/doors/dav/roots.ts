import type { Request } from 'express';
import { ROOT_ID } from '../../kernel/index.js';
import { originForm } from '../callers/web-origin.js';
import type { DavRoot } from './world/index.js';

/** The root of people's programs: their whole tree. */
export const OWN_ROOT: DavRoot = { path: '/dav', topId: ROOT_ID, takesDots: false };

/**
 * The root that discovery tells other clouds: there the secret alone says which share is meant (open-cloud-mesh.md 8).
 */
export const SECRET_ROOT = '/public.php/webdav';

/** The address of one share. A person may have a folder `ocm` of their own, which has the same address for them. */
const SHARE = /^(\/dav\/ocm\/([^/?]+))(?:[/?]|$)/;

/** An address at which the secret of a share opens something. */
export interface ShareAddress {
  /** Without a slash at its end. */
  readonly path: string;
  /** The share that it names; undefined: the secret alone picks it. */
  readonly shareId: string | undefined;
}

/** The address of a share in a request; undefined where no secret of a share is taken. */
export function shareAddressOf({ originalUrl }: Pick<Request, 'originalUrl'>): ShareAddress | undefined {
  const target = originForm(originalUrl);
  if (target.startsWith(SECRET_ROOT)) return { path: SECRET_ROOT, shareId: undefined };
  const [, path, shareId] = SHARE.exec(target) ?? [];
  return path === undefined ? undefined : { path, shareId };
}
