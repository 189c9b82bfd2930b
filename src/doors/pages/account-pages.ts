import type { Request, Response } from 'express';
import {
  displayText,
  invalid,
  parseEmail,
  statusOf,
  type AccountId,
  type Email,
  type Failure,
  type Fields,
} from '../../kernel/index.js';
import { ACCOUNT_PURPOSE } from '../../accounts/index.js';
import { LETTER_KINDS } from '../../mail/index.js';
import { row, type AnyRow } from '../door.js';
import type { Resident } from './entries.js';
import {
  FORM,
  NO_BODY,
  attempt,
  checkedField,
  invalidUnlessSame,
  leadTo,
  passwordField,
  requiredField,
  textField,
} from './forms.js';
import type { PageKit } from './kit.js';
import { LETTER_WORDS } from './letter-words.js';
import { requirePassword } from './login-pages.js';
import type { PageServices } from './services.js';
import { leaveNotice, openSession } from './sessions.js';
import { dayWords } from './words.js';

type Services = Pick<PageServices, 'passwords' | 'addresses' | 'apps' | 'letterWishes'>;

/** A person's own page: addresses, password, connected apps. */
export function accountRows(kit: PageKit, services: Services): AnyRow[] {
  return [
    overviewRow(kit, services),
    ...addressRows(kit, services),
    passwordRow(kit, services),
    lettersRow(kit, services),
    appRow(kit, services),
  ];
}

function overviewRow(kit: PageKit, services: Services): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/account',
    summary: 'Addresses, password and connected apps of whoever is signed in.',
    body: NO_BODY,
    enter: kit.entries.resident,
    handle: async ({ http, caller }, response) => showAccount(kit, services, { http, response, caller }),
  });
}

interface Visit {
  readonly http: Request;
  readonly response: Response;
  readonly caller: Resident;
}

async function showAccount(kit: PageKit, services: Services, visit: Visit, failure?: Failure): Promise<void> {
  const { http, response, caller } = visit;
  const { id } = caller.person;
  const [addresses, connected, wanted] = await Promise.all([
    services.addresses.list(id),
    services.apps.list(id),
    services.letterWishes.wantedBy(id),
  ]);
  const model = {
    addresses: addresses.map(({ email, isPrimary, provenAt }) => ({
      email,
      isPrimary,
      isProven: provenAt !== undefined,
    })),
    letters: LETTER_KINDS.map((kind) => ({ kind, words: LETTER_WORDS[kind], isWanted: wanted.includes(kind) })),
    apps: connected.map((app) => ({
      id: app.id,
      name: displayText(app.name),
      since: dayWords(app.createdAt),
      lastUsed: app.lastUsedAt === undefined ? undefined : dayWords(app.lastUsedAt),
    })),
  };
  kit.show(http, response, caller.person, {
    ...{ template: 'account/overview', title: 'Account', section: 'account', model },
    ...(failure && { status: statusOf(failure.code), notice: { kind: 'trouble', text: failure.message } }),
  });
}

/** A form of the account page: does something, then shows the page again with what came of it. */
function accountForm(
  kit: PageKit,
  services: Services,
  form: {
    path: string;
    summary: string;
    act: (request: Visit, fields: Fields) => Promise<{ target?: string; done: string }>;
  },
): AnyRow {
  return row<Resident>({
    method: 'POST',
    path: form.path,
    summary: form.summary,
    body: FORM,
    enter: kit.entries.posted(kit.entries.resident),
    handle: async (request, response) => {
      const visit = { http: request.http, response, caller: request.caller };
      const outcome = await attempt(() => form.act(visit, request.form));
      if (outcome.kind === 'refused') {
        await showAccount(kit, services, visit, outcome.failure);
        return;
      }
      leaveNotice(request.http, { kind: 'done', text: outcome.result.done });
      leadTo(response, outcome.result.target ?? '/account');
    },
  });
}

function addressRows(kit: PageKit, services: Services): AnyRow[] {
  const { addresses } = services;
  const address = (fields: Fields) => parseEmail(requiredField(fields, 'email', 'The address'));
  const proving = (email: string): string => `/account/addresses/prove?email=${encodeURIComponent(email)}`;
  return [
    accountForm(kit, services, {
      path: '/account/addresses',
      summary: 'Mails a code that proves an address.',
      act: async ({ caller }, fields) => {
        const email = address(fields);
        await addresses.askCode(caller.person.id, email, ACCOUNT_PURPOSE);
        return { target: proving(email), done: `A code is on its way to ${email}.` };
      },
    }),
    provePage(kit),
    proveForm(kit, services),
    accountForm(kit, services, {
      path: '/account/addresses/primary',
      summary: 'Makes an address the primary one.',
      act: async ({ caller }, fields) => {
        const email = address(fields);
        await addresses.makePrimary(caller.person.id, email);
        return { done: `${email} is now your main address.` };
      },
    }),
    accountForm(kit, services, {
      path: '/account/addresses/remove',
      summary: 'Removes an address.',
      act: async ({ caller }, fields) => {
        const email = address(fields);
        await addresses.remove(caller.person.id, email);
        return { done: `${email} is no longer one of your addresses.` };
      },
    }),
  ];
}

function provePage(kit: PageKit): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/account/addresses/prove',
    summary: 'Asks for the mailed code.',
    body: NO_BODY,
    enter: kit.entries.resident,
    handle: async ({ http, caller, query }, response) => {
      showProve(kit, { http, response, caller }, parseEmail(textField(query, 'email')));
    },
  });
}

function proveForm(kit: PageKit, { addresses }: Services): AnyRow {
  return row<Resident>({
    method: 'POST',
    path: '/account/addresses/prove',
    summary: 'Proves an address by the mailed code.',
    body: FORM,
    enter: kit.entries.posted(kit.entries.resident),
    handle: async ({ http, caller, form }, response) => {
      const email = parseEmail(requiredField(form, 'email', 'The address'));
      const outcome = await attempt(async () => {
        const code = requiredField(form, 'code', 'The code');
        await proveAddress(addresses, caller.person.id, { email, code, purpose: ACCOUNT_PURPOSE });
      });
      if (outcome.kind === 'refused') {
        showProve(kit, { http, response, caller }, email, outcome.failure);
        return;
      }
      leaveNotice(http, { kind: 'done', text: `${email} is yours: invitations to it can be accepted here.` });
      leadTo(response, '/account');
    },
  });
}

/** Checks a mailed code; a wrong, late or used one throws `invalid` with what to do. */
export async function proveAddress(
  addresses: Pick<PageServices['addresses'], 'prove'>,
  accountId: AccountId,
  { email, code, purpose }: { readonly email: Email; readonly code: string; readonly purpose: string },
): Promise<void> {
  const answer = await addresses.prove(accountId, email, purpose, code);
  if (answer === 'refused') throw invalid('This code does not fit, or its time is up. Check it, or ask for a new one.');
}

function showProve(kit: PageKit, { http, response, caller }: Visit, email: string, failure?: Failure): void {
  const model = { email, message: failure?.message };
  kit.show(http, response, caller.person, {
    ...{ template: 'account/prove', title: 'Enter the code', section: 'account', model },
    ...(failure && { status: statusOf(failure.code) }),
  });
}

function passwordRow(kit: PageKit, services: Services): AnyRow {
  return accountForm(kit, services, {
    path: '/account/password',
    summary: 'Changes the password; everybody else who is signed in to this account is signed out.',
    act: async ({ http, caller }, fields) => {
      const [current, next] = [passwordField(fields, 'current'), passwordField(fields, 'password')];
      invalidUnlessSame(next, passwordField(fields, 'repeat'));
      await requirePassword(services.passwords, caller.person, current, http);
      await services.passwords.set(caller.person.id, next);
      await openSession(http, caller.person, kit.clock);
      return { done: 'Your password is changed. Other devices have to sign in again.' };
    },
  });
}

function lettersRow(kit: PageKit, services: Services): AnyRow {
  return accountForm(kit, services, {
    path: '/account/letters',
    summary: 'Sets which mails a person gets.',
    act: async ({ caller }, fields) => {
      const wanted = LETTER_KINDS.filter((kind) => checkedField(fields, kind));
      await services.letterWishes.choose(caller.person.id, wanted);
      return { done: 'Saved. From now on you get the mails that you chose.' };
    },
  });
}

function appRow(kit: PageKit, services: Services): AnyRow {
  return accountForm(kit, services, {
    path: '/account/apps/disconnect',
    summary: 'Disconnects an app.',
    act: async ({ caller }, fields) => {
      await services.apps.disconnect(caller.person.id, requiredField(fields, 'app', 'The app'));
      return { done: 'The app can no longer reach your files.' };
    },
  });
}
