import type { Response } from 'express';
import { parseInvite, printAddress, type Contact, type OpenInvite } from '../../../../federation/index.js';
import { statusOf, type Failure } from '../../../../kernel/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../../door/door.js';
import type { Resident } from '../../frame/entries.js';
import { button, form } from '../../frame/form.js';
import { required, textField } from '../../frame/forms.js';
import type { PageKit } from '../../frame/kit.js';
import type { PageServices } from '../../frame/services.js';
import { timeWords } from '../../frame/words.js';
import { acceptHref } from './accept-page.js';

declare module '../../frame/templates.js' {
  interface Views {
    'contacts/overview': {
      readonly contacts: readonly ReturnType<typeof contactModel>[];
      readonly invites: readonly ReturnType<typeof inviteModel>[];
      readonly text: string;
      readonly cloud: string;
    };
    'contacts/invite': { readonly text: string; readonly link: string; readonly until: ReturnType<typeof timeWords> };
  }
}

type Services = Pick<PageServices, 'contacts'>;

/** Where a person sees whom they know in other clouds. */
export const CONTACTS = '/account/contacts';

/** The page of a person's contacts in other clouds, and their invitations. */
export function contactRows(kit: PageKit, services: Services): AnyRow[] {
  return [
    row<Resident>({
      method: 'GET',
      path: CONTACTS,
      summary: 'Whom the person knows in other clouds, and their open invitations.',
      body: NO_BODY,
      enter: kit.entries.resident,
      handle: (request, response) => showContacts(kit, services, request, response),
    }),
    inviteRow(kit, services),
    pastedRow(kit, services),
    ...removalRows(kit, services),
  ];
}

function inviteRow(kit: PageKit, services: Services): AnyRow {
  return form(kit, {
    path: `${CONTACTS}/invite`,
    summary: 'Makes an invitation and shows it, once.',
    from: kit.entries.resident,
    fields: { note: textField },
    act: async ({ note }, { request: { http, caller }, response }) => {
      const { text, link, expiresAt } = await services.contacts.invites.make(caller.person.id, note);
      // The token is in this answer and nowhere else: it cannot be read back (SEC-01).
      const show = (): void =>
        kit.show(http, response, caller.person, {
          template: 'contacts/invite',
          title: 'Your invitation',
          section: 'account',
          model: { text, link, until: timeWords(expiresAt) },
        });
      return { show };
    },
    again: ({ request, response }, failure) => showContacts(kit, services, request, response, failure),
  });
}

/** An invitation of another cloud that somebody pastes here; it is looked at on its own page. */
function pastedRow(kit: PageKit, services: Services): AnyRow {
  return form(kit, {
    path: `${CONTACTS}/accept`,
    summary: 'Reads an invitation of another cloud and leads to the page on which it is accepted.',
    from: kit.entries.resident,
    fields: { text: required('The invitation'), cloud: textField },
    act: ({ text, cloud }) => Promise.resolve({ to: acceptHref(parseInvite(text, cloud)) }),
    again: ({ request, response }, failure) => showContacts(kit, services, request, response, failure),
  });
}

function removalRows(kit: PageKit, { contacts: { book, invites } }: Services): AnyRow[] {
  const back = (): string => CONTACTS;
  return [
    button(kit, {
      path: `${CONTACTS}/withdraw`,
      summary: 'Withdraws an invitation that nobody has accepted.',
      from: kit.entries.resident,
      fields: { invite: required('The invitation') },
      back,
      act: async ({ invite }, { request: { caller } }) => {
        await invites.withdraw(caller.person.id, invite);
        return 'The invitation is withdrawn. Nobody can accept it any more.';
      },
    }),
    button(kit, {
      path: `${CONTACTS}/remove`,
      summary: 'Removes somebody from the contacts of a person.',
      from: kit.entries.resident,
      fields: { contact: required('The contact') },
      back,
      act: async ({ contact }, { request: { caller } }) => {
        await book.remove(caller.person.id, contact);
        return 'The contact is removed. What you share with each other stays shared.';
      },
    }),
  ];
}

async function showContacts(
  kit: PageKit,
  { contacts: { book, invites } }: Services,
  { http, caller, form: sent }: DoorRequest<Resident>,
  response: Response,
  failure?: Failure,
): Promise<void> {
  const { id } = caller.person;
  const [known, open] = await Promise.all([book.list(id), invites.list(id)]);
  kit.show(http, response, caller.person, {
    template: 'contacts/overview',
    title: 'Contacts in other clouds',
    section: 'account',
    wayBack: CONTACTS,
    model: {
      contacts: known.map(contactModel),
      invites: open.map(inviteModel),
      text: textField(sent, 'text'),
      cloud: textField(sent, 'cloud'),
    },
    ...(failure && { status: statusOf(failure.code), notice: { kind: 'trouble', text: failure.message } }),
  });
}

function contactModel({ id, name, address, email, since }: Contact) {
  return { id, name, address: printAddress(address), email: email ?? '', since: timeWords(since) };
}

function inviteModel({ id, note, createdAt, expiresAt }: OpenInvite) {
  return { id, note, since: timeWords(createdAt), until: timeWords(expiresAt) };
}
