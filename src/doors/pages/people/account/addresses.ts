import { ACCOUNT_PURPOSE } from '../../../../accounts/index.js';
import { invalid, parseEmail, type AccountId, type Email, type Failure } from '../../../../kernel/index.js';
import { NO_BODY, row, type AnyRow } from '../../../door/door.js';
import type { Resident } from '../../frame/entries.js';
import { form } from '../../frame/form.js';
import { addressField, required, textField } from '../../frame/forms.js';
import type { PageKit } from '../../frame/kit.js';
import type { PageServices } from '../../frame/services.js';
import { accountForm, type AccountPageServices, type AccountVisit } from './overview.js';

declare module '../../frame/templates.js' {
  interface Views {
    'account/prove': { readonly email: string };
  }
}

/** A person's addresses: added by a mailed code, made the main one, removed. */
export function addressRows(kit: PageKit, services: AccountPageServices): AnyRow[] {
  const { addresses } = services;
  const fields = { email: addressField };
  const proving = (email: string): string => `/account/addresses/prove?email=${encodeURIComponent(email)}`;
  return [
    accountForm(kit, services, {
      path: '/account/addresses',
      summary: 'Mails a code that proves an address.',
      isTouchy: true,
      fields,
      act: async ({ email }, { caller }) => {
        await addresses.askCode(caller.person.id, email, ACCOUNT_PURPOSE);
        return { target: proving(email), done: `A code is on its way to ${email}.` };
      },
    }),
    provePage(kit),
    proveForm(kit, services),
    accountForm(kit, services, {
      path: '/account/addresses/primary',
      summary: 'Makes an address the primary one.',
      isTouchy: true,
      fields,
      act: async ({ email }, { caller }) => {
        await addresses.makePrimary(caller.person.id, email);
        return { done: `${email} is now your main address.` };
      },
    }),
    accountForm(kit, services, {
      path: '/account/addresses/remove',
      summary: 'Removes an address.',
      isTouchy: true,
      fields,
      act: async ({ email }, { caller }) => {
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

function proveForm(kit: PageKit, { addresses }: AccountPageServices): AnyRow {
  return form(kit, {
    path: '/account/addresses/prove',
    summary: 'Proves an address by the mailed code.',
    from: kit.entries.resident,
    recent: true,
    about: async ({ form: sent }) => addressField(sent, 'email'),
    fields: { code: required('The code') },
    act: async ({ code }, { request: { caller }, about: email }) => {
      await proveAddress(addresses, caller.person.id, { email, code, purpose: ACCOUNT_PURPOSE });
      return { to: '/account', say: `${email} is yours: invitations to it can be accepted here.` };
    },
    again: ({ request: { http, caller }, response, about: email }, failure) =>
      showProve(kit, { http, response, caller }, email, failure),
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

function showProve(kit: PageKit, { http, response, caller }: AccountVisit, email: string, failure?: Failure): void {
  kit.show(http, response, caller.person, {
    template: 'account/prove',
    title: 'Enter the code',
    section: 'account',
    failure,
    model: { email },
  });
}
