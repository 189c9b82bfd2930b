import { NO_BODY, row, type AnyRow } from '../../../door/door.js';
import type { Visitor } from '../../frame/entries.js';
import { form } from '../../frame/form.js';
import { textField } from '../../frame/forms.js';
import { LOGIN_FORM } from '../../frame/form-tokens.js';
import type { PageKit } from '../../frame/kit.js';
import type { PageServices } from '../../frame/services.js';
import { BACK, leadingBack, ownPath } from '../../frame/way-back.js';
import { keepWay } from '../../frame/way-cookie.js';

declare module '../../frame/templates.js' {
  interface Views {
    'login/forgotten': { readonly back: string | undefined; readonly signIn: string };
    'login/mailed': { readonly signIn: string };
  }
}

/** Asking for a link to choose a new password. */
export function forgottenRows(kit: PageKit, { passwordLinks }: Pick<PageServices, 'passwordLinks'>): AnyRow[] {
  const { entries, show } = kit;
  return [
    row<Visitor>({
      method: 'GET',
      path: '/login/forgotten',
      summary: 'Asks where to mail a link for a new password.',
      body: NO_BODY,
      enter: entries.visitor,
      handle: async ({ http, caller, query }, response) => {
        const back = ownPath(textField(query, BACK));
        const model = { back, signIn: leadingBack('/login', back) };
        show(http, response, caller.person, { template: 'login/forgotten', title: 'Choose a new password', model });
      },
    }),
    form(kit, {
      path: '/login/forgotten',
      summary: 'Mails a link for a new password, if the address is known.',
      from: entries.visitor,
      token: LOGIN_FORM,
      fields: { email: textField, [BACK]: textField },
      act: async ({ email, back }, { request: { http, caller }, response }) => {
        await passwordLinks.mail(email, { address: http.ip ?? '' });
        keepWay(kit, response, back);
        const page = { template: 'login/mailed', title: 'Look into your mail', notice: MAILED } as const;
        const model = { signIn: leadingBack('/login', back) };
        return { show: () => show(http, response, caller.person, { ...page, model }) };
      },
    }),
  ];
}

/** The same words whether or not somebody has this address (ACC-01). */
const MAILED = {
  kind: 'done',
  text: 'If somebody here has this address, a link for a new password is on its way to it.',
} as const;
