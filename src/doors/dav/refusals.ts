import type { Request, Response } from 'express';
import type { Failure, FailureCode, FailureReason } from '../../kernel/index.js';
import type { Refuse } from '../door/door.js';
import { DAV, escapeText, SABRE } from '../../webdav/index.js';
import { shareAddressOf } from './roots.js';
import { davStatusOf } from './world/index.js';
import { sendXml } from './xml/index.js';

/** Refusals because of what is at the place, or above it: `409`, as COPY, MOVE, PUT and MKCOL have it. */
const BY_REASON: Readonly<Partial<Record<FailureReason, number>>> = {
  'parent-missing': 409,
  'parent-deleted': 409,
  'parent-wrong': 409,
  'parent-is-file': 409,
  'into-itself': 409,
};

/** Names of refusals that the clients of ownCloud and Nextcloud understand, by status. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'NotAuthenticated',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  412: 'PreconditionFailed',
  413: 'EntityTooLarge',
  415: 'UnsupportedMediaType',
  416: 'RequestedRangeNotSatisfiable',
  423: 'Locked',
  429: 'TooManyRequests',
  502: 'ServiceUnavailable',
  503: 'ServiceUnavailable',
  507: 'InsufficientStorage',
};

/**
 * Failures that say nothing about the share itself. At the address of a share they are all 503: another cloud then
 * tries again, whereas it would give the folder up for ever after a 401, 403 or 404 (open-cloud-mesh.md 8).
 */
const OUR_TROUBLE: ReadonlySet<FailureCode> = new Set(['internal', 'too-many', 'full', 'peer-timeout', 'unavailable']);

/** The status of a refusal of this request. */
function davStatus({ code, reason }: Pick<Failure, 'code' | 'reason'>, { method, originalUrl }: Request): number {
  if (OUR_TROUBLE.has(code) && shareAddressOf({ originalUrl }) !== undefined) return 503;
  if (reason === 'name-taken' || reason === 'folder-exists') return method === 'COPY' || method === 'MOVE' ? 412 : 405;
  return (reason === undefined ? undefined : BY_REASON[reason]) ?? davStatusOf(code);
}

/** Words refusals for clients of WebDAV: which condition was not met, and what happened, in the format that they read. */
export function createRefuse({ cloudName }: { readonly cloudName: string }): Refuse {
  // One scheme only: of two some clients read just the first, others just the last (DC-23).
  const challenge = `Basic realm="${cloudName.replace(/[^\x20-\x7e]|["\\]/g, '_')}", charset="UTF-8"`;
  return (failure, request, response) => {
    const status = davStatus(failure, request);
    if (status === 401) response.setHeader('WWW-Authenticate', challenge);
    if (status === 503 && !response.hasHeader('Retry-After')) response.setHeader('Retry-After', '30');
    const allow = failure.facts['allow'];
    if (allow !== undefined) response.setHeader('Allow', String(allow));
    if (status === 416) response.setHeader('Content-Range', `bytes */${String(failure.facts['size'] ?? '*')}`);
    send(failure, status, request, response);
  };
}

function send(failure: Failure, status: number, request: Request, response: Response): void {
  const headers = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };
  if (request.method === 'HEAD') response.writeHead(status, headers).end();
  else sendXml(response, status, bodyOf(failure, status), headers);
}

function bodyOf(failure: Failure, status: number): string {
  const exception =
    failure.reason === 'bad-name'
      ? 'OC\\Connector\\Sabre\\Exception\\InvalidPath'
      : `Sabre\\DAV\\Exception${EXCEPTIONS[status] === undefined ? '' : `\\${EXCEPTIONS[status]}`}`;
  return [
    `<d:error xmlns:d="${DAV}" xmlns:s="${SABRE}">`,
    preconditionOf(failure, status),
    `<s:exception>${escapeText(exception)}</s:exception>`,
    `<s:message>${escapeText(failure.message)}</s:message></d:error>`,
  ].join('');
}

function preconditionOf({ facts }: Failure, status: number): string {
  const name = facts['precondition'] ?? (status === 507 ? 'quota-not-exceeded' : undefined);
  if (name === undefined) return '';
  const href = facts['href'];
  const element = `d:${String(name)}`;
  return href === undefined ? `<${element}/>` : `<${element}><d:href>${escapeText(String(href))}</d:href></${element}>`;
}
