import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import { CookieJar } from './cookie-jar.js';
import { encodeForm, encodePairs, fillForm, type Button, type Encoded, type Entered, type Form } from './web-form.js';
import { formOn, readPage, type FormChoice, type Hop, type Page } from './web-page.js';

/** Options of a visit. */
export interface VisitOptions {
  /** Extra request headers, such as `Range`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Asked before each redirect is followed; false stays with the redirect as the page. */
  readonly follow?: (target: URL) => boolean;
}

/** How a form is sent. */
export interface SubmitOptions extends VisitOptions {
  /** The words on the button, or its value, when there are several. */
  readonly button?: string;
  /** Another address than the form's, as somebody sends it who tampers with the page. */
  readonly action?: string | URL;
}

/** A browser without a screen: plain HTTP with a browser's cookies, headers and form rules. */
export interface PlainBrowser {
  readonly cookies: CookieJar;
  /** The page that is open; throws before the first visit. */
  readonly page: Page;
  /** Types an address, or opens a link from a mail program. */
  visit(url: string | URL, options?: VisitOptions): Promise<Page>;
  /** Clicks a link of the open page, by its words or its address. */
  click(link: string | RegExp, options?: VisitOptions): Promise<Page>;
  /** Fills in a form of the open page and sends it. */
  submit(form: FormChoice, values?: Readonly<Record<string, Entered>>, options?: SubmitOptions): Promise<Page>;
  /** Fetches as a link would download: the open page stays. */
  download(url: string | URL, options?: VisitOptions): Promise<Page>;
}

const MOST_REDIRECTS = 10;

/** What makes a browser. */
export interface BrowserOptions {
  /** Milliseconds that one answer may take. */
  readonly patience?: number;
  /** Told of every request once it is answered. */
  readonly watch?: (hop: Hop) => void;
}

interface Engine extends Required<BrowserOptions> {
  readonly cookies: CookieJar;
}

interface Going extends VisitOptions {
  readonly method: string;
  readonly target: URL;
  /** The page with the link or form; undefined for a typed address. */
  readonly from: Page | undefined;
  readonly sent: Encoded | undefined;
}

/** Opens a browser without cookies. */
export function openPlainBrowser({ patience = 30_000, watch = () => undefined }: BrowserOptions = {}): PlainBrowser {
  const cookies = new CookieJar();
  const engine: Engine = { cookies, patience, watch };
  let page: Page | undefined;
  const current = (): Page => {
    if (page === undefined) throw new Error('no page is open yet');
    return page;
  };
  const go = (going: Going): Promise<Page> => navigate(engine, going);
  const show = async (going: Going): Promise<Page> => (page = await go(going));
  const get = (url: string | URL, from: Page | undefined, options: VisitOptions): Going => {
    return { ...options, method: 'GET', target: new URL(url), from, sent: undefined };
  };
  return {
    cookies,
    get page() {
      return current();
    },
    visit: (url, options = {}) => show(get(url, undefined, options)),
    click: async (link, options = {}) => show(get(linkOn(current(), link), current(), options)),
    submit: async (choice, values = {}, options = {}) => {
      const form = formOn(current(), choice);
      return show(sending(form, values, current(), options));
    },
    download: (url, options = {}) => go(get(url, page, options)),
  };
}

function linkOn(page: Page, wanted: string | RegExp): URL {
  const fits = (text: string): boolean => (typeof wanted === 'string' ? text === wanted : wanted.test(text));
  const found = page.links.find(({ text, href }) => fits(text) || fits(href.href) || fits(href.pathname));
  if (found !== undefined) return found.href;
  throw new Error(`no link ${String(wanted)} here; there are: ${page.links.map(({ text }) => text).join(', ')}`);
}

function sending(form: Form, values: Readonly<Record<string, Entered>>, from: Page, options: SubmitOptions): Going {
  const button = buttonOf(form, options.button);
  const entries = fillForm(form, values, button);
  const target = new URL(options.action ?? button?.action ?? form.action, from.url);
  requireFormAction(from, target);
  if (form.method === 'POST') return { ...options, method: 'POST', target, from, sent: encodeForm(form, entries) };
  target.search = encodePairs(entries);
  return { ...options, method: 'GET', target, from, sent: undefined };
}

/** The button that is meant; without a wish the first one, as the Enter key does. */
function buttonOf(form: Form, wanted: string | undefined): Button | undefined {
  if (wanted === undefined) return form.buttons[0];
  const found = form.buttons.find(({ text, value }) => text === wanted || value === wanted);
  if (found !== undefined) return found;
  throw new Error(`no button ${wanted}; there are: ${form.buttons.map(({ text }) => text).join(', ')}`);
}

/** Goes there and follows redirects as a browser does: 307 and 308 repeat the post, the others become a GET. */
async function navigate({ cookies, patience, watch }: Engine, going: Going): Promise<Page> {
  const hops: Hop[] = [];
  let { method, target, sent } = going;
  for (;;) {
    const chain = [...hops.map(({ url }) => url), target];
    const headers = headersOf(cookies, { ...going, method, target, sent }, chain);
    const answer = await exchange(target, { method, headers, body: sent?.body, patience });
    cookies.keep(target, answer.headers['set-cookie'] ?? []);
    const hop: Hop = { method, url: target, status: answer.status };
    hops.push(hop);
    watch(hop);
    const next = redirectOf(answer, target);
    if (next === undefined || going.follow?.(next) === false) return readPage({ ...answer, hops });
    if (hops.length > MOST_REDIRECTS)
      throw new Error(`redirected in circles: ${hops.map(({ url }) => url.href).join(' → ')}`);
    if (going.from !== undefined && going.method === 'POST') requireFormAction(going.from, next);
    if (answer.status !== 307 && answer.status !== 308) [method, sent] = ['GET', undefined];
    target = next;
  }
}

function redirectOf({ status, headers }: Answer, base: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined) return undefined;
  const next = new URL(headers.location, base);
  if (!/^https?:$/.test(next.protocol)) throw new Error(`redirected to ${next.protocol}`);
  return next;
}

/** A page's `form-action` also judges where its posts are redirected to (CSP 3, section 6.3.1). */
function requireFormAction(page: Page, target: URL): void {
  const directive = /(?:^|;)\s*form-action\s+([^;]*)/i.exec(page.headers['content-security-policy']?.toString() ?? '');
  if (directive === null) return;
  const sources = (directive[1] ?? '').trim().split(/\s+/);
  const allowed = sources.some((source) => (source === "'self'" ? page.url.origin : source) === target.origin);
  if (!allowed) throw new Error(`the page at ${page.url.pathname} does not let its forms lead to ${target.origin}`);
}

function headersOf(cookies: CookieJar, { method, target, from, sent, headers }: Going, chain: readonly URL[]) {
  const site = siteOf(from?.url, chain);
  const cookie = cookies.header(target, { method, sameSite: site !== 'cross-site' });
  const referrer = from === undefined ? undefined : referrerOf(from, target);
  return {
    Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'Accept-Language': 'en',
    'Upgrade-Insecure-Requests': '1',
    'Sec-Fetch-Site': site,
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
    'Sec-Fetch-User': '?1',
    ...(cookie !== undefined && { Cookie: cookie }),
    ...(referrer !== undefined && { Referer: referrer }),
    ...(method === 'POST' && { Origin: originOf(from, chain) }),
    ...(sent !== undefined && { 'Content-Type': sent.type, 'Content-Length': String(sent.body.length) }),
    ...headers,
  };
}

/** Fetch Metadata: the worst relation between the page that asked and anything on the way. */
function siteOf(from: URL | undefined, chain: readonly URL[]): 'none' | 'same-origin' | 'same-site' | 'cross-site' {
  if (from === undefined) return 'none';
  if (chain.some((url) => registrable(url) !== registrable(from))) return 'cross-site';
  return chain.every(({ origin }) => origin === from.origin) ? 'same-origin' : 'same-site';
}

/** The site of an address: scheme and registrable name; ports do not count. */
function registrable({ protocol, hostname }: URL): string {
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  return `${protocol}//${isAddress ? hostname : hostname.split('.').slice(-2).join('.')}`;
}

const policyOf = ({ headers }: Page): string => String(headers['referrer-policy'] ?? 'strict-origin-when-cross-origin');

/** Fetch, "append a request Origin header": a page that keeps its address to itself posts `null`. */
function originOf(from: Page | undefined, chain: readonly URL[]): string {
  if (from === undefined) return 'null';
  const isOwn = chain.every(({ origin }) => origin === from.url.origin);
  const policy = policyOf(from);
  if (policy === 'no-referrer' || (policy === 'same-origin' && !isOwn)) return 'null';
  return chain.length > 1 && !isOwn ? 'null' : from.url.origin;
}

function referrerOf(from: Page, target: URL): string | undefined {
  const policy = policyOf(from);
  const isOwn = target.origin === from.url.origin;
  if (policy === 'no-referrer' || (policy === 'same-origin' && !isOwn)) return undefined;
  return isOwn ? (from.url.href.split('#', 1)[0] ?? '') : `${from.url.origin}/`;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Asked {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly patience: number;
}

// Not fetch: it puts `Sec-Fetch-Mode: cors` into every request. A connection each: none outlives its cloud.
function exchange(target: URL, { method, headers, body, patience }: Asked): Promise<Answer> {
  const { request } = target.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(patience);
    const out = request(target, { method, headers, agent: false, signal }, (answer) => {
      const done = (chunks: Buffer[]): void => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) });
      };
      (answer.toArray() as Promise<Buffer[]>).then(done, reject);
    });
    out.once('error', reject);
    out.end(body);
  });
}
