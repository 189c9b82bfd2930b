import type { Response } from 'express';
import type { Client, ClientOptions } from '../../clients/index.js';
import { displayText, statusOf, type Failure, type Fields } from '../../kernel/index.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import type { Resident } from './entries.js';
import { FORM, NO_BODY, attempt, checkedField, leadTo, requiredField, textField } from './forms.js';
import type { PageKit } from './kit.js';
import type { PageServices } from './services.js';
import { leaveNotice } from './sessions.js';
import { dayWords } from './words.js';

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
  const { entries } = kit;
  return row<Resident>({
    method: 'POST',
    path: PATH,
    summary: 'Registers an app and shows its consumer pair, once.',
    body: FORM,
    enter: entries.recent(entries.posted(entries.administrator), PATH),
    handle: async (request, response) => {
      const { form, http, caller } = request;
      const add = async () => services.clients.add(requiredField(form, 'name', 'The name'), optionsOf(form));
      const outcome = await attempt(add);
      if (outcome.kind === 'refused') {
        await showApps(kit, services, request, response, outcome.failure);
        return;
      }
      const { name, consumerKey, consumerSecret } = outcome.result;
      // The secret is in this answer and nowhere else: it cannot be read back (ADM-02).
      kit.show(http, response, caller.person, {
        ...{ template: 'admin/app-issued', title: `${displayText(name)} is registered`, section: 'admin' },
        model: { name: displayText(name), key: consumerKey, secret: consumerSecret },
      });
    },
  });
}

function removeRow(kit: PageKit, { clients }: Services): AnyRow {
  const { entries } = kit;
  return row<Resident>({
    method: 'POST',
    path: `${PATH}/remove`,
    summary: 'Removes an app; all access that people gave it ends.',
    body: FORM,
    enter: entries.recent(entries.posted(entries.administrator), PATH),
    handle: async ({ http, form }, response) => {
      const name = requiredField(form, 'name', 'The app');
      await clients.remove(name);
      leaveNotice(http, { kind: 'done', text: `${displayText(name)} is removed. It can no longer reach any files.` });
      leadTo(response, PATH);
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
  { http, caller, form }: DoorRequest<Resident>,
  response: Response,
  failure?: Failure,
): Promise<void> {
  const apps = (await clients.list()).map(appModel);
  kit.show(http, response, caller.person, {
    ...{ template: 'admin/apps', title: 'Apps', section: 'admin' },
    model: { apps, typed: typedIn(form), message: failure?.message },
    ...(failure && { status: statusOf(failure.code) }),
  });
}

function appModel(client: Client): object {
  return {
    name: client.name,
    key: client.consumerKey,
    callback: client.callback === undefined ? undefined : displayText(client.callback),
    traits: traitsOf(client),
    since: dayWords(client.createdAt),
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
