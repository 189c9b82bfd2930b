import type { Request, RequestHandler, Response } from 'express';
import type { Account } from '../../accounts/index.js';
import { Failure, statusOf } from '../../kernel/index.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import type { Resident, Visitor } from './entries.js';
import { FORM, NO_BODY, attempt, leadTo, passwordField, textField } from './forms.js';
import type { PageKit } from './kit.js';
import type { PageServices } from './services.js';
import { closeSession, leaveNotice, openSession, takeTarget } from './sessions.js';

type Services = Pick<PageServices, 'passwords' | 'passwordLinks'>;

/** Where people land when they did not want to go anywhere in particular. */
const HOME = '/files';

/** Signing in and out, and giving the password again before touchy changes. */
export function loginRows(kit: PageKit, services: Services): AnyRow[] {
  return [...signInRows(kit), ...confirmRows(kit, services), ...signOutRows(kit), ...forgottenRows(kit, services)];
}

function signInRows(kit: PageKit): AnyRow[] {
  const { entries, clock } = kit;
  return [
    row<Visitor>({
      method: 'GET',
      path: '/login',
      summary: 'The sign-in page.',
      body: NO_BODY,
      enter: entries.visitor,
      handle: async ({ http, caller }, response) => {
        if (caller.person !== undefined) leadTo(response, takeTarget(http) ?? HOME);
        else showSignIn(kit, http, response, '');
      },
    }),
    row<Visitor>({
      method: 'POST',
      path: '/login',
      summary: 'Signs in with e-mail address and password.',
      body: FORM,
      enter: entries.posted(entries.visitor, 'login'),
      handle: async ({ http, form }, response) => {
        const email = textField(form, 'email');
        const password = passwordField(form, 'password');
        const outcome = await attempt(() => authenticate(kit.passport, http, response, { email, password }));
        if (outcome.kind === 'refused') {
          showSignIn(kit, http, response, email, outcome.failure);
          return;
        }
        const target = takeTarget(http);
        await openSession(http, outcome.result, clock);
        leadTo(response, target ?? HOME);
      },
    }),
  ];
}

/** Passport's answer as a promise; every wrong proof is refused in the same words (ACC-01). */
async function authenticate(
  passport: PageKit['passport'],
  http: Request,
  response: Response,
  fields: { email: string; password: string },
): Promise<Account> {
  // The strategy reads the fields where body parsers put them.
  http.body = fields;
  const user = await new Promise<Account | false | null | undefined>((resolve, reject) => {
    const done = (error: unknown, found?: Account | false | null): void => {
      if (error instanceof Error) reject(error);
      else resolve(found);
    };
    const run = passport.authenticate('local', done) as RequestHandler;
    void run(http, response, reject);
  });
  if (!user) throw new Failure('unauthenticated', 'The e-mail address or the password is not right.');
  return user;
}

function showSignIn(kit: PageKit, http: Request, response: Response, email: string, failure?: Failure): void {
  if (failure?.retryAfter !== undefined) response.setHeader('Retry-After', String(failure.retryAfter));
  kit.show(http, response, undefined, {
    template: 'login/sign-in',
    title: 'Sign in',
    model: { email, message: failure?.message, wanted: http.session.afterLogin !== undefined },
    ...(failure && { status: statusOf(failure.code) }),
  });
}

function confirmRows(kit: PageKit, { passwords }: Services): AnyRow[] {
  const { entries, clock } = kit;
  return [
    row<Resident>({
      method: 'GET',
      path: '/login/confirm',
      summary: 'Asks for the password again.',
      body: NO_BODY,
      enter: entries.resident,
      handle: async ({ http, caller }, response) => showConfirm(kit, http, response, caller.person),
    }),
    row<Resident>({
      method: 'POST',
      path: '/login/confirm',
      summary: 'Takes the password again.',
      body: FORM,
      enter: entries.posted(entries.resident),
      handle: async ({ http, form, caller: { person } }, response) => {
        const password = passwordField(form, 'password');
        const outcome = await attempt(() => requirePassword(passwords, person, password, http));
        if (outcome.kind === 'refused') {
          showConfirm(kit, http, response, person, outcome.failure);
          return;
        }
        http.session.passwordAt = clock.now();
        leadTo(response, takeTarget(http) ?? HOME);
      },
    }),
  ];
}

/** Throws `unauthenticated` unless this is the person's password; tries are counted like those of signing in. */
export async function requirePassword(
  passwords: Services['passwords'],
  person: Account,
  password: string,
  http: Request,
): Promise<void> {
  const answer = await passwords.signIn(person.email, password, { address: http.ip ?? '' });
  if (answer.kind === 'refused') throw new Failure('unauthenticated', 'The password is not right.');
}

function showConfirm(kit: PageKit, http: Request, response: Response, person: Account, failure?: Failure): void {
  kit.show(http, response, person, {
    template: 'login/confirm',
    title: 'Please enter your password',
    model: { message: failure?.message },
    ...(failure && { status: statusOf(failure.code) }),
  });
}

function signOutRows(kit: PageKit): AnyRow[] {
  const { entries } = kit;
  return [
    row<Visitor>({
      method: 'GET',
      path: '/logout',
      summary: 'Asks whether to sign out.',
      body: NO_BODY,
      enter: entries.visitor,
      handle: async ({ http, caller }, response) => {
        if (caller.person === undefined) leadTo(response, '/login');
        else kit.show(http, response, caller.person, { template: 'login/sign-out', title: 'Sign out' });
      },
    }),
    row<Visitor>({
      method: 'POST',
      path: '/logout',
      summary: 'Signs out.',
      body: FORM,
      enter: entries.posted(entries.visitor),
      handle: async ({ http }, response) => {
        await closeSession(http);
        leadTo(response, '/login');
      },
    }),
  ];
}

function forgottenRows(kit: PageKit, { passwordLinks }: Services): AnyRow[] {
  const { entries } = kit;
  return [
    row<Visitor>({
      method: 'GET',
      path: '/login/forgotten',
      summary: 'Asks where to mail a link for a new password.',
      body: NO_BODY,
      enter: entries.visitor,
      handle: async ({ http, caller }, response) =>
        kit.show(http, response, caller.person, { template: 'login/forgotten', title: 'Choose a new password' }),
    }),
    row<Visitor>({
      method: 'POST',
      path: '/login/forgotten',
      summary: 'Mails a link for a new password, if the address is known.',
      body: FORM,
      enter: entries.posted(entries.visitor, 'login'),
      handle: async (request, response) => {
        await passwordLinks.mail(textField(request.form, 'email'));
        // The same words whether or not somebody has this address (ACC-01).
        const text = 'If somebody here has this address, a link for a new password is on its way to it.';
        showMailed(kit, request, response, text);
      },
    }),
  ];
}

function showMailed(kit: PageKit, { http, caller }: DoorRequest<Visitor>, response: Response, text: string): void {
  leaveNotice(http, { kind: 'done', text });
  kit.show(http, response, caller.person, { template: 'login/mailed', title: 'Look into your mail' });
}
