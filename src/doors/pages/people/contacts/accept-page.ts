import type { Response } from 'express';
import { parseServer, printServer, serverUrl, type Invite } from '../../../../federation/index.js';
import { firstField, invalid, type Failure, type Fields } from '../../../../kernel/index.js';
import { NO_BODY, row, type AnyRow, type Arrival, type DoorRequest } from '../../../door/door.js';
import type { Resident } from '../../frame/entries.js';
import { form } from '../../frame/form.js';
import type { PageKit } from '../../frame/kit.js';
import type { PageServices } from '../../frame/services.js';

declare module '../../frame/templates.js' {
  interface Views {
    'contacts/accept': {
      readonly host: string;
      readonly url: string;
      readonly name: string;
      readonly email: string;
      readonly invite: string;
      readonly provider: string;
      readonly decisionToken: string;
    };
  }
}

type Services = Pick<PageServices, 'contacts'>;

/** The page to which other servers lead whoever they invite (open-cloud-mesh.md 3.1, `inviteAcceptDialog`). */
const PATH = '/ocm/accept-invite';

/** The address of the page for an invitation of another server. */
export function acceptHref({ token, server }: Invite): string {
  return `${PATH}?${new URLSearchParams({ token, providerDomain: printServer(server) }).toString()}`;
}

/** The page on which somebody accepts an invitation of another cloud. Nothing is sent before they say so. */
export function acceptRows(kit: PageKit, services: Services): AnyRow[] {
  const { entries } = kit;
  return [
    row<Resident>({
      method: 'GET',
      path: PATH,
      summary: 'Shows an invitation of another cloud; signing in comes first.',
      body: NO_BODY,
      enter: entries.secret(entries.resident),
      handle: (request, response) => {
        showInvite(kit, request, response, inviteIn(request.query, 'token'));
        return Promise.resolve();
      },
    }),
    form(kit, {
      path: PATH,
      summary: 'Accepts an invitation of another cloud: tells that cloud who the person is.',
      from: entries.resident,
      token: {
        purpose: ({ form: sent }: Arrival) =>
          purposeOf(firstField(sent, 'invite') ?? '', firstField(sent, 'providerDomain') ?? ''),
      },
      secret: true,
      about: ({ form: sent }) => Promise.resolve(inviteIn(sent, 'invite')),
      act: async (_typed, { request: { caller }, about }) => {
        const name = await services.contacts.meeting.accept(caller.person, about);
        return { to: '/account/contacts', say: `You and ${name} are in each other’s contacts now.` };
      },
      again: ({ request, response, about }, failure) => {
        showInvite(kit, request, response, about, failure);
      },
    }),
  ];
}

/** Binds the answer to the session and to the invitation that was shown (WEB-02). */
function purposeOf(token: string, provider: string): string {
  return `ocm-invite ${provider} ${token}`;
}

function inviteIn(fields: Fields, tokenName: string): Invite {
  const token = firstField(fields, tokenName) ?? '';
  const server = parseServer(firstField(fields, 'providerDomain') ?? '');
  if (server === undefined || !/^[\x21-\x7e]{1,255}$/.test(token))
    throw invalid('This is no invitation. Copy all of it.');
  return { token, server };
}

function showInvite(
  kit: PageKit,
  { http, caller: { person } }: DoorRequest<Resident>,
  response: Response,
  invite: Invite,
  failure?: Failure,
): void {
  const { token, server } = invite;
  const provider = printServer(server);
  kit.show(http, response, person, {
    template: 'contacts/accept',
    title: 'An invitation',
    section: 'account',
    wayBack: acceptHref(invite),
    model: {
      host: server.host,
      url: serverUrl(server),
      name: person.name,
      email: person.email,
      invite: token,
      provider,
      decisionToken: kit.tokens.issue(http, response, purposeOf(token, provider)),
    },
    failure,
  });
}
