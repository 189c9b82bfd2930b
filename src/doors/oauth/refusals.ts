import type { Request, Response } from 'express';
import { statusOf, type Failure } from '../../kernel/index.js';
import { challengeOf, formatPairs } from '../../oauth1/index.js';

/** Problems of a proof that are faults of the request rather than of who sends it (stacksync-api-v2.md 3.2). */
const FAULTS: readonly unknown[] = ['absent', 'skew'];

/**
 * Words a refusal of the token calls as their clients know it: an empty 401 for whoever proves nothing, always the same
 * bytes (OAU-18) but for the replay of a right signature; a form with the reason for everything else, a missing parameter and a wrong clock among it.
 */
export function refuse(failure: Failure, _request: Request, response: Response): void {
  const unproven = failure.code === 'unauthenticated' && !FAULTS.includes(failure.facts['problem']);
  if (unproven) end(response, { status: 401, body: '', headers: { 'WWW-Authenticate': challengeOf(failure) } });
  else end(response, { status: faultOf(failure), body: described(failure), headers: FORM });
}

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' } as const;

function faultOf({ code }: Failure): number {
  return code === 'unauthenticated' ? 400 : statusOf(code);
}

function described(failure: Failure): string {
  const description = failure.facts['problem'] === 'absent' ? 'A parameter is missing.' : wordsOf(failure);
  return formatPairs([
    ['error', errorOf(statusOf(failure.code))],
    ['error_description', description],
  ]);
}

function wordsOf(failure: Failure): string {
  return failure.facts['problem'] === 'skew' ? 'oauth_timestamp is too far from our clock.' : failure.message;
}

function errorOf(status: number): string {
  if (status === 429 || status === 503) return 'temporarily_unavailable';
  return status >= 500 ? 'server_error' : 'invalid_request';
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

function end(response: Response, { status, body, headers }: Answer): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body), 'Cache-Control': 'no-store' });
  response.end(body);
}
