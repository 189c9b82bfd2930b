import type { Request } from 'express';
import type { RecoverableChange } from '../../../../accounts/index.js';
import { notFound, type Failure } from '../../../../kernel/index.js';
import { NO_BODY, row, type AnyRow } from '../../../door/door.js';
import { lookUpSecret } from '../../../callers/guesses.js';
import type { Visitor } from '../../frame/entries.js';
import { LOGIN_FORM } from '../../frame/form-tokens.js';
import { form } from '../../frame/form.js';
import { param } from '../../frame/forms.js';
import type { PageKit } from '../../frame/kit.js';
import type { PageServices } from '../../frame/services.js';
import { timeWords, type TimeWords } from '../../frame/words.js';

declare module '../../frame/templates.js' {
  interface Views {
    'account/undo': { readonly name: string; readonly change: string; readonly at: TimeWords };
  }
}

type Services = Pick<PageServices, 'recoveries' | 'limiter'>;

const PATH = '/account/undo/:token';

/** The page that the link of a mail about a change opens: looking at it changes nothing (PRO-10), its button does. */
export function recoveryRows(kit: PageKit, services: Services): AnyRow[] {
  return [questionRow(kit, services), answerRow(kit, services)];
}

function questionRow({ entries, show }: PageKit, services: Services): AnyRow {
  return row<Visitor>({
    method: 'GET',
    path: PATH,
    summary: 'Asks whether to undo a change of an account, by the link of a mail.',
    body: NO_BODY,
    enter: entries.secret(entries.visitor),
    handle: async ({ http, params }, response) => {
      const { name, change, at } = await changeOf(services, http, param(params, 'token'));
      const model = { name, change, at: timeWords(at) };
      show(http, response, undefined, { template: 'account/undo', title: 'Was it not you?', model });
    },
  });
}

function answerRow(kit: PageKit, services: Services): AnyRow {
  return form(kit, {
    path: PATH,
    summary: 'Makes an account as it was before a change, and leads on to a new password.',
    from: kit.entries.visitor,
    token: LOGIN_FORM,
    secret: true,
    act: async (_typed, { request: { http, params } }) => {
      const token = param(params, 'token');
      await changeOf(services, http, token);
      const link = await services.recoveries.restore(token);
      if (link === undefined) throw overdue();
      return { to: `/account/password/${link}` };
    },
  });
}

function changeOf({ recoveries, limiter }: Services, http: Request, token: string): Promise<RecoverableChange> {
  return lookUpSecret(limiter, http, async () => {
    const found = await recoveries.view(token);
    if (found === undefined) throw overdue();
    return found;
  });
}

function overdue(): Failure {
  return notFound(
    'This link has been used, or its seven days are over. If somebody else uses your account, tell the administrator.',
  );
}
