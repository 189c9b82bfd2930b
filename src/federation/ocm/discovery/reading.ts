import { Failure, hostOf, withoutTrailing } from '../../../kernel/index.js';
import { documentShape, resourcesOf, type ReadDocument } from './document-shape.js';
import type { OcmRecord } from './record.js';

/** The paths at which the document of a server is looked for, in this order (open-cloud-mesh.md 3.2). */
export const DISCOVERY_PATHS = ['/.well-known/ocm', '/ocm-provider', '/ocm-provider/'] as const;

/**
 * Reads what a server says of itself (open-cloud-mesh.md 3.2). `base` is the address that was asked, without the path of the
 * document. Throws `unavailable` when it has sharing switched off, and `peer-failed` for what is no such document or names
 * another server for its end point (OCM-04): with one and the same text (SSR-05), the reason in `detail`.
 */
export function readDiscovery(document: unknown, base: string): OcmRecord {
  const { success, data } = documentShape.safeParse(document);
  if (!success) throw unusable('no discovery document');
  if (data.enabled === false) throw new Failure('unavailable', 'This server does not share with others at the moment.');
  const { apiVersion = '', version, provider, capabilities, criteria, publicKey } = data;
  if (apiVersion === '' && (version ?? '') === '') throw unusable('no version');
  return {
    apiVersion,
    version,
    provider,
    capabilities,
    criteria,
    publicKey,
    ...resourcesOf(data),
    endPoint: endPointOf(data, base),
    tokenEndPoint: onServer(data.tokenEndPoint, base),
    jwksUri: onServer(data.jwksUri, base),
    inviteAcceptDialog: resolved(data.inviteAcceptDialog, base)?.href,
  };
}

function endPointOf({ endPoint }: ReadDocument, base: string): string {
  if (endPoint === undefined || endPoint === '') throw unusable('no endPoint');
  if (!URL.canParse(endPoint)) throw unusable('endPoint is not absolute');
  const found = onServer(endPoint, base);
  if (found === undefined) throw unusable('endPoint is on another server');
  return withoutTrailing(found, '/');
}

/** An address on the server that was asked, by the same scheme; undefined for every other. */
function onServer(text: string | undefined, base: string): string | undefined {
  const url = resolved(text, base);
  const isThere = url !== undefined && hostOf(url.href) === hostOf(base) && url.protocol === new URL(base).protocol;
  return isThere && url.search === '' ? url.href : undefined;
}

/** A plain http or https address; a path stands for one on the server that was asked. */
function resolved(text: string | undefined, base: string): URL | undefined {
  if (text === undefined || !/^[\x21-\x7e]+$/.test(text) || !URL.canParse(text, base)) return undefined;
  const url = new URL(text, base);
  const isPlain = /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hash === '';
  return isPlain ? url : undefined;
}

function unusable(detail: string): Failure {
  return new Failure('peer-failed', 'No server that this cloud can share with was found there.', { detail });
}
