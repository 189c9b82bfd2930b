import { NO_BODY, row, type AnyRow } from '../../door/door.js';
import { leadTo } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';

/** The root of the cloud leads to people's files, or to the sign-in page. */
export function homeRows({ entries }: PageKit): AnyRow[] {
  return [
    row({
      method: 'GET',
      path: '/',
      summary: 'Leads to the files of whoever is signed in, or to the sign-in page.',
      body: NO_BODY,
      enter: entries.visitor,
      handle: async ({ caller }, response) => leadTo(response, caller.person === undefined ? '/login' : '/files'),
    }),
  ];
}
