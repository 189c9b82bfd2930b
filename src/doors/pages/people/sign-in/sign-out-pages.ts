import { NO_BODY, row, type AnyRow } from '../../../door/door.js';
import type { Visitor } from '../../frame/entries.js';
import { form } from '../../frame/form.js';
import { leadTo, textField } from '../../frame/forms.js';
import type { PageKit } from '../../frame/kit.js';
import { closeSession } from '../../frame/sessions.js';
import { HOME } from './sign-in-pages.js';
import { BACK, leadingBack, ownPath } from '../../frame/way-back.js';

declare module '../../frame/templates.js' {
  interface Views {
    'login/sign-out': {
      readonly name: string;
      readonly email: string;
      readonly back: string | undefined;
      readonly stay: string;
    };
  }
}

/** Signing out. A page that waits for an answer is offered to the next person who signs in. */
export function signOutRows(kit: PageKit): AnyRow[] {
  const { entries, show } = kit;
  return [
    row<Visitor>({
      method: 'GET',
      path: '/logout',
      summary: 'Asks whether to sign out.',
      body: NO_BODY,
      enter: entries.visitor,
      handle: async ({ http, caller, query }, response) => {
        const back = ownPath(textField(query, BACK));
        if (caller.person === undefined) leadTo(response, leadingBack('/login', back));
        else {
          const { name, email } = caller.person;
          const model = { name, email, back, stay: back ?? HOME };
          show(http, response, caller.person, { template: 'login/sign-out', title: 'Sign out', model });
        }
      },
    }),
    form(kit, {
      path: '/logout',
      summary: 'Signs out.',
      from: entries.visitor,
      fields: { [BACK]: textField },
      act: async ({ back }, { request }) => {
        await closeSession(request.http);
        return { to: leadingBack('/login', back) };
      },
    }),
  ];
}
