import type { Request, Response } from 'express';
import type { Account } from '../../../accounts/index.js';
import type { Approval, Callback, PendingAccess } from '../../../clients/index.js';
import { Failure, firstField, invalid, isFailure, statusOf } from '../../../kernel/index.js';
import { formatPairs, type Pair } from '../../../oauth1/index.js';
import { NO_BODY, row, type AnyRow, type Arrival, type DoorRequest } from '../../door/door.js';
import { sendRetryAfter } from '../../door/retry-after.js';
import { authorization } from './authorize-document.js';
import { entryOf, type Visitor } from '../frame/entries.js';
import { FORM, attempt, passwordField, requiredField, textField } from '../frame/forms.js';
import { staleForm, TOKEN_FIELD } from '../frame/form-tokens.js';
import { allowFormsTo } from '../frame/headers/headers.js';
import type { PageKit } from '../frame/kit.js';
import type { PageServices } from '../frame/services.js';
import { personOf } from '../frame/sessions.js';
import { requirePassword } from './sign-in/confirm-pages.js';

declare module '../frame/templates.js' {
  interface Views {
    'oauth/question': {
      readonly app: string;
      readonly host: string | undefined;
      readonly action: string;
      readonly email: string;
      readonly asksPassword: boolean;
      readonly decisionToken: string;
    };
    'oauth/denied': { readonly app: string; readonly words: string };
    'oauth/verifier': { readonly app: string; readonly verifier: string };
  }
}

type Services = Pick<PageServices, 'passwords' | 'temporaryCredentials'>;

const PATH = '/oauth/authorize';

/**
 * Who sent a decision: our own form, by somebody signed in or not; or an app that took the password itself, which has
 * neither cookie nor form token (stacksync-api-v2.md 3.2).
 */
interface Decider {
  readonly way: 'form' | 'direct';
  readonly person: Account | undefined;
}

/** The page on which a person lets an app in (stacksync-api-v2.md 3, RFC 5849 2.2). It asks every time (OAU-16). */
export function authorizeRows(kit: PageKit, services: Services): AnyRow[] {
  return [questionRow(kit, services), decisionRow(kit, services)];
}

function questionRow(kit: PageKit, services: Services): AnyRow {
  const { entries } = kit;
  return row<Visitor>({
    method: 'GET',
    path: PATH,
    summary: 'Ask a person whether an app may reach their files.',
    document: authorization.question,
    body: NO_BODY,
    enter: entries.secret(entries.visitor),
    handle: (request, response) =>
      inWords(request.http, response, async () => {
        showQuestion(kit, request, response, await questionOf(services, request));
      }),
  });
}

function decisionRow(kit: PageKit, services: Services): AnyRow {
  const { entries } = kit;
  const decider = entryOf<Decider>(entries.visitor.asks, async (arrival) =>
    isDirect(arrival) ? { way: 'direct', person: undefined } : { way: 'form', ...(await entries.visitor(arrival)) },
  );
  const asked = entries.posted(decider, {
    purpose: (arrival) => purposeOf(tokenOf(arrival)),
    unless: { why: 'an app that took the password itself brings it, and no session', is: isDirect },
  });
  return row<Decider>({
    method: 'POST',
    path: PATH,
    summary: "Take the person's answer.",
    document: authorization.decision,
    body: FORM,
    enter: entries.secret(asked),
    handle: (request, response) => inWords(request.http, response, () => decide(kit, services, request, response)),
  });
}

function isDirect({ form }: Arrival): boolean {
  return firstField(form, TOKEN_FIELD) === undefined;
}

/** A question as it was asked: under which token, by which app. */
interface Question extends PendingAccess {
  readonly token: string;
}

/** Throws `invalid` in the words of stacksync-api-v2.md 3.2. A callback given here is not looked at (OAU-15). */
async function questionOf({ temporaryCredentials }: Services, asked: Asked): Promise<Question> {
  const token = tokenOf(asked);
  if (token === '') throw invalid('Missing oauth token');
  const pending = await temporaryCredentials.pending(token);
  if (pending === undefined) throw invalid('Invalid oauth token');
  return { token, ...pending };
}

type Asked = Pick<Arrival, 'query' | 'form'>;

function tokenOf({ query, form }: Asked): string {
  return firstField(query, 'oauth_token') ?? firstField(form, 'oauth_token') ?? '';
}

/** Binds an answer to the session that was asked, and to what it was asked (OAU-16). */
function purposeOf(token: string): string {
  return `authorize ${token}`;
}

async function decide(
  kit: PageKit,
  services: Services,
  request: DoorRequest<Decider>,
  response: Response,
): Promise<void> {
  const question = await questionOf(services, request);
  checkWay(request.caller, question);
  if (readPermission(request) === 'deny') {
    if (!(await services.temporaryCredentials.deny(question.token))) throw invalid('Invalid oauth token');
    showDenied(kit, request, response, question);
    return;
  }
  const outcome = await attempt(() => whoAllows(kit, services, request));
  if (outcome.kind === 'refused') {
    showQuestion(kit, request, response, question, outcome.failure);
    return;
  }
  const approval = await services.temporaryCredentials.approve(question.token, outcome.result.id);
  if (approval === undefined) throw invalid('Invalid oauth token');
  sendApproval(kit, request, response, question, approval);
}

/** Without a form of ours, only an app that may take passwords and has no callback address is accepted (OAU-17). */
function checkWay({ way }: Decider, { firstParty, callback }: Question): void {
  if (way === 'direct' && !(firstParty && callback.kind === 'out-of-band')) throw staleForm();
}

function readPermission({ form }: Asked): 'allow' | 'deny' {
  const permission = textField(form, 'permission');
  if (permission !== 'allow' && permission !== 'deny') throw invalid('Choose Allow or Deny.');
  return permission;
}

/**
 * The person signed in, with the password of the last ten minutes (F-65), else whoever proves to be one now, under the throttle of the sign-in page (ACC-02). No session
 * comes of it.
 */
async function whoAllows(
  { entries, clock }: PageKit,
  { passwords }: Services,
  { caller: { person }, form, http }: DoorRequest<Decider>,
): Promise<Account> {
  const password = passwordField(form, 'password');
  if (person !== undefined) {
    if (entries.isRecent(http)) return person;
    await requirePassword(passwords, person, password, http);
    http.session.passwordAt = clock.now();
    return person;
  }
  const email = requiredField(form, 'email', 'The e-mail address');
  if (password === '') throw invalid('The password is missing.');
  const answer = await passwords.signIn(email, password, { address: http.ip ?? '' });
  if (answer.kind === 'ok') return answer.account;
  throw new Failure('unauthenticated', 'The e-mail address or the password is not right.');
}

function showQuestion(
  kit: PageKit,
  { http, form }: Pick<DoorRequest<unknown>, 'http' | 'form'>,
  response: Response,
  { token, appName, callback }: Question,
  failure?: Failure,
): void {
  const target = targetOf(callback);
  if (target !== undefined) allowFormsTo(response, [target.origin]);
  sendRetryAfter(response, failure);
  const app = appName;
  const action = `${PATH}?${formatPairs([['oauth_token', token]])}`;
  kit.show(http, response, personOf(http), {
    template: 'oauth/question',
    title: `Connect ${app}?`,
    wayBack: action,
    failure,
    model: {
      app,
      host: target?.host,
      action,
      email: textField(form, 'email'),
      asksPassword: !kit.entries.isRecent(http),
      decisionToken: kit.tokens.issue(http, response, purposeOf(token)),
    },
    status: failure === undefined ? 200 : shownStatus(failure),
  });
}

/** Apps that look at the status know a wrong password as this page once more (stacksync-api-v2.md 3.2). */
function shownStatus({ code }: Failure): number {
  return code === 'unauthenticated' ? 200 : statusOf(code);
}

function targetOf(callback: Callback): URL | undefined {
  return callback.kind === 'address' ? new URL(callback.address) : undefined;
}

const REJECTED = 'Authorization rejected by user';

function showDenied(
  kit: PageKit,
  { http }: Pick<DoorRequest<unknown>, 'http'>,
  response: Response,
  { appName }: Question,
): void {
  if (!wantsPage(http)) {
    sendWords(response, 200, REJECTED);
    return;
  }
  const model = { app: appName, words: REJECTED };
  kit.show(http, response, personOf(http), { template: 'oauth/denied', title: 'Not connected', model });
}

function sendApproval(
  kit: PageKit,
  { caller, http }: DoorRequest<Decider>,
  response: Response,
  { token, appName }: Question,
  { verifier, callback }: Approval,
): void {
  const target = targetOf(callback);
  if (target !== undefined) response.redirect(302, answerAt(target, answerPairs(token, verifier)));
  else if (caller.way === 'direct') sendForm(response, answerPairs(token, verifier));
  else {
    const model = { app: appName, verifier };
    kit.show(http, response, personOf(http), { template: 'oauth/verifier', title: 'One more step', model });
  }
}

/** Both spellings: clients read one or the other (stacksync-api-v2.md 3.2). */
function answerPairs(token: string, verifier: string): Pair[] {
  return [
    ['token', token],
    ['verifier', verifier],
    ['oauth_token', token],
    ['oauth_verifier', verifier],
  ];
}

/** The callback with the answer behind its own query, which stays as the app wrote it. */
function answerAt(callback: URL, pairs: readonly Pair[]): string {
  const url = new URL(callback);
  url.search = url.search === '' ? formatPairs(pairs) : `${url.search}&${formatPairs(pairs)}`;
  return url.href;
}

/** The type exactly: clients compare the whole header (stacksync-api-v2.md 3.2). */
function sendForm(response: Response, pairs: readonly Pair[]): void {
  response.writeHead(200, { 'Content-Type': 'application/x-www-form-urlencoded' });
  response.end(formatPairs(pairs));
}

/** Browsers say that they want a page; apps do not, or send a wildcard. */
function wantsPage({ headers }: Request): boolean {
  return /\btext\/html\b/i.test(headers.accept ?? '');
}

/** Refuses apps in plain text, which some compare; browsers get the usual page. */
async function inWords(http: Request, response: Response, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isFailure(error) || wantsPage(http) || response.headersSent) throw error;
    sendWords(response, statusOf(error.code), error.message);
  }
}

function sendWords(response: Response, status: number, words: string): void {
  response.status(status).type('text/plain').send(words);
}
