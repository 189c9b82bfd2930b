import type { IncomingHttpHeaders } from 'node:http';
import { around, elements, ownText, readHtml, textOf, type Element } from './html.js';
import { readForm, type Form } from './web-form.js';

/** One request on the way to a page. */
export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly status: number;
}

/** A link as it stands on a page. */
export interface Link {
  readonly href: URL;
  readonly text: string;
  /** True inside navigation, header or footer: not what the page is about. */
  readonly isFurniture: boolean;
  readonly element: Element;
}

/** What a browser shows after a click: the last answer and the way to it. */
export interface Page {
  readonly status: number;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Empty unless the answer is HTML. */
  readonly title: string;
  /** What a person reads, blanks collapsed; for plain text and JSON the body. */
  readonly text: string;
  readonly document: Element;
  readonly forms: readonly Form[];
  readonly links: readonly Link[];
  /** Every request that led here, this page's own last. */
  readonly hops: readonly Hop[];
}

/** Reads an answer as a page. */
export function readPage(answer: { hops: readonly Hop[]; headers: IncomingHttpHeaders; body: Buffer }): Page {
  const { hops, headers, body } = answer;
  const last = hops.at(-1);
  if (last === undefined) throw new Error('a page without a request');
  const type = headers['content-type'] ?? '';
  const source = /^(?:text\/|application\/json)/.test(type) ? body.toString('utf8') : '';
  const document = readHtml(type.startsWith('text/html') ? source : '');
  const [title] = elements(document, 'title');
  return {
    status: last.status,
    url: last.url,
    headers,
    body,
    document,
    hops,
    title: title === undefined ? '' : ownText(title).replace(/\s+/g, ' ').trim(),
    text: type.startsWith('text/html') ? textOf(document) : source,
    forms: elements(document, 'form').map((form) => readForm(form, document, last.url)),
    links: elements(document, 'a').flatMap((anchor) => readLink(anchor, last.url)),
  };
}

function readLink(anchor: Element, base: URL): Link[] {
  const href = anchor.attributes['href'];
  if (href === undefined || !URL.canParse(href, base)) return [];
  const isFurniture = around(anchor, 'nav', 'header', 'footer') !== undefined;
  return [{ href: new URL(href, base), text: textOf(anchor), isFurniture, element: anchor }];
}

/** A page in a few words, for messages: status, title and the beginning of its text. */
export function describePage({ status, url, title, text }: Page): string {
  return `${String(status)} “${title}” at ${url.pathname}: ${text.slice(0, 300)}`;
}

/** Which form is meant: the path of its action, or its end, or a pattern that the path fits. */
export type FormChoice = string | RegExp | ((form: Form) => boolean);

/** The one form that is meant; throws, saying what there is, when the page does not have it. */
export function formOn(page: Page, choice: FormChoice): Form {
  const found = page.forms.find((form) => isMeant(form, choice));
  if (found !== undefined) return found;
  const there = page.forms.map(({ method, action }) => `${method} ${action.pathname}`).join(', ') || 'none';
  throw new Error(`no form ${String(choice)} here (there are: ${there}); the page is ${describePage(page)}`);
}

function isMeant(form: Form, choice: FormChoice): boolean {
  const { pathname } = form.action;
  if (typeof choice === 'function') return choice(form);
  return typeof choice === 'string' ? pathname.endsWith(choice) : choice.test(pathname);
}
