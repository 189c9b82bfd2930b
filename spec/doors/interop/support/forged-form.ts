import { send, type Answer } from '../../../journeys/support/wire.js';
import type { PlainBrowser } from '../../../support/plain-browser.js';
import type { Page } from '../../../support/web-page.js';

/** The value of a hidden field in the form that the open page is about: the one that posts to the page's own address. */
export function hiddenField({ page }: PlainBrowser, name: string): string {
  const own = page.forms.filter(({ action }) => action.pathname === page.url.pathname);
  const controls = own.flatMap((form) => form.controls);
  return controls.find((control) => control.name === name)?.value ?? '';
}

/** The token of the first form on a page, such as the one to sign out: good for every form without a purpose of its own. */
export function tokenOn({ forms }: Page): string {
  const controls = forms.flatMap((form) => form.controls);
  return controls.find(({ name }) => name === 'token')?.value ?? '';
}

/** Posts any fields to any address, with the cookies and headers of a page of the same site. */
export function forgedForm(
  browser: PlainBrowser,
  url: string | URL,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const target = new URL(url);
  const cookie = browser.cookies.header(target, { method: 'POST', sameSite: true });
  return send(target.href, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      accept: 'text/html',
      ...(cookie === undefined ? {} : { cookie }),
      ...headers,
    },
    body: new URLSearchParams(fields).toString(),
  });
}
