import type { Request, Response } from 'express';
import { notFound, type Failure } from '../../../../kernel/index.js';
import { NO_BODY, row, type AnyRow } from '../../../door/door.js';
import { lookUpSecret } from '../../../callers/guesses.js';
import { form } from '../../frame/form.js';
import { newPasswordField, param } from '../../frame/forms.js';
import { LOGIN_FORM } from '../../frame/form-tokens.js';
import type { PageKit } from '../../frame/kit.js';
import type { PageServices } from '../../frame/services.js';

declare module '../../frame/templates.js' {
  interface Views {
    'account/choose-password': { readonly name: string };
  }
}

type Services = Pick<PageServices, 'passwordLinks' | 'limiter'>;

/** The page that a mailed one-time link opens: looking at it spends nothing (PRO-10). */
export function passwordLinkRows(kit: PageKit, services: Services): AnyRow[] {
  const { entries } = kit;
  const path = '/account/password/:token';
  const show = (http: Request, response: Response, name: string, failure?: Failure): void =>
    kit.show(http, response, undefined, {
      template: 'account/choose-password',
      title: 'Choose a password',
      failure,
      model: { name },
    });
  return [
    row({
      method: 'GET',
      path,
      summary: 'Shows the form to choose a password, by a one-time link.',
      body: NO_BODY,
      enter: entries.secret(entries.visitor),
      handle: async ({ http, params }, response) => {
        show(http, response, await holderOf(services, http, param(params, 'token')));
      },
    }),
    form(kit, {
      path,
      summary: 'Sets the chosen password and spends the link.',
      from: entries.visitor,
      token: LOGIN_FORM,
      secret: true,
      about: ({ http, params }) => holderOf(services, http, param(params, 'token')),
      read: newPasswordField,
      act: async (password, { request: { params } }) => {
        const { kind } = await services.passwordLinks.redeem(param(params, 'token'), password);
        if (kind === 'refused') throw spentLink();
        return { to: '/login?done=password' };
      },
      again: ({ request, response, about: name }, failure) => show(request.http, response, name, failure),
    }),
  ];
}

function holderOf({ passwordLinks, limiter }: Services, http: Request, token: string): Promise<string> {
  return lookUpSecret(limiter, http, async () => {
    const holder = await passwordLinks.holder(token);
    if (holder === undefined) throw spentLink();
    return holder.name;
  });
}

function spentLink(): Failure {
  return notFound('This link has been used or its time is up. Ask for a new one on the sign-in page.');
}
