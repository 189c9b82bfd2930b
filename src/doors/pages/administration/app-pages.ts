import type { Response } from 'express';
import type { Client, ClientOptions } from '../../../clients/index.js';
import type { Failure, Fields } from '../../../kernel/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import type { Resident } from '../frame/entries.js';
import { form } from '../frame/form.js';
import { checkedField, required, requiredField, textField } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import { BY_NAME, nameWishOf, pagerOf, type Pager } from '../frame/pager.js';
import type { PageServices } from '../frame/services.js';
import { timeWords } from '../frame/words.js';

declare module '../frame/templates.js' {
  interface Views {
    'admin/apps': {
      readonly typed: ReturnType<typeof typedIn>;
      readonly apps: readonly ReturnType<typeof appModel>[];
      readonly from: string;
      readonly pager: Pager;
    };
    'admin/app-issued': { readonly name: string; readonly key: string; readonly secret: string };
  }
}

type Services = Pick<PageServices, 'clients'>;

const PATH = '/admin/apps';

/** The administrator's pages about apps that may ask people for access. */
export function appRows(kit: PageKit, services: Services): AnyRow[] {
  return [listRow(kit, services), addRow(kit, services), removeRow(kit, services)];
}

function listRow(kit: PageKit, services: Services): AnyRow {
  const { entries } = kit;
  return row<Resident>({
    method: 'GET',
    path: PATH,
    summary: 'Lists the apps that may ask people for access.',
    body: NO_BODY,
    enter: entries.recent(entries.administrator),
    handle: async (request, response) => showApps(kit, services, request, response),
  });
}

function addRow(kit: PageKit, services: Services): AnyRow {
  return form(kit, {
    path: PATH,
    summary: 'Registers an app and shows its consumer pair, once.',
    from: kit.entries.administrator,
    recent: PATH,
    read: (sent) => ({ name: requiredField(sent, 'name', 'The name'), options: optionsOf(sent) }),
    act: async ({ name: wanted, options }, { request: { http, caller }, response }) => {
      const { name, consumerKey, consumerSecret } = await services.clients.add(wanted, options);
      // The secret is in this answer and nowhere else: it cannot be read back (ADM-02).
      const show = (): void =>
        kit.show(http, response, caller.person, {
          template: 'admin/app-issued',
          title: `${name} is registered`,
          section: 'admin',
          model: { name, key: consumerKey, secret: consumerSecret },
        });
      return { show };
    },
    again: ({ request, response }, failure) => showApps(kit, services, request, response, failure),
  });
}

function removeRow(kit: PageKit, { clients }: Services): AnyRow {
  return form(kit, {
    path: `${PATH}/remove`,
    summary: 'Removes an app; all access that people gave it ends.',
    from: kit.entries.administrator,
    recent: PATH,
    fields: { name: required('The app') },
    act: async ({ name }) => {
      await clients.remove(name);
      return { to: PATH, say: `${name} is removed. It can no longer reach any files.` };
    },
  });
}

/** The options of the command `client add`; what was left empty is not set. */
function optionsOf(form: Fields): ClientOptions {
  const { name: _name, callback, publicKey, ...traits } = typedIn(form);
  return { ...traits, callback: callback || undefined, publicKey: publicKey || undefined };
}

/** The form as it was filled in, to be shown again. */
function typedIn(form: Fields) {
  return {
    name: textField(form, 'name'),
    callback: textField(form, 'callback'),
    publicKey: textField(form, 'publicKey'),
    firstParty: checkedField(form, 'firstParty'),
    delegated: checkedField(form, 'delegated'),
    forbiddenAs400: checkedField(form, 'forbiddenAs400'),
  };
}

async function showApps(
  kit: PageKit,
  { clients }: Services,
  { http, caller, form: sent, query }: DoorRequest<Resident>,
  response: Response,
  failure?: Failure,
): Promise<void> {
  const page = await clients.page(nameWishOf(query));
  kit.show(http, response, caller.person, {
    template: 'admin/apps',
    title: 'Apps',
    section: 'admin',
    failure,
    model: {
      typed: typedIn(sent),
      apps: page.items.map(appModel),
      from: textField(query, 'from'),
      pager: pagerOf(page, PATH, BY_NAME),
    },
  });
}

function appModel(client: Client) {
  return {
    name: client.name,
    key: client.consumerKey,
    callback: client.callback,
    traits: traitsOf(client),
    since: timeWords(client.createdAt),
  };
}

function traitsOf({ firstParty, delegated, forbiddenAs400, publicKey }: Client): string[] {
  return [
    ...(firstParty ? ['May take passwords itself'] : []),
    ...(publicKey === undefined ? [] : ['May sign with its own key']),
    ...(delegated ? ['Gets details of foreign folders'] : []),
    ...(forbiddenAs400 ? ['Gets 400 instead of 403'] : []),
  ];
}
