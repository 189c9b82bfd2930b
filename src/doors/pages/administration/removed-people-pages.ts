import type { Response } from 'express';
import { parseEmail, type AccountId, type Failure } from '../../../kernel/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import type { Resident } from '../frame/entries.js';
import { form } from '../frame/form.js';
import { required, textField } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import { BY_NEWS, pageWishOf, pagerOf, type Pager } from '../frame/pager.js';
import type { AccountServices, PageServices } from '../frame/services.js';
import { timeWords, type TimeWords } from '../frame/words.js';

declare module '../frame/templates.js' {
  interface Views {
    'admin/removed-people': {
      readonly back: { readonly name: string; readonly link: string } | undefined;
      readonly days: number;
      readonly people: readonly {
        readonly id: AccountId;
        readonly name: string;
        readonly email: string;
        readonly removed: TimeWords;
      }[];
      readonly pager: Pager;
    };
  }
}

type Services = Pick<AccountServices, 'removedPeople' | 'passwordLinks'> & Pick<PageServices, 'trash'>;

const PATH = '/admin/people/removed';

/** Where an administrator brings people back who were removed, as long as their files are kept (ruling F-05). */
export function removedPeopleRows(kit: PageKit, services: Services): AnyRow[] {
  const { entries } = kit;
  return [
    row<Resident>({
      method: 'GET',
      path: PATH,
      summary: 'Lists the people who were removed and can be brought back.',
      body: NO_BODY,
      enter: entries.recent(entries.administrator),
      handle: async (request, response) => showRemoved(kit, services, request, response),
    }),
    restoring(kit, services),
  ];
}

function restoring(kit: PageKit, services: Services): AnyRow {
  return form(kit, {
    path: PATH,
    summary: 'Brings a removed person back and shows the link with which they choose a password.',
    from: kit.entries.administrator,
    recent: PATH,
    fields: { as: textField, person: required('The person') },
    act: async ({ as, person: id }, { request, response }) => {
      const address = as === '' ? undefined : parseEmail(as);
      const person = await services.removedPeople.bringBack(id as AccountId, address);
      const token = await services.passwordLinks.issue(person.id);
      const link = new URL(`/account/password/${token}`, kit.publicUrl).href;
      return { show: () => showRemoved(kit, services, request, response, { back: { name: person.name, link } }) };
    },
    again: ({ request, response }, failure) => showRemoved(kit, services, request, response, { failure }),
  });
}

interface Outcome {
  readonly failure?: Failure;
  readonly back?: { readonly name: string; readonly link: string };
}

async function showRemoved(
  kit: PageKit,
  { removedPeople, trash }: Services,
  { http, caller, query }: DoorRequest<Resident>,
  response: Response,
  { failure, back }: Outcome = {},
): Promise<void> {
  const page = await removedPeople.page(pageWishOf(query, BY_NEWS));
  kit.show(http, response, caller.person, {
    template: 'admin/removed-people',
    title: 'Removed people',
    section: 'admin',
    failure,
    model: {
      back,
      days: trash.keeping.trashDays,
      people: page.items.map(({ id, name, email = '', removedAt }) => ({
        id,
        name,
        email,
        removed: timeWords(removedAt),
      })),
      pager: pagerOf(page, PATH, BY_NEWS),
    },
  });
}
