import type { Response, Router } from 'express';
import type { TemporaryCredentials } from '../../clients/index.js';
import { Failure, invalid } from '../../kernel/index.js';
import { formatPairs, type Pair } from '../../oauth1/index.js';
import type { Log } from '../../platform/index.js';
import { createDoor, row, type AnyRow, type DoorRequest, type Row } from '../door/door.js';
import { tokenCalls } from './document.js';
import { createTokenEntry, type AppCaller, type TokenEntryInputs } from './entry.js';
import { refuse } from './refusals.js';

/** What the token calls need. */
export interface OAuthInputs extends TokenEntryInputs {
  readonly temporaryCredentials: Pick<TemporaryCredentials, 'issue' | 'find' | 'exchange'>;
  readonly log: Log;
}

/** The token calls of OAuth 1.0a (stacksync-api-v2.md 3.2); between them a person decides at `/oauth/authorize`. */
export function createOAuthDoor(inputs: OAuthInputs): Router {
  return createDoor({ rows: oauthRows(inputs), refuse, log: inputs.log });
}

type Handle = Row<AppCaller>['handle'];

/** Its routes, as data: clients GET and POST them. */
export function oauthRows(inputs: OAuthInputs): readonly AnyRow[] {
  const entry = createTokenEntry(inputs);
  const make = (
    step: 'request' | 'access',
    summary: string,
    enter: Row<AppCaller>['enter'],
    handle: Handle,
  ): AnyRow[] =>
    (['GET', 'POST'] as const).map((method) =>
      row<AppCaller>({
        method,
        path: `/oauth/${step}_token`,
        summary,
        enter,
        handle,
        document: tokenCalls(method)[step],
        greet: entry.greet,
        body: { kind: 'text', limit: 16 * 1024 },
        // HEAD is refused: its answer has no body, so it would make credentials that nobody gets.
        refuseHead: true,
      }),
    );
  return [
    ...make('request', 'Issue temporary credentials to an app', entry.app, (request, response) =>
      sendTemporaryCredentials(inputs, request, response),
    ),
    ...make('access', 'Exchange them for an access token', entry.appWithToken, (request, response) =>
      sendAccessToken(inputs, request, response),
    ),
  ];
}

async function sendTemporaryCredentials(
  { temporaryCredentials }: OAuthInputs,
  { caller }: DoorRequest<AppCaller>,
  response: Response,
): Promise<void> {
  const callback = required(caller, 'oauth_callback');
  const issued = await temporaryCredentials.issue(caller.client, callback);
  if (issued === undefined) throw refused('the callback is neither registered nor oob');
  sendForm(response, [
    ['oauth_token', issued.token],
    ['oauth_token_secret', issued.tokenSecret],
    ['oauth_callback_confirmed', 'true'],
  ]);
}

/** The StackSync web client repeats its callback here; it is ignored. */
async function sendAccessToken(
  { temporaryCredentials }: OAuthInputs,
  { caller }: DoorRequest<AppCaller>,
  response: Response,
): Promise<void> {
  const verifier = required(caller, 'oauth_verifier');
  const issued = await temporaryCredentials.exchange(caller.client.id, caller.token, verifier);
  if (issued === undefined) throw refused('wrong verifier, or nobody approved');
  sendForm(response, [
    ['oauth_token', issued.token],
    ['oauth_token_secret', issued.tokenSecret],
  ]);
}

/**
 * A parameter that this step cannot do without: OAuth 1.0, which had neither callback here nor verifier, let an
 * attacker have somebody else approve the attacker's own question (session fixation, threat model OAU-15).
 */
function required({ protocol }: AppCaller, name: string): string {
  const value = protocol.get(name) ?? '';
  if (value === '') throw invalid(`${name} is missing.`);
  return value;
}

function refused(detail: string): Failure {
  return new Failure('unauthenticated', 'Could not authorize request', { detail });
}

/** The type exactly: clients compare the whole header (stacksync-api-v2.md 3.2). */
function sendForm(response: Response, pairs: readonly Pair[]): void {
  const body = formatPairs(pairs);
  response.writeHead(200, {
    'Content-Type': 'application/x-www-form-urlencoded',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}
