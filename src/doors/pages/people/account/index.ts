import { LETTER_KINDS } from '../../../../mail/index.js';
import type { AnyRow } from '../../../door/door.js';
import { checkedField, newPasswordField, passwordField } from '../../frame/forms.js';
import type { PageKit } from '../../frame/kit.js';
import { openSession } from '../../frame/sessions.js';
import { requirePassword } from '../sign-in/confirm-pages.js';
import { addressRows } from './addresses.js';
import { keyRows } from './keys.js';
import { accountForm, overviewRow, type AccountPageServices } from './overview.js';

export { proveAddress } from './addresses.js';

/** A person's own page: addresses, password, mails, connected apps and app passwords. */
export function accountRows(kit: PageKit, services: AccountPageServices): AnyRow[] {
  return [
    overviewRow(kit, services),
    ...addressRows(kit, services),
    passwordRow(kit, services),
    lettersRow(kit, services),
    ...keyRows(kit, services),
  ];
}

function passwordRow(kit: PageKit, services: AccountPageServices): AnyRow {
  return accountForm(kit, services, {
    path: '/account/password',
    summary: 'Changes the password; everybody else who is signed in to this account is signed out.',
    read: (sent) => ({ current: passwordField(sent, 'current'), next: newPasswordField(sent) }),
    act: async ({ current, next }, { http, caller }) => {
      await requirePassword(services.passwords, caller.person, current, http);
      await services.passwords.set(caller.person.id, next);
      await openSession(http, caller.person, kit.clock);
      return { done: 'Your password is changed. Other devices have to sign in again.' };
    },
  });
}

function lettersRow(kit: PageKit, services: AccountPageServices): AnyRow {
  return accountForm(kit, services, {
    path: '/account/letters',
    summary: 'Sets which mails a person gets.',
    read: (sent) => LETTER_KINDS.filter((kind) => checkedField(sent, kind)),
    act: async (wanted, { caller }) => {
      await services.letterWishes.choose(caller.person.id, wanted);
      return { done: 'Saved. From now on you get the mails that you chose.' };
    },
  });
}
