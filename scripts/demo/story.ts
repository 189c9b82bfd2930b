import { ANA, BO } from './people.js';
import type { Town } from './town.js';

/** Where to click, as a numbered story. */
export function storyOf({ alder, birch, mailboxPage }: Town): string {
  return `
Two clouds and a mailbox are running on this machine.

  ${alder.name}     ${alder.url}   ${ANA.name}, ${ANA.email}, password: ${ANA.password}
  ${birch.name}     ${birch.url}   ${BO.name}, ${BO.email}, password: ${BO.password}
  Mailbox   ${mailboxPage.url}   every mail that the clouds send

  1  Sign in at ${alder.url} as Ana. Next to the folder Plans, open the actions and choose Share.
  2  Type ${BO.email}, choose read and write, and share.
  3  Open the mail at ${mailboxPage.url} and click its link. Looking changes nothing.
  4  Choose ${birch.name} and continue: you are now at ${birch.url}. Sign in as Bo.
  5  See who offers what, and accept. ${alder.name} hears it, hands the key over, and you are back at ${birch.name}.
  6  Open ${birch.url}/files as Bo: Plans is there. Open it, upload, rename, delete.
  7  Look at ${alder.url}/files as Ana: it all happened in her folder. Diary and Photos stayed hers.
  8  In the share dialog of Plans, take it back from Bo: at ${birch.name} it is gone at once. Or let Bo leave it.

The same without clicking: npm run demo -- --play
Ctrl-C stops everything and removes the data.
`;
}
