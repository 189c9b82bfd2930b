import { request } from 'undici';
import type { OcmProfile } from './profile.js';
import type { Published, PublishedKeyOfSet } from './signatures.js';

/** Another server, as one of this make sees it. */
export interface Found {
  readonly endPoint: string;
  /** The path at which shares of the first shape lie. */
  readonly webdav: string;
  readonly published: Published | undefined;
  readonly jwksUri: string | undefined;
  readonly speaksRfc: boolean;
}

interface Document {
  readonly enabled?: boolean;
  readonly apiVersion?: string;
  readonly endPoint?: string;
  readonly publicKey?: Published | null;
  readonly jwksUri?: string;
  readonly capabilities?: readonly string[];
  readonly resourceTypes?: readonly { readonly protocols?: Readonly<Record<string, unknown>> }[];
}

/**
 * Looks another server up as a server of this make does; undefined when it is not found, or not accepted. `entry`: its
 * end point, if an operator has written it down.
 */
export async function find({ finding }: OcmProfile, origin: string, entry?: string): Promise<Found | undefined> {
  // Its operator wrote down where everything is (open-cloud-mesh.md 12, operator notes).
  if (finding.asks.length === 0) {
    if (entry === undefined) return undefined;
    const webdav = '/dav/ocm/';
    return { endPoint: entry, webdav, published: undefined, jwksUri: undefined, speaksRfc: false };
  }
  for (const path of finding.asks) {
    const document = await documentAt(origin + path, finding.userAgent);
    if (document === undefined) continue;
    const { enabled, apiVersion = '', endPoint, publicKey, jwksUri, capabilities = [] } = document;
    if (endPoint === undefined || (finding.versions !== undefined && !finding.versions.test(apiVersion)))
      return undefined;
    if (finding.needsEnabled && enabled !== true) return undefined;
    // A malformed key makes it refuse the whole document (seen of Nextcloud).
    if (publicKey !== undefined && publicKey !== null && typeof publicKey.publicKeyPem !== 'string') return undefined;
    const webdav = document.resourceTypes?.[0]?.protocols?.['webdav'];
    return {
      endPoint: endPoint.replace(/\/$/, ''),
      jwksUri,
      published: publicKey ?? undefined,
      speaksRfc: capabilities.includes('http-sig'),
      webdav: typeof webdav === 'string' ? webdav : '/public.php/webdav/',
    };
  }
  return undefined;
}

/** The keys of a server that signs as RFC 9421 has it. */
export async function keysAt({ jwksUri }: Found, origin: string): Promise<readonly PublishedKeyOfSet[]> {
  const set = (await jsonAt(jwksUri ?? `${origin}/.well-known/jwks.json`, 'test')) as
    { readonly keys?: readonly PublishedKeyOfSet[] } | undefined;
  return set?.keys ?? [];
}

async function documentAt(url: string, userAgent: string): Promise<Document | undefined> {
  return (await jsonAt(url, userAgent)) as Document | undefined;
}

async function jsonAt(url: string, userAgent: string): Promise<unknown> {
  try {
    const { statusCode, body } = await request(url, { headers: { 'user-agent': userAgent } });
    const text = await body.text();
    return statusCode === 200 ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
