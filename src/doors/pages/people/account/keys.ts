import type { Email } from '../../../../kernel/index.js';
import type { AnyRow } from '../../../door/door.js';
import { form } from '../../frame/form.js';
import { required } from '../../frame/forms.js';
import type { PageKit } from '../../frame/kit.js';
import { accountForm, davAddressOf, showAccount, type AccountPageServices } from './overview.js';

declare module '../../frame/templates.js' {
  interface Views {
    'account/app-password': {
      readonly name: string;
      readonly user: Email;
      readonly password: string;
      /** Where WebDAV clients connect to, a URL. */
      readonly address: string;
    };
  }
}

/** What opens a person's files besides their password: connected apps and app passwords. */
export function keyRows(kit: PageKit, services: AccountPageServices): AnyRow[] {
  return [appRow(kit, services), newPasswordRow(kit, services), withdrawalRow(kit, services)];
}

function appRow(kit: PageKit, services: AccountPageServices): AnyRow {
  return accountForm(kit, services, {
    path: '/account/apps/disconnect',
    summary: 'Disconnects an app.',
    isTouchy: true,
    fields: { app: required('The app') },
    act: async ({ app }, { caller }) => {
      await services.apps.disconnect(caller.person.id, app);
      return { done: 'The app can no longer reach your files.' };
    },
  });
}

function newPasswordRow(kit: PageKit, services: AccountPageServices): AnyRow {
  return form(kit, {
    path: '/account/app-passwords',
    summary: 'Makes a password for one program and shows it, once.',
    from: kit.entries.resident,
    recent: '/account',
    fields: { name: required('The name of the program') },
    act: async ({ name }, { request: { http, caller }, response }) => {
      const { password } = await services.appPasswords.add(caller.person.id, name);
      const address = davAddressOf(kit);
      // The password is in this answer and nowhere else: it cannot be read back (SEC-01).
      const show = (): void =>
        kit.show(http, response, caller.person, {
          template: 'account/app-password',
          title: 'Your app password',
          section: 'account',
          model: { name, password, user: caller.person.email, address },
        });
      return { show };
    },
    again: ({ request: { http, caller }, response }, failure) =>
      showAccount(kit, services, { http, response, caller }, failure),
  });
}

function withdrawalRow(kit: PageKit, services: AccountPageServices): AnyRow {
  return accountForm(kit, services, {
    path: '/account/app-passwords/withdraw',
    summary: 'Withdraws an app password.',
    isTouchy: true,
    fields: { password: required('The app password') },
    act: async ({ password: id }, { caller }) => {
      await services.appPasswords.remove(id, caller.person.id);
      return { done: 'The app password is withdrawn. Programs that use it can no longer reach your files.' };
    },
  });
}
