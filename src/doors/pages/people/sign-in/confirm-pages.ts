import type { Request, Response } from 'express';
import type { Account } from '../../../../accounts/index.js';
import { Failure, firstField, type Fields } from '../../../../kernel/index.js';
import { NO_BODY, row, type AnyRow } from '../../../door/door.js';
import { entryOf, type EntryCheck, type Resident } from '../../frame/entries.js';
import { form } from '../../frame/form.js';
import { leadTo, passwordField, textField } from '../../frame/forms.js';
import type { PageKit } from '../../frame/kit.js';
import { signInFirst } from '../../frame/refusals.js';
import type { PageServices } from '../../frame/services.js';
import { personOf } from '../../frame/sessions.js';
import { HOME } from './sign-in-pages.js';
import { BACK, ownPath } from '../../frame/way-back.js';

declare module '../../frame/templates.js' {
  interface Views {
    'login/confirm': { readonly email: string; readonly back: string | undefined };
  }
}

type Services = Pick<PageServices, 'passwords'>;

/** Giving the password again before touchy changes. */
export function confirmRows(kit: PageKit, services: Services): AnyRow[] {
  return [questionRow(kit), answerRow(kit, services)];
}

function questionRow(kit: PageKit): AnyRow {
  const { entries } = kit;
  return row<Resident>({
    method: 'GET',
    path: '/login/confirm',
    summary: 'Asks for the password again.',
    body: NO_BODY,
    enter: someone(kit),
    handle: async ({ http, caller, query }, response) => {
      const back = ownPath(textField(query, BACK));
      if (entries.isRecent(http)) leadTo(response, back ?? HOME);
      else showConfirm(kit, http, response, { person: caller.person, back });
    },
  });
}

function answerRow(kit: PageKit, { passwords }: Services): AnyRow {
  const backOf = (sent: Fields): string | undefined => ownPath(textField(sent, BACK));
  return form(kit, {
    path: '/login/confirm',
    summary: 'Takes the password again.',
    from: someone(kit),
    fields: { password: passwordField },
    act: async ({ password }, { request: { http, form: sent, caller } }) => {
      await requirePassword(passwords, caller.person, password, http);
      http.session.passwordAt = kit.clock.now();
      return { to: backOf(sent) ?? HOME };
    },
    again: ({ request: { http, form: sent, caller }, response }, failure) =>
      showConfirm(kit, http, response, { person: caller.person, back: backOf(sent), failure }),
  });
}

/** Whose session has ended meanwhile goes on to the same place after signing in. */
function someone({ entries }: PageKit): EntryCheck<Resident> {
  return entryOf(entries.resident.asks, async (arrival) => {
    const back = firstField(arrival.form, BACK) ?? firstField(arrival.query, BACK);
    if (personOf(arrival.http) === undefined) throw signInFirst('/login', back);
    return entries.resident(arrival);
  });
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

interface Shown {
  readonly person: Account;
  readonly back: string | undefined;
  readonly failure?: Failure;
}

function showConfirm(kit: PageKit, http: Request, response: Response, { person, back, failure }: Shown): void {
  kit.show(http, response, person, {
    template: 'login/confirm',
    title: 'Please enter your password',
    model: { email: person.email, back },
    failure,
    ...(back !== undefined && { wayBack: back }),
  });
}
