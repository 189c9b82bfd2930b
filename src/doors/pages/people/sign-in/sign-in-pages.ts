import type { Request, RequestHandler, Response } from 'express';
import type { Account } from '../../../../accounts/index.js';
import { Failure, type Fields } from '../../../../kernel/index.js';
import { NO_BODY, row, type AnyRow } from '../../../door/door.js';
import type { Visitor } from '../../frame/entries.js';
import { form } from '../../frame/form.js';
import { leadTo, passwordField, textField } from '../../frame/forms.js';
import { LOGIN_FORM } from '../../frame/form-tokens.js';
import type { PageKit } from '../../frame/kit.js';
import { openSession, type Notice } from '../../frame/sessions.js';
import { sendRetryAfter } from '../../../door/retry-after.js';
import { BACK, leadingBack, ownPath } from '../../frame/way-back.js';
import { forgetWay, keptWay } from '../../frame/way-cookie.js';

declare module '../../frame/templates.js' {
  interface Views {
    'login/sign-in': { readonly email: string; readonly back: string | undefined; readonly forgotten: string };
  }
}

/** Where people land when they did not want to go anywhere in particular. */
export const HOME = '/files';

/** What the sign-in page says to somebody who comes from another page, by its parameter `done`. */
const DONE: Readonly<Record<string, Notice>> = {
  password: { kind: 'done', text: 'Your password is set. Sign in with it now.' },
};

/** The sign-in page; what somebody was about to do travels in its form and in no row (F-61). */
export function signInRows(kit: PageKit): AnyRow[] {
  return [questionRow(kit), answerRow(kit)];
}

function questionRow(kit: PageKit): AnyRow {
  return row<Visitor>({
    method: 'GET',
    path: '/login',
    summary: 'The sign-in page.',
    body: NO_BODY,
    enter: kit.entries.visitor,
    handle: async ({ http, caller, query }, response) => {
      const back = ownPath(textField(query, BACK)) ?? keptWay(kit, http);
      if (caller.person !== undefined) leadTo(response, back ?? HOME);
      else showSignIn(kit, http, response, { back, notice: DONE[textField(query, 'done')] });
    },
  });
}

/** Whoever has signed in meanwhile, in another tab, is led on and nothing else happens. */
function answerRow(kit: PageKit): AnyRow {
  const backOf = (sent: Fields): string | undefined => ownPath(textField(sent, BACK));
  return form(kit, {
    path: '/login',
    summary: 'Signs in with e-mail address and password.',
    from: kit.entries.visitor,
    token: LOGIN_FORM,
    fields: { email: textField, password: passwordField },
    act: async (typed, { request: { http, form: sent, caller }, response }) => {
      if (caller.person === undefined) {
        const person = await authenticate(kit.passport, http, response, typed);
        await openSession(http, person, kit.clock);
      }
      forgetWay(kit, http, response);
      return { to: backOf(sent) ?? HOME };
    },
    again: ({ request: { http, form: sent }, response }, failure) =>
      showSignIn(kit, http, response, { back: backOf(sent), email: textField(sent, 'email'), failure }),
  });
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

interface Shown {
  readonly back: string | undefined;
  readonly email?: string;
  readonly failure?: Failure;
  readonly notice?: Notice | undefined;
}

function showSignIn(
  kit: PageKit,
  http: Request,
  response: Response,
  { back, email = '', failure, notice }: Shown,
): void {
  sendRetryAfter(response, failure);
  kit.show(http, response, undefined, {
    template: 'login/sign-in',
    title: 'Sign in',
    model: { email, back, forgotten: leadingBack('/login/forgotten', back) },
    ...(notice && { notice }),
    failure,
  });
}
