import type { Request, Response } from 'express';
import { displayText, notFound, statusOf, type Failure } from '../../kernel/index.js';
import { row, type AnyRow } from '../door.js';
import { lookUpSecret } from '../guesses.js';
import { FORM, NO_BODY, attempt, invalidUnlessSame, leadTo, param, passwordField } from './forms.js';
import type { PageKit } from './kit.js';
import type { PageServices } from './services.js';
import { leaveNotice } from './sessions.js';

/** The page that a mailed one-time link opens: looking at it spends nothing (PRO-10). */
export function passwordLinkRows(
  kit: PageKit,
  { passwordLinks, limiter }: Pick<PageServices, 'passwordLinks' | 'limiter'>,
): AnyRow[] {
  const { entries } = kit;
  const path = '/account/password/:token';
  const holderOf = (http: Request, token: string): Promise<string> =>
    lookUpSecret(limiter, http, async () => {
      const holder = await passwordLinks.holder(token);
      if (holder === undefined) throw spentLink();
      return holder.name;
    });
  const show = (http: Request, response: Response, name: string, failure?: Failure): void =>
    kit.show(http, response, undefined, {
      ...{ template: 'account/choose-password', title: 'Choose a password' },
      model: { name: displayText(name), message: failure?.message },
      ...(failure && { status: statusOf(failure.code) }),
    });
  return [
    row({
      method: 'GET',
      path,
      summary: 'Shows the form to choose a password, by a one-time link.',
      body: NO_BODY,
      enter: entries.secret(entries.visitor),
      handle: async ({ http, params }, response) => {
        show(http, response, await holderOf(http, param(params, 'token')));
      },
    }),
    row({
      method: 'POST',
      path,
      summary: 'Sets the chosen password and spends the link.',
      body: FORM,
      enter: entries.secret(entries.posted(entries.visitor, 'login')),
      handle: async ({ http, params, form }, response) => {
        const token = param(params, 'token');
        const name = await holderOf(http, token);
        const outcome = await attempt(async () => {
          const password = passwordField(form, 'password');
          invalidUnlessSame(password, passwordField(form, 'repeat'));
          if ((await passwordLinks.redeem(token, password)).kind === 'refused') throw spentLink();
        });
        if (outcome.kind === 'refused') {
          show(http, response, name, outcome.failure);
          return;
        }
        leaveNotice(http, { kind: 'done', text: 'Your password is set. Sign in with it now.' });
        leadTo(response, '/login');
      },
    }),
  ];
}

function spentLink(): Failure {
  return notFound('This link has been used or its time is up. Ask for a new one on the sign-in page.');
}
