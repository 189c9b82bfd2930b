import type { Response } from 'express';
import type { Failure } from '../../../../kernel/index.js';
import { lookUpSecret } from '../../../callers/guesses.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../../door/door.js';
import { sendRetryAfter } from '../../../door/retry-after.js';
import type { Visitor } from '../../frame/entries.js';
import { form } from '../../frame/form.js';
import { required, textField } from '../../frame/forms.js';
import type { PageKit } from '../../frame/kit.js';
import type { PageServices } from '../../frame/services.js';

declare module '../../frame/templates.js' {
  interface Views {
    'contacts/way': {
      readonly inviter: string;
      readonly invite: string;
      readonly cloud: string;
      readonly clouds: readonly { readonly name: string; readonly host: string }[];
    };
    'contacts/onward': { readonly host: string; readonly href: string };
  }
}

type Services = Pick<PageServices, 'contacts' | 'limiter'>;

const PATH = '/ocm/wayf';

/** The page behind the link of an invitation: where somebody says in which cloud they are (open-cloud-mesh.md 7). */
export function wayRows(kit: PageKit, services: Services): AnyRow[] {
  const { entries } = kit;
  return [
    row<Visitor>({
      method: 'GET',
      path: PATH,
      summary: 'Asks whoever was invited in which cloud they are; changes nothing.',
      body: NO_BODY,
      enter: entries.secret(entries.visitor),
      handle: (request, response) => showWay(kit, services, request, response, textField(request.query, 'token')),
    }),
    form(kit, {
      path: PATH,
      summary: 'Looks up the page for invitations of a cloud, and leads there.',
      from: entries.visitor,
      token: { purpose: 'ocm-way' },
      secret: true,
      fields: { invite: required('The invitation'), cloud: required('Your cloud') },
      act: async ({ invite, cloud }, { request: { http, caller }, response }) => {
        // Nobody is asked for whoever only guesses (OCM-04).
        await lookUpSecret(services.limiter, http, () => services.contacts.invites.inviter(invite));
        const { href, host } = await services.contacts.meeting.wayTo(invite, cloud);
        // A link, not a redirect: browsers follow none from a form to a place that the page did not know.
        const show = (): void =>
          kit.show(http, response, caller.person, {
            template: 'contacts/onward',
            title: 'On to your cloud',
            model: { href, host },
          });
        return { show };
      },
      again: ({ request, response }, failure) =>
        showWay(kit, services, request, response, textField(request.form, 'invite'), failure),
    }),
  ];
}

async function showWay(
  kit: PageKit,
  { contacts, limiter }: Services,
  { http, caller, form: sent }: DoorRequest<Visitor>,
  response: Response,
  invite: string,
  failure?: Failure,
): Promise<void> {
  const inviter = await lookUpSecret(limiter, http, () => contacts.invites.inviter(invite));
  sendRetryAfter(response, failure);
  kit.show(http, response, caller.person, {
    template: 'contacts/way',
    title: 'An invitation',
    model: { inviter: inviter.name, invite, cloud: textField(sent, 'cloud'), clouds: await contacts.clouds() },
    failure,
  });
}
